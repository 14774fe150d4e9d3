import { As2Error, type As2ErrorCode, isAs2Error } from '../errors';
import { CONNECTION_DEFAULTS, type ConnectionSettings } from './connection';
import { tlsProblem, type TlsPlan } from './tls';
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
  // With TLS 1.3 a server says only after the handshake what it thinks of our certificate.
  const problem = tlsProblem(code, reason, { host, plan: planOf(state.settings) }, cause);
  if (problem) return problem;
  if (code.startsWith('HPE_')) return new As2Error('http-response-malformed', { host, reason }, cause);
  if (state.answered) return new As2Error('http-response-truncated', { host }, cause);
  const { sentBytes, totalBytes } = state;
  return new As2Error('http-connection-lost', { host, sentBytes, totalBytes, reason }, cause);
}

/** Failures before anything was sent, of the way and not of the message: another address may be tried at once. */
const NOT_CONNECTED: ReadonlySet<As2ErrorCode> = new Set([
  'http-connect-timeout',
  'http-connection-refused',
  'http-host-unknown',
  'http-host-unreachable',
  'proxy-cannot-reach',
]);

export function couldNotConnect(error: unknown): boolean {
  return isAs2Error(error) && NOT_CONNECTED.has(error.code);
}

function planOf({ tls = {} }: ConnectionSettings): Pick<TlsPlan, 'minVersion' | 'showsCertificate'> {
  const { cert, options, minVersion = 'TLSv1.2' } = tls;
  return {
    minVersion,
    showsCertificate: [cert, options?.cert, options?.pfx].some((own) => own !== undefined),
  };
}

export function connectTimeout(
  { url, settings }: Pick<TransferState, 'url' | 'settings'>,
  options?: { cause: unknown },
): As2Error {
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
