import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls';
import { listenerTlsError } from './listener-errors';

export interface ListenerTls {
  /** Node's own: `key`, `cert`, `pfx`, `passphrase`, `ca` (of client certificates), … */
  readonly options: TlsOptions;
  /** Default 1.2; nothing below is spoken (TLS-01). */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /**
   * Whether senders show a certificate of their own (TLS-05). `wanted`: they may; what it is worth is for the handler
   * to judge. `required`: without one that `options.ca` or `trustClients` knows there is no connection. Default `off`.
   */
  readonly clientCertificate?: 'off' | 'wanted' | 'required';
}

const HANDSHAKE_MS = 15_000;
/** OpenSSL keeps no sessions of clients with certificates for a server without such a name. */
const SESSION_CONTEXT = 'as2';

/**
 * What a listener shows, and whom it trusts. Both can be renewed while it runs: that counts for new handshakes, and open
 * connections go on as they are.
 */
export class ListenerSecurity {
  readonly server: Server;
  private options: TlsOptions;
  private trusted: readonly string[] = [];
  private context: SecureContext;

  /** @throws As2Error `listener-tls-unusable` */
  constructor(
    private readonly tls: ListenerTls,
    settings: ServerOptions,
  ) {
    this.options = tls.options;
    try {
      const options = this.secureOptions(tls.options, []);
      this.context = createSecureContext(options);
      this.server = createServer({
        ...settings,
        ...options,
        handshakeTimeout: HANDSHAKE_MS,
        // Node's servers leave `allowPartialTrustChain` out of the context that they make from their options, and have no
        // other place for one of our own. Who calls an IP address, and so says no name, gets theirs.
        SNICallback: (_name, done) => done(null, this.context),
      });
    } catch (error) {
      throw listenerTlsError(error);
    }
  }

  /**
   * Certificates of senders, or of who issued them, beside those of `options.ca`.
   * @throws As2Error `listener-tls-unusable`; what was trusted before still is
   */
  trustClients(certificates: readonly string[]): void {
    this.renew(this.options, certificates);
  }

  /**
   * Another certificate with its key, and another `ca`.
   * @throws As2Error `listener-tls-unusable`; what was shown before still is
   */
  show(options: TlsOptions): void {
    this.renew(options, this.trusted);
  }

  private renew(options: TlsOptions, trusted: readonly string[]): void {
    try {
      const secure = this.secureOptions(options, trusted);
      this.context = createSecureContext(secure);
      this.server.setSecureContext(secure);
      this.options = options;
      this.trusted = trusted;
    } catch (error) {
      throw listenerTlsError(error);
    }
  }

  private secureOptions(options: TlsOptions, trusted: readonly string[]): TlsOptions {
    const { minVersion = 'TLSv1.2', clientCertificate = 'off' } = this.tls;
    const { ca = [] } = options;
    if (options.cert === undefined && options.pfx === undefined) throw new Error('there is no certificate');
    return {
      ...options,
      minVersion,
      requestCert: clientCertificate !== 'off',
      // Says whether the connection ends here. A server's own certificate is no matter of it.
      rejectUnauthorized: clientCertificate === 'required',
      // Without it, the public authorities would vouch for clients; a client's own certificate is enough of an anchor.
      ca: [...(Array.isArray(ca) ? ca : [ca]), ...trusted],
      allowPartialTrustChain: true,
      // Who offers HTTP/1.0 alone is served, too.
      ALPNProtocols: ['http/1.1', 'http/1.0'],
      sessionIdContext: SESSION_CONTEXT,
    };
  }
}
