import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { openConnection } from '../../http';
import { Certificate, certificateCard, readCertificates } from '../../pki';
import type { Target } from './network-steps';
import { warnOfExpiry } from './settings-step';
import type { Notebook } from './step-runner';
import type { TestFacts } from './types';

const LONGEST_CHAIN = 10;

/**
 * The connection as a message would get it, with every check; then it is closed. What the server showed is noted also
 * when a check fails.
 * @throws As2Error `tls-untrusted`, `tls-wrong-name`, `tls-expired`, `tls-failed`, `proxy-…`, …
 */
export async function shakeHands(
  notes: Notebook<'tls'>,
  { url, settings }: Target,
  signal: AbortSignal,
): Promise<void> {
  let chain: readonly Certificate[] = [];
  const onPeer = (socket: TLSSocket): void => {
    chain = chainOf(socket);
    noteServer(notes, socket, chain);
  };
  const socket = await openConnection(url, settings, { signal, onPeer });
  if (socket instanceof TLSSocket) {
    // Only now Node.js has added the issuers it found.
    onPeer(socket);
    notes.note({ trust: trustOf(chain, settings) });
  }
  socket.on('error', () => undefined).destroy();
  const [own] = chain;
  if (own) warnOfExpiry(notes, own, 'TLS', url.hostname);
}

function noteServer(notes: Notebook<'tls'>, socket: TLSSocket, chain: readonly Certificate[]): void {
  const names = chain[0]?.x509.subjectAltName?.split(', ').map((name) => name.replace(/^DNS:/, ''));
  notes.note({
    version: socket.getProtocol() ?? '?',
    cipher: socket.getCipher().standardName,
    ...(names ? { names } : {}),
    certificates: chain.map((one) => certificateCard(one)),
  });
}

/** Node.js appends the issuers it knows to those that were sent; at the end one refers to itself, or to its like. */
function chainOf(socket: TLSSocket): Certificate[] {
  const chain: Certificate[] = [];
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (next?.raw && chain.length < LONGEST_CHAIN) {
    const { raw } = next;
    const certificate = readable(raw);
    if (!certificate || chain.some(({ der }) => der.equals(raw))) break;
    chain.push(certificate);
    next = next.issuerCertificate;
  }
  return chain;
}

/** What OpenSSL could read in a handshake and we cannot is not shown; whether it is trusted is not decided here. */
function readable(der: Buffer): Certificate | undefined {
  try {
    return Certificate.fromDer(der);
  } catch {
    return undefined;
  }
}

function trustOf(chain: readonly Certificate[], { tls = {} }: Target['settings']): TestFacts['tls']['trust'] {
  if (tls.pins && tls.pins.length > 0) return 'pin';
  const configured = tls.ca === undefined ? [] : readCertificates(tls.ca);
  return chain.some((one) => configured.some((other) => other.equals(one))) ? 'configured' : 'system';
}
