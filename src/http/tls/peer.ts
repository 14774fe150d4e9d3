import { isDeepStrictEqual } from 'node:util';
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

/** What a server showed of itself, for texts. */
export interface PeerFacts {
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly selfSigned: boolean;
  /** Names of the certificates it sent, its own first, each one issued by the next. */
  readonly chain: string;
  readonly chainLength: number;
}

const LONGEST_CHAIN = 10;

/** @returns undefined, when it showed no certificate */
export function peerFacts(socket: TLSSocket): PeerFacts | undefined {
  // Not `getPeerX509Certificate`: once it was called, Node's own check finds no names in the certificate.
  const own = socket.getPeerCertificate(true);
  if (isMissing(own)) return undefined;
  const chain = chainOf(own);
  return {
    subject: nameOf(own.subject),
    issuer: nameOf(own.issuer),
    fingerprint: own.fingerprint256,
    validFrom: dateOf(own.valid_from),
    validTo: dateOf(own.valid_to),
    selfSigned: isDeepStrictEqual(own.subject, own.issuer),
    chain: chain.join(' < '),
    chainLength: chain.length,
  };
}

/** @returns the certificate of the server, DER; undefined, when it showed none */
export function peerCertificate(socket: TLSSocket): Buffer | undefined {
  const own = socket.getPeerCertificate();
  return isMissing(own) ? undefined : own.raw;
}

/** Node gives an empty object where there is no certificate. */
function isMissing(certificate: PeerCertificate): boolean {
  return Object.keys(certificate).length === 0;
}

function chainOf(own: DetailedPeerCertificate): string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  let next: DetailedPeerCertificate | undefined = own;
  while (next?.fingerprint256 && !seen.has(next.fingerprint256) && names.length < LONGEST_CHAIN) {
    seen.add(next.fingerprint256);
    names.push(nameOf(next.subject));
    next = next.issuerCertificate;
  }
  return names;
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const { CN, O } = { ...name };
  return [CN, O].flat().find((part) => part !== undefined && part !== '') ?? 'a nameless authority';
}

function dateOf(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toISOString().slice(0, 10);
}
