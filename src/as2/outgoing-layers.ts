import { type ByteFlow, withLength } from '../bytes';
import {
  compressedDataFlow,
  detachedLength,
  digestAlgorithm,
  type EncryptOptions,
  envelopeType,
  envelopedFlow,
  signDetached,
  signingDigest,
  type SignOptions,
} from '../cms';
import {
  base64Lines,
  base64LinesLength,
  dispositionWithFilename,
  type Entity,
  entityFlow,
  formatParameterized,
  Headers,
  multipartFlow,
  newBoundary,
  parseParameterized,
} from '../mime';
import { newMessageId } from './message-id';
import type { DigestSet } from './mic';

/** What is to be sent, before any protection. */
export interface OutgoingPayload {
  readonly content: ByteFlow;
  readonly contentType: string;
  readonly filename?: string;
}

/** The payload as a MIME entity. Its bytes go out as they are: `binary`, never converted (MIME-02, MIME-06). */
export function payloadEntity({ content, contentType, filename }: OutgoingPayload): Entity {
  const headers: [string, string][] = [['Content-Type', contentType]];
  if (filename) headers.push(['Content-Disposition', dispositionWithFilename(filename)]);
  headers.push(['Content-Transfer-Encoding', 'binary']);
  return { headers: Headers.fromPairs(headers), body: content };
}

/**
 * Several payloads in one multipart/related (RFC 6362 §2.1, MA-01): the first is the root.
 * @param host right side of the Content-IDs
 */
export function relatedEntity(payloads: readonly OutgoingPayload[], host: string): Entity {
  const boundary = newBoundary();
  const parts = payloads.map((payload) => {
    const { headers, body } = payloadEntity(payload);
    const contentId: [string, string] = ['Content-ID', newMessageId(host)];
    return { headers: Headers.fromPairs([...headers.entries(), contentId]), body };
  });
  const [root] = parts;
  if (!root) throw new RangeError('a multipart without parts');
  const contentType = formatParameterized('multipart/related', {
    type: parseParameterized(root.headers.get('Content-Type') ?? '').value,
    start: root.headers.get('Content-ID') ?? '',
    boundary,
  });
  const flows = parts.map((part) => entityFlow(part));
  return {
    headers: Headers.fromPairs([['Content-Type', contentType]]),
    body: multipartFlow(boundary, flows),
  };
}

/** Edwards keys go with one digest only, whatever was wanted (RFC 8419 §3). */
export function fittingDigest(sign: SignOptions): SignOptions {
  return { ...sign, digest: signingDigest(sign.keyPair, sign.digest) };
}

/**
 * multipart/signed around an entity (RFC 8551 §3.5.3): the signature part is made while it is being read, after the
 * signed bytes have gone by.
 * @param part the entity to be signed, exactly as it will travel; it runs through `digests`
 */
export function signedEntity(part: ByteFlow, sign: SignOptions, digests: DigestSet): Entity {
  const boundary = newBoundary();
  const micalg = digestAlgorithm(sign.digest).micalg;
  const contentType = `multipart/signed; protocol="application/pkcs7-signature"; micalg=${micalg}; boundary="${boundary}"`;
  return {
    headers: Headers.fromPairs([['Content-Type', contentType]]),
    body: multipartFlow(boundary, [part, signaturePart(sign, digests)]),
  };
}

const SIGNATURE_HEAD = Buffer.from(
  [
    'Content-Type: application/pkcs7-signature; name="smime.p7s"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="smime.p7s"',
    '',
    '',
  ].join('\r\n'),
  'latin1',
);

/** A boundary of 128 random bits occurs in no content, so that nothing has to be searched for it (MIME-05). */
function signaturePart(sign: SignOptions, digests: DigestSet): ByteFlow {
  const length = SIGNATURE_HEAD.length + base64LinesLength(detachedLength(sign));
  return withLength(chunks(), length);

  async function* chunks(): AsyncGenerator<Buffer, void> {
    yield SIGNATURE_HEAD;
    const signature = signDetached(digests.digest(sign.digest), sign);
    // The signature is being made in another thread.
    digests.digests();
    yield base64Lines(await signature);
  }
}

/** application/pkcs7-mime around an entity (RFC 8551 §3.3, §3.4). */
export function encryptedEntity(entity: ByteFlow, encrypt: EncryptOptions): Entity {
  return {
    headers: cmsHeaders(smimeTypes[envelopeType(encrypt)], 'smime.p7m'),
    body: envelopedFlow(entity, encrypt),
  };
}

/** application/pkcs7-mime around a zlib stream at rest (RFC 5402 §2, CMP-01). */
export function compressedEntity(zlibStream: ByteFlow): Entity {
  return { headers: cmsHeaders('compressed-data', 'smime.p7z'), body: compressedDataFlow(zlibStream) };
}

const smimeTypes = {
  'enveloped-data': 'enveloped-data',
  'auth-enveloped-data': 'authEnveloped-data',
} as const;

/** The wrapper of a CMS object: raw bytes, described so that every product knows it (MIME-09, HTTP-07). */
function cmsHeaders(smimeType: string, filename: string): Headers {
  return Headers.fromPairs([
    ['Content-Type', `application/pkcs7-mime; smime-type=${smimeType}; name="${filename}"`],
    ['Content-Disposition', `attachment; filename="${filename}"`],
    ['Content-Transfer-Encoding', 'binary'],
  ]);
}

/** Lets a flow through and digests it. */
export function digestedFlow(flow: ByteFlow, digests: DigestSet): ByteFlow {
  return withLength(digests.through(flow.chunks), flow.length);
}
