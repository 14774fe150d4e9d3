import {
  type Asn1Node,
  childrenOf,
  contextTag,
  expectTag,
  hasTag,
  malformed,
  octetStringValue,
  oidValue,
  parseBer,
  smallInteger,
  tags,
} from '../../asn1';
import { As2Error } from '../../errors';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from '../algorithm-identifier';
import { type DigestName, digestByOid } from '../algorithms';
import { type CertificateIdentifier, readCertificateIdentifier } from '../certificate-identifier';
import { contentTypes } from '../oids';
import { readSignedAttributes, type SignedAttributes } from './attributes';

/** RFC 5652 §5.1. */
export interface SignedData {
  readonly version: number;
  /** Those digests of `digestAlgorithms` that are known here. */
  readonly digests: readonly DigestName[];
  readonly eContentType: string;
  /** The content of an opaque signature; undefined for a detached one, and where the content was streamed. */
  readonly eContent: Buffer | undefined;
  /** As received; they prove nothing (SEC-01). */
  readonly certificates: readonly Buffer[];
  readonly signerInfos: readonly SignerInfo[];
}

/** RFC 5652 §5.3. */
export interface SignerInfo {
  readonly version: number;
  readonly identifier: CertificateIdentifier;
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly signedAttributes: SignedAttributes | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Buffer;
}

/** SEC-11. */
const MOST_SIGNERS = 32;
const MOST_CERTIFICATES = 200;

/**
 * Reads a ContentInfo with SignedData that is held in memory: a detached signature, or a small opaque one.
 * @throws As2Error `asn1-malformed`, `content-type-unexpected`
 */
export function readSignedData(bytes: Buffer): SignedData {
  const [contentType, content] = childrenOf(parseBer(bytes));
  const found = oidValue(contentType);
  if (found !== contentTypes.signedData) {
    throw new As2Error('content-type-unexpected', { found, expected: 'signed data' });
  }
  const [version, digestAlgorithms, encapContentInfo, ...rest] = childrenOf(
    childrenOf(content, contextTag(0))[0],
  );
  const [eContentType, eContent] = childrenOf(encapContentInfo);
  return assembleSignedData({
    version: smallInteger(version),
    digests: readDigestAlgorithms(digestAlgorithms),
    eContentType: oidValue(eContentType),
    eContent: eContent && octetStringValue(childrenOf(eContent, contextTag(0))[0]),
    rest,
  });
}

export function readDigestAlgorithms(node: Asn1Node | undefined): DigestName[] {
  return childrenOf(node, tags.set).flatMap((child) => {
    const digest = digestByOid(readAlgorithmIdentifier(child).oid);
    return digest ? [digest.name] : [];
  });
}

/** @param rest what follows encapContentInfo: certificates, revocation lists, signerInfos */
export function assembleSignedData(
  parts: Pick<SignedData, 'version' | 'digests' | 'eContentType' | 'eContent'> & {
    readonly rest: readonly Asn1Node[];
  },
): SignedData {
  const { rest, ...head } = parts;
  const certificates = rest.find((node) => hasTag(node, contextTag(0)))?.children ?? [];
  const signerInfos = childrenOf(rest.at(-1), tags.set);
  if (certificates.length > MOST_CERTIFICATES) throw malformed('too many certificates');
  if (signerInfos.length > MOST_SIGNERS) throw malformed('too many signers');
  return {
    ...head,
    // CertificateChoices: only plain certificates are of use.
    certificates: certificates.filter((node) => hasTag(node, tags.sequence)).map((node) => node.raw),
    signerInfos: signerInfos.map(readSignerInfo),
  };
}

function readSignerInfo(node: Asn1Node): SignerInfo {
  const [version, identifier, digestAlgorithm, ...rest] = childrenOf(node);
  const attributes = hasTag(rest[0], contextTag(0)) ? rest.shift() : undefined;
  const [signatureAlgorithm, signature] = rest;
  expectTag(signatureAlgorithm, tags.sequence);
  return {
    version: smallInteger(version),
    identifier: readCertificateIdentifier(identifier),
    digestAlgorithm: readAlgorithmIdentifier(digestAlgorithm),
    signedAttributes: attributes && readSignedAttributes(attributes),
    signatureAlgorithm: readAlgorithmIdentifier(signatureAlgorithm),
    signature: octetStringValue(signature),
  };
}
