import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { peerCertificate, peerFacts, type PeerFacts } from './peer';
import { fitsPin } from './pins';
import { pinDiffers, tlsProblem } from './problems';
import type { TlsPlan } from './settings';

export interface HandshakeOptions {
  /** Of the server; its certificate is compared with it. */
  readonly host: string;
  readonly plan: TlsPlan;
  readonly signal: AbortSignal;
  /** What the server shows, before it is judged; the socket must not be written to. */
  readonly onPeer?: ((socket: TLSSocket) => void) | undefined;
}

/**
 * Makes a connection secure. It is given out only after the server has been checked, so that not one byte of a request
 * goes to a wrong one.
 * @throws As2Error `tls-…`, or what broke the connection
 */
export function secure(socket: Duplex, { host, plan, signal, onPeer }: HandshakeOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { options, pins } = plan;
    // Without a session of before: each handshake shows the certificate of today.
    const { session: _session, ...fresh } = options;
    const isPinned = pins.length > 0;
    // TLS-04: a pin takes the place of name and chain. Node would end the handshake because of these two before the pin
    // can be looked at, so they are not enforced, and the pin is, below: nothing was written until then.
    const secured = connect({
      ALPNProtocols: ['http/1.1'],
      ...fresh,
      socket,
      host,
      rejectUnauthorized: !isPinned,
    });
    let peer: PeerFacts | undefined;
    const stop = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      secured.on('error', () => undefined).destroy();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => stop(signal.reason as Error);
    const onError = (error: NodeJS.ErrnoException): void => {
      stop(tlsProblem(error.code ?? '', error.message, { host, plan, peer }, { cause: error }) ?? error);
    };
    const onClose = (): void => stop(new Error('the server closed the connection during the TLS handshake'));
    // Before Node judges the certificate: afterwards it can no longer be read.
    secured.prependOnceListener('secure', () => {
      try {
        peer = peerFacts(secured);
        onPeer?.(secured);
      } catch {
        // Only the text of a refusal misses it.
      }
    });
    secured.once('error', onError);
    secured.once('close', onClose);
    secured.once('secureConnect', () => {
      if (isPinned && !showsPinned(secured, pins)) {
        stop(pinDiffers(host, peer));
        return;
      }
      signal.removeEventListener('abort', onAbort);
      secured.off('error', onError).off('close', onClose);
      resolve(secured);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}

function showsPinned(socket: TLSSocket, pins: readonly Buffer[]): boolean {
  const certificate = peerCertificate(socket);
  try {
    return certificate !== undefined && fitsPin(certificate, pins);
  } catch {
    // A key that cannot be read is none that was pinned.
    return false;
  }
}
