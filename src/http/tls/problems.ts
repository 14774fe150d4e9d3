import { As2Error } from '../../errors';
import type { PeerFacts } from './peer';
import type { TlsPlan } from './settings';

/** What is known about a handshake when it fails. */
export interface HandshakeState {
  readonly host: string;
  readonly plan: Pick<TlsPlan, 'minVersion' | 'showsCertificate'>;
  /** What the server showed, when it came so far. */
  readonly peer?: PeerFacts | undefined;
}

/** Reasons for not trusting a chain, as OpenSSL names them and Node passes them on in `code`. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_UNTRUSTED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
]);
const ISSUER_NOT_FOUND = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Alerts with which a server says what it thinks of our certificate (RFC 8446 §6.2, RFC 5246 §7.2.2). */
const CERTIFICATE_REFUSED =
  /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)$/;
const CERTIFICATE_REQUIRED = /ALERT_CERTIFICATE_REQUIRED$|PEER_DID_NOT_RETURN_A_CERTIFICATE$/;
const HANDSHAKE_REFUSED = /ALERT_HANDSHAKE_FAILURE$/;
const OTHER_VERSION = /UNSUPPORTED_PROTOCOL$|PROTOCOL_VERSION(?:_NUMBER)?$|VERSION_TOO_LOW$/;

/**
 * Why a secure connection did not come about, and what to do.
 * @param code of Node's error
 * @returns undefined, when it is no matter of TLS
 */
export function tlsProblem(
  code: string,
  reason: string,
  { host, plan, peer }: HandshakeState,
  options?: { cause: unknown },
): As2Error | undefined {
  if (UNTRUSTED.has(code)) {
    return ISSUER_NOT_FOUND.has(code) && peer?.chainLength === 1 && !peer.selfSigned
      ? new As2Error('tls-chain-incomplete', { ...shown(peer), host, reason }, options)
      : new As2Error('tls-untrusted', { ...shown(peer), host, reason }, options);
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return new As2Error('tls-expired', { ...shown(peer), host, reason: period(reason, peer) }, options);
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return new As2Error('tls-not-yet-valid', { ...shown(peer), host, reason: period(reason, peer) }, options);
  }
  if (code === 'INVALID_PURPOSE') {
    // OpenSSL says the same of an issuer that is no authority.
    return peer?.falseAuthority === undefined
      ? new As2Error('tls-wrong-purpose', { host, reason }, options)
      : new As2Error(
          'tls-issuer-no-authority',
          { ...shown(peer), issuer: peer.falseAuthority, host },
          options,
        );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new As2Error('tls-wrong-name', { host, reason }, options);
  if (!/^(?:EPROTO$|ERR_SSL_|ERR_TLS_)/.test(code)) return undefined;
  // OpenSSL's names of the alerts begin with the version that brought them (SSLV3_, TLSV1_, TLSV13_, SSL/TLS_).
  if (CERTIFICATE_REQUIRED.test(code)) {
    return new As2Error('tls-client-certificate-required', { host, reason }, options);
  }
  if (CERTIFICATE_REFUSED.test(code) && plan.showsCertificate) {
    return new As2Error('tls-client-certificate-refused', { host, reason }, options);
  }
  if (OTHER_VERSION.test(code) && !code.endsWith('WRONG_VERSION_NUMBER')) {
    return new As2Error('tls-version', { host, minVersion: spoken(plan.minVersion), reason }, options);
  }
  if (HANDSHAKE_REFUSED.test(code)) {
    return plan.showsCertificate
      ? new As2Error('tls-failed', { host, reason }, options)
      : new As2Error('tls-refused', { host, reason }, options);
  }
  return new As2Error('tls-failed', { host, reason }, options);
}

/** The pins decide, and the server showed something else. */
export function pinDiffers(host: string, peer: PeerFacts | undefined): As2Error {
  return new As2Error('tls-pin-differs', { ...shown(peer), host });
}

function shown(peer: PeerFacts | undefined): { chain: string; issuer: string; fingerprint: string } {
  const unknown = 'unknown';
  const { chain = unknown, issuer = unknown, fingerprint = unknown } = peer ?? {};
  return { chain, issuer, fingerprint };
}

function period(reason: string, peer: PeerFacts | undefined): string {
  return peer
    ? `${reason}; that of ${peer.subject} is valid from ${peer.validFrom} to ${peer.validTo}`
    : reason;
}

function spoken(version: string): string {
  return version.replace('TLSv', 'TLS ');
}
