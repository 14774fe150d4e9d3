import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type SecureVersion,
} from 'node:tls';
import { As2Error, isAs2Error } from '../../errors';
import { parsePin } from './pins';

/** Whom we trust, and how we prove who we are. Without any of it the certificate authorities of the system count. */
export interface TlsSettings {
  /** PEM certificates that are trusted in addition to those of the system: a partner's own one, or its issuer's. */
  readonly ca?: string;
  /** Only `ca` counts, and not the authorities of the system; default false. */
  readonly onlyOwnCa?: boolean;
  /**
   * SHA-256 fingerprints of the partner's certificate or public key, hexadecimal or base64. The server has to show one
   * of them; its name, validity and issuer count no longer then (TLS-04). Several for a change of certificates.
   */
  readonly pins?: readonly string[];
  /** Our own client certificate (TLS-05): PEM, with its chain, if there is one. */
  readonly cert?: string;
  /** Its private key: PEM. */
  readonly key?: string;
  readonly passphrase?: string;
  /** Default: `TLSv1.2` (TLS-01). */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** The name that is asked for (SNI), and that the certificate must have; default: the host of the URL. */
  readonly servername?: string;
  /** Node's own TLS options, where the above do not say otherwise: `pfx`, `ciphers`, `ca` (instead of the system's), … */
  readonly options?: ConnectionOptions;
}

/** What a handshake needs, checked before anything is sent. */
export interface TlsPlan {
  readonly options: ConnectionOptions;
  /** When there are any, they decide, and nothing else. */
  readonly pins: readonly Buffer[];
  readonly minVersion: SecureVersion;
  readonly showsCertificate: boolean;
}

/**
 * Names and chains are always checked (TLS-04), and nothing below TLS 1.2 is spoken (TLS-01).
 * @param host of the server, for texts and as its name
 * @throws As2Error `tls-verification-off`, `tls-options-unreadable`, `tls-pin-unreadable`
 */
export function planTls(host: string, settings: TlsSettings = {}): TlsPlan {
  const { options = {}, cert, key, passphrase, pins = [] } = settings;
  if (options.rejectUnauthorized === false) throw new As2Error('tls-verification-off', { host });
  const minVersion = settings.minVersion ?? atLeastTls12(options.minVersion);
  const name = settings.servername ?? options.servername ?? host;
  try {
    const parsed = pins.map(parsePin);
    return {
      options: {
        ...options,
        minVersion,
        ...trust(host, settings),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(passphrase === undefined ? {} : { passphrase }),
        // RFC 6066 §3: names only; an address would end the handshake at some servers.
        servername: isIP(name) === 0 ? name.replace(/\.$/, '') : '',
        rejectUnauthorized: true,
      },
      pins: parsed,
      minVersion,
      showsCertificate: [cert, options.cert, options.pfx].some((own) => own !== undefined),
    };
  } catch (error) {
    throw isAs2Error(error) ? error : optionsUnreadable(host, error);
  }
}

/** Whom we trust, without how we prove who we are: for a server that is not the one it was meant for. */
export function withoutOwnCertificate(settings: TlsSettings): TlsSettings {
  const { cert: _cert, key: _key, passphrase: _passphrase, options, ...trust } = settings;
  if (!options) return trust;
  const { cert: _c, key: _k, pfx: _pfx, passphrase: _p, secureContext: _context, ...others } = options;
  return { ...trust, options: others };
}

/** Certificates and keys are read once here, not at every handshake. */
export function withSecureContext(host: string, plan: TlsPlan): TlsPlan {
  try {
    return { ...plan, options: { ...plan.options, secureContext: createSecureContext(plan.options) } };
  } catch (error) {
    throw optionsUnreadable(host, error);
  }
}

function trust(host: string, { ca, onlyOwnCa, options = {} }: TlsSettings): ConnectionOptions {
  if (onlyOwnCa === true && ca === undefined) {
    throw new As2Error('tls-options-unreadable', { host, reason: 'there is no own authority to be trusted' });
  }
  const { ca: theirs = [...systemCertificates()] } = options;
  const others = onlyOwnCa === true ? [] : Array.isArray(theirs) ? theirs : [theirs];
  if (ca === undefined) return { ca: others };
  // A certificate that was entered by hand is trusted for itself, whoever issued it (TLS-03).
  return { ca: [...others, ca], allowPartialTrustChain: true };
}

/** With `ca` Node trusts only what is listed there, so the system's certificates have to be named too. */
function systemCertificates(): readonly string[] {
  return typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates;
}

function atLeastTls12(wanted: SecureVersion | undefined): SecureVersion {
  return wanted === 'TLSv1.3' ? wanted : 'TLSv1.2';
}

function optionsUnreadable(host: string, error: unknown): As2Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new As2Error('tls-options-unreadable', { host, reason }, { cause: error });
}
