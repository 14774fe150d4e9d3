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
  /** The first one that issued another certificate of the chain and is no authority (RFC 5280 §4.2.1.9). */
  readonly falseAuthority?: string;
}

const LONGEST_CHAIN = 10;

/** @returns undefined, when it showed no certificate */
export function peerFacts(socket: TLSSocket): PeerFacts | undefined {
  // Not `getPeerX509Certificate`: once it was called, Node's own check finds no names in the certificate.
  const own = socket.getPeerCertificate(true);
  if (isMissing(own)) return undefined;
  const chain = chainOf(own);
  const falseAuthority = chain.slice(1).find(({ ca }) => !ca);
  return {
    subject: nameOf(own.subject),
    issuer: nameOf(own.issuer),
    fingerprint: own.fingerprint256,
    validFrom: dateOf(own.valid_from),
    validTo: dateOf(own.valid_to),
    selfSigned: isDeepStrictEqual(own.subject, own.issuer),
    chain: chain.map(({ subject }) => nameOf(subject)).join(' < '),
    chainLength: chain.length,
    ...(falseAuthority ? { falseAuthority: nameOf(falseAuthority.subject) } : {}),
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

function chainOf(own: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  const seen = new Set<string>();
  let next: DetailedPeerCertificate | undefined = own;
  while (next?.fingerprint256 && !seen.has(next.fingerprint256) && chain.length < LONGEST_CHAIN) {
    seen.add(next.fingerprint256);
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const { CN, O } = { ...name };
  return [CN, O].flat().find((part) => part !== undefined && part !== '') ?? 'a nameless authority';
}

function dateOf(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toISOString().slice(0, 10);
}
