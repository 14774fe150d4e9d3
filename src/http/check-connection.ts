import type { ConnectionSettings } from './connection';
import { ownHeaders } from './own-headers';
import { bareHost, proxyFor } from './proxy';
import { planTls, withSecureContext } from './tls';
import { parseHttpUrl } from './url';

/**
 * Finds mistakes in settings without connecting.
 * @throws As2Error `tls-…`, `proxy-url-invalid`, `http-header-not-allowed`, `http-credentials-need-tls`, `http-url-invalid`
 */
export function checkConnection(address: string, settings: ConnectionSettings): void {
  const url = parseHttpUrl(address);
  const host = bareHost(url);
  withSecureContext(host, planTls(host, settings.tls));
  proxyFor(url, settings.proxy);
  ownHeaders(url, settings);
}
