import { As2Error } from '../errors';

/** Why a server cannot listen, in the words of who has set it up. */
export function listenError(error: Error, host: string, port: number): As2Error {
  const reason = error.message;
  const cause = { cause: error };
  switch ((error as { readonly code?: string }).code ?? '') {
    case 'EADDRINUSE':
      return new As2Error('listener-port-taken', { port }, cause);
    case 'EACCES':
      return new As2Error('listener-port-forbidden', { port }, cause);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new As2Error('listener-address-unavailable', { host, reason }, cause);
    default:
      return new As2Error('listener-failed', { port, reason }, cause);
  }
}

/** Why a server cannot use its certificate and key. */
export function listenerTlsError(error: unknown): As2Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new As2Error('listener-tls-unusable', { reason }, { cause: error });
}
