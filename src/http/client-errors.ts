import { As2Error, isAs2Error } from '../errors';
import { CONNECTION_DEFAULTS, type ConnectionSettings } from './connection';
import { portOf } from './url';

/** What is known about a transfer when it fails. */
export interface TransferState {
  readonly url: URL;
  readonly settings: ConnectionSettings;
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** Whether the header of the answer was there already. */
  readonly answered: boolean;
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
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
]);
const OUTSIDE_VALIDITY = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const NAME_UNKNOWN = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EAI_NODATA']);
const UNREACHABLE = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
]);

/** The failure of a transfer in our words: what happened, and what to do about it. */
export function transferError(error: unknown, state: TransferState): As2Error {
  if (isAs2Error(error)) return error;
  const cause = { cause: error };
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const host = state.url.hostname;
  if (NAME_UNKNOWN.has(code)) return new As2Error('http-host-unknown', { host }, cause);
  if (code === 'ECONNREFUSED') {
    return new As2Error('http-connection-refused', { host, port: portOf(state.url) }, cause);
  }
  if (code === 'ETIMEDOUT') return connectTimeout(state, cause);
  if (UNREACHABLE.has(code)) return new As2Error('http-host-unreachable', { host, reason }, cause);
  if (UNTRUSTED.has(code)) return new As2Error('tls-untrusted', { host, reason }, cause);
  if (OUTSIDE_VALIDITY.has(code)) return new As2Error('tls-expired', { host, reason }, cause);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return new As2Error('tls-wrong-name', { host, reason }, cause);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return new As2Error('tls-failed', { host, reason }, cause);
  }
  if (code.startsWith('HPE_')) return new As2Error('http-response-malformed', { host, reason }, cause);
  if (state.answered) return new As2Error('http-response-truncated', { host }, cause);
  const { sentBytes, totalBytes } = state;
  return new As2Error('http-connection-lost', { host, sentBytes, totalBytes, reason }, cause);
}

export function connectTimeout({ url, settings }: TransferState, options?: { cause: unknown }): As2Error {
  const seconds = (settings.connectTimeoutMs ?? CONNECTION_DEFAULTS.connectTimeoutMs) / 1000;
  return new As2Error('http-connect-timeout', { host: url.hostname, port: portOf(url), seconds }, options);
}

export function responseTimeout({ url, settings }: TransferState): As2Error {
  const seconds = (settings.responseTimeoutMs ?? CONNECTION_DEFAULTS.responseTimeoutMs) / 1000;
  return new As2Error('http-response-timeout', { host: url.hostname, seconds });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
