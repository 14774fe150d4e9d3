import { As2Error } from '../../errors';
import {
  type ConnectionSettings,
  parseHttpUrl,
  proxyFor,
  urlForLog,
  withoutOwnCertificate,
} from '../../http';
import type { Partner } from '../types';
import type { ReceiptTarget } from './receipt-address';

const NONE: ConnectionSettings = {};
/** SEC-09: a server that the partner chose does not hold our places for long; a receipt needs no time to be taken. */
const LONGEST_WAIT_MS = 60_000;
/** Settings that were made from others: as long as they are the same object, connections are kept. */
const made = new WeakMap<ConnectionSettings, Map<string, ConnectionSettings>>();

/**
 * How a receipt travels. To the partner's own address as messages do; elsewhere without what was meant for that address
 * only: user name, token, own headers (HTTP-14), client certificate and pins. `Partner.receiptConnection` takes the
 * place of both, and its login goes to named hosts only. No redirect is followed (SEC-09).
 * @throws As2Error `receipt-url-refused`
 */
export function receiptConnection(target: ReceiptTarget, partner: Partner): ConnectionSettings {
  const { url, isNamed, refuseAddress } = target;
  const base = partner.receiptConnection ?? partner.connection ?? NONE;
  if (!isNamed && proxyFor(url, base.proxy)) {
    throw new As2Error('receipt-url-refused', {
      partner: partner.name,
      url: urlForLog(url),
      reason: 'a proxy would look up its address, which cannot be checked then',
    });
  }
  const isSameOrigin = partner.url !== undefined && parseHttpUrl(partner.url).origin === url.origin;
  const showsLogin = isNamed && (isSameOrigin || partner.receiptConnection !== undefined);
  if (showsLogin && !refuseAddress && (base.redirects ?? 'no') === 'no') return base;
  const known = made.get(base) ?? new Map<string, ConnectionSettings>();
  made.set(base, known);
  const key = [
    showsLogin,
    isSameOrigin,
    isNamed,
    refuseAddress !== undefined,
    ...(partner.receiptHosts ?? []),
  ].join(' ');
  const settings = known.get(key) ?? {
    ...(showsLogin ? base : withoutLogin(base)),
    redirects: 'no',
    ...(isSameOrigin
      ? {}
      : { responseTimeoutMs: Math.min(base.responseTimeoutMs ?? Infinity, LONGEST_WAIT_MS) }),
    ...(refuseAddress ? { refuseAddress } : {}),
  };
  known.set(key, settings);
  return settings;
}

function withoutLogin(settings: ConnectionSettings): ConnectionSettings {
  const { credentials: _credentials, headers: _headers, tls, ...others } = settings;
  if (!tls) return others;
  const { pins: _pins, servername: _name, options = {}, ...trust } = withoutOwnCertificate(tls);
  const { servername: _otherName, ...ownOptions } = options;
  return { ...others, tls: { ...trust, ...(tls.options ? { options: ownOptions } : {}) } };
}
