import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { As2Error } from '../errors';
import { parseParameterized } from '../mime';
import type { AddressRanges } from './address-ranges';
import { plainAddress, remoteAddressOf } from './remote-address';

/** Where a request comes from: from the connection, or from what a proxy of ours says about its sender. */
export interface RequestOrigin {
  readonly address: string;
  /** By TLS, as far as the sender's connection reaches. */
  readonly isSecure: boolean;
  /** The sender has shown that it has the private key of this TLS certificate. */
  readonly certificate?: X509Certificate;
  /** Whoever issued it, where the connection was told to trust somebody above it. */
  readonly issuer?: X509Certificate;
}

/** Reverse proxies in front of us. Of nobody else these header fields are believed (TLS-05). */
export interface TrustedProxies {
  readonly addresses: AddressRanges;
  /**
   * In which the proxy puts the sender's certificate: PEM in the encoding of URLs (nginx), base64 of the DER, or the
   * same between colons (RFC 9440). The proxy has to remove what a sender puts there itself.
   */
  readonly certificateHeader?: string;
}

/** @throws As2Error `request-head-malformed`: a proxy of ours says two things about a sender */
export function originOf(request: IncomingMessage, proxies?: TrustedProxies): RequestOrigin {
  const { socket } = request;
  if (proxies?.addresses.includes(socket.remoteAddress)) return originBehindProxy(request, proxies);
  const address = remoteAddressOf(request);
  if (!(socket instanceof TLSSocket)) return { address, isSecure: false };
  const certificate = socket.getPeerX509Certificate();
  const issuer = certificate && socket.authorized ? issuerOf(certificate, socket) : undefined;
  return {
    address,
    isSecure: true,
    ...(certificate ? { certificate } : {}),
    ...(issuer ? { issuer } : {}),
  };
}

/** A connection that is resumed brings the certificate alone; its issuer is known from the one before. */
const issuers = new Map<string, X509Certificate>();
const MOST_ISSUERS = 1_000;

function issuerOf(certificate: X509Certificate, socket: TLSSocket): X509Certificate | undefined {
  const known = issuers.get(certificate.fingerprint256);
  if (known) return known;
  const { issuerCertificate: found } = socket.getPeerCertificate(true);
  if (!found?.raw) return undefined;
  const issuer = new X509Certificate(found.raw);
  if (issuers.size >= MOST_ISSUERS) issuers.clear();
  issuers.set(certificate.fingerprint256, issuer);
  return issuer;
}

function originBehindProxy(request: IncomingMessage, proxies: TrustedProxies): RequestOrigin {
  const hops = forwardedFor(request);
  // Every proxy adds whom it has seen to the end: the last one that is none of ours is the sender.
  const address = hops.findLast((hop) => !proxies.addresses.includes(hop)) ?? remoteAddressOf(request);
  const certificate = certificateIn(request, proxies.certificateHeader);
  return {
    address,
    isSecure: forwardedProtocol(request) === 'https',
    ...(certificate ? { certificate } : {}),
  };
}

/** Of both ways to say it, when both are there: a proxy that sets one of them lets the other one of a sender through. */
function forwardedFor(request: IncomingMessage): string[] {
  const usual = listOf(request, 'x-forwarded-for').map(addressIn);
  const standard = forwarded(request).map((element) => addressIn(element.get('for') ?? ''));
  if (usual.length > 0 && standard.length > 0 && usual.join() !== standard.join()) {
    throw contradiction(request);
  }
  return usual.length > 0 ? usual : standard;
}

function forwardedProtocol(request: IncomingMessage): string | undefined {
  const usual = listOf(request, 'x-forwarded-proto').at(-1)?.toLowerCase();
  const standard = forwarded(request).at(-1)?.get('proto')?.toLowerCase();
  if (usual !== undefined && standard !== undefined && usual !== standard) throw contradiction(request);
  return usual ?? standard;
}

/** RFC 7239 §4: the parameters of each hop. */
function forwarded(request: IncomingMessage): ReadonlyMap<string, string>[] {
  return listOf(request, 'forwarded').map(
    (element) => parseParameterized(`forwarded; ${element}`).parameters,
  );
}

/** The elements of a list, over all its fields. */
function listOf(request: IncomingMessage, name: string): string[] {
  const values = request.headersDistinct[name] ?? [];
  return values
    .join(',')
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** `192.0.2.7`, `192.0.2.7:4711`, `"[2001:db8::1]:4711"`; what is no address stays what it is and fits no range. */
function addressIn(text: string): string {
  const host = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([^:]+):\d+$/.exec(text)?.[1] ?? text;
  const plain = plainAddress(host) ?? '';
  return isIP(plain) === 0 ? 'unknown' : plain;
}

function certificateIn(request: IncomingMessage, header: string | undefined): X509Certificate | undefined {
  if (header === undefined) return undefined;
  const [value = '', ...others] = request.headersDistinct[header.toLowerCase()] ?? [];
  if (others.length > 0) throw contradiction(request, header);
  if (value.trim() === '') return undefined;
  try {
    const text = decodeURIComponent(value.trim().replace(/^:(.*):$/, '$1'));
    return new X509Certificate(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64'));
  } catch (error) {
    const facts = { header, remoteAddress: remoteAddressOf(request) };
    throw new As2Error('request-head-malformed', facts, { cause: error });
  }
}

function contradiction(request: IncomingMessage, header = 'Forwarded'): As2Error {
  return new As2Error('request-head-malformed', { header, remoteAddress: remoteAddressOf(request) });
}
