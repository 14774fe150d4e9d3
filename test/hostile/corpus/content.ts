import { deflateSync } from 'node:zlib';
import { integer, octetString, oid, sequence, setOf, context } from '../../../src/asn1';
import { bufferFlow, readAll } from '../../../src/bytes';
import { envelopedFlow } from '../../../src/cms';
import { As2Error } from '../../../src/errors';
import { handmadeCompressed, handmadeEnvelope, pkcs1Recipient } from '../../support/handmade-cms';
import type { HostileCase } from '../hostile-case';
import { encryptedPost, fromAlice, head, type Parties, post, SIGNED_RECEIPT, signedEntity } from '../parties';

const MIB = 1024 * 1024;
const P7M = { 'Content-Type': 'application/pkcs7-mime', ...SIGNED_RECEIPT };
const DECRYPTION = { status: 200, disposition: 'processed/error: decryption-failed' } as const;
const DECOMPRESSION = { status: 200, disposition: 'processed/error: decompression-failed' } as const;
const UNEXPECTED = { status: 200, disposition: 'processed/error: unexpected-processing-error' } as const;
const ANY_ERROR = { status: 200, disposition: /^processed\/error: / } as const;

const entityHead = 'Content-Type: application/octet-stream\r\n\r\n';
const p7zHead = 'Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n';

/** CompressedData around very much of the same. */
function bomb(sizeBytes: number, start = entityHead): Buffer {
  return handmadeCompressed(deflateSync(Buffer.concat([Buffer.from(start), Buffer.alloc(sizeBytes)])));
}

function compressedAgain(entity: Buffer): Buffer {
  return Buffer.concat([Buffer.from(p7zHead), handmadeCompressed(deflateSync(entity))]);
}

async function encrypted({ bob }: Parties, entity: Buffer): Promise<Buffer> {
  const recipients = [bob.keyPair.certificate];
  const flow = envelopedFlow(bufferFlow(entity), { recipients, cipher: 'aes-128-cbc' });
  const bytes = await readAll(flow.chunks, 1e9, () => new As2Error('truncated', { expected: 0 }));
  return Buffer.concat([Buffer.from('Content-Type: application/pkcs7-mime\r\n\r\n'), bytes]);
}

function multipart(depth: number, inner = 'Content-Type: text/plain\r\n\r\nhello'): string {
  if (depth === 0) return inner;
  const boundary = `b${depth}`;
  return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n${multipart(depth - 1, inner)}\r\n--${boundary}--\r\n`;
}

function manyParts(count: number): string {
  const part = '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n';
  return `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(count)}--b--\r\n`;
}

/** Bodies, from noise to what only a partner with a key can send. */
export const content: readonly HostileCase[] = [
  { name: 'no body at all', bytes: (p) => post(p, P7M, ''), ...ANY_ERROR },
  { name: 'ENV-05: noise as CMS', bytes: (p) => post(p, P7M, Buffer.alloc(5_000, 0xa5)), ...ANY_ERROR },
  { name: 'BER-04: an endless tag', bytes: (p) => post(p, P7M, Buffer.alloc(5_000, 0x3f)), ...ANY_ERROR },
  {
    name: 'BER-04: 100,000 nested sequences',
    bytes: (p) => post(p, P7M, Buffer.from('3080'.repeat(100_000), 'hex')),
    ...ANY_ERROR,
  },
  {
    name: 'BER-04: a length of 2^56',
    bytes: (p) => post(p, P7M, Buffer.from('3087ffffffffffffff06092a864886f70d010703', 'hex')),
    ...ANY_ERROR,
  },
  {
    name: 'BER-04: an OID of 100 KB',
    bytes: (p) => post(p, P7M, sequence(oidOf(100_000))),
    ...ANY_ERROR,
  },
  {
    name: 'ENV-03: 2,000 recipients, none of them us',
    bytes: (p) =>
      post(
        p,
        P7M,
        envelopeWith(
          Array.from({ length: 2_000 }, () => pkcs1Recipient(p.alice.keyPair.certificate, Buffer.alloc(16))),
        ),
      ),
    ...ANY_ERROR,
  },
  {
    name: 'ENV-03: 500 recipients that are all us',
    bytes: (p) => {
      const one = pkcs1Recipient(p.bob.keyPair.certificate, Buffer.alloc(16));
      return post(p, P7M, envelopeWith(Array.from({ length: 500 }, () => one)));
    },
    ...ANY_ERROR,
  },
  {
    name: 'ENV-05: a content key that is none',
    bytes: (p) => post(p, P7M, envelopeWith([pkcs1Recipient(p.bob.keyPair.certificate, Buffer.alloc(3))])),
    ...DECRYPTION,
  },
  {
    name: 'SIG-15: 2,000 signers',
    bytes: (p) => encryptedPost(p, signedBy(2_000)),
    ...ANY_ERROR,
  },
  {
    name: 'SEC-02: nothing but text',
    bytes: (p) => post(p, { ...SIGNED_RECEIPT, 'Content-Type': 'text/plain' }, 'hello'),
    status: 200,
    disposition: 'processed/error: insufficient-message-security',
  },
  {
    name: 'SEC-02: an unsigned part beside a signed one',
    bytes: async (p) => {
      const signed = await signedEntity(p, Buffer.from('Content-Type: text/plain\r\n\r\nsigned'));
      const unsigned = 'Content-Type: text/plain\r\n\r\nunsigned';
      return encryptedPost(
        p,
        Buffer.concat([
          Buffer.from(`Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n${unsigned}\r\n--m\r\n`),
          signed,
          Buffer.from('\r\n--m--\r\n'),
        ]),
      );
    },
    status: 200,
    disposition: 'processed/error: insufficient-message-security',
  },
  {
    name: 'MIME-05: a multipart without a boundary',
    bytes: (p) => encryptedPost(p, Buffer.from('Content-Type: multipart/signed\r\n\r\n--\r\n--\r\n')),
    ...ANY_ERROR,
  },
  {
    name: 'MIME-05: a boundary of 10 KB',
    bytes: (p) =>
      encryptedPost(
        p,
        Buffer.from(`Content-Type: multipart/signed; boundary=${'b'.repeat(10_000)}\r\n\r\nx`),
      ),
    ...ANY_ERROR,
  },
  {
    name: 'MIME-10: 200 nested multiparts in a document stay what they are',
    bytes: (p) => fromAlice(p, multipart(200)),
    status: 200,
    disposition: 'processed',
    delivered: [undefined],
  },
  {
    name: 'MIME-10: 200 nested multiparts with a signature somewhere below',
    bytes: async (p) => {
      const signed = await signedEntity(p, Buffer.from('Content-Type: text/plain\r\n\r\nhello'));
      return encryptedPost(p, Buffer.from(multipart(200, signed.toString('latin1')), 'latin1'));
    },
    ...ANY_ERROR,
  },
  { name: 'MIME-10: 50,000 parts', bytes: (p) => fromAlice(p, manyParts(50_000)), ...UNEXPECTED },
  {
    name: 'MIME-10: headers of 1 MiB',
    bytes: (p) => fromAlice(p, `Content-Type: text/plain\r\nX-Large: ${'a'.repeat(MIB)}\r\n\r\nhello`),
    ...ANY_ERROR,
  },
  {
    name: 'MIME-10: 10,000 header fields',
    bytes: (p) => fromAlice(p, `Content-Type: text/plain\r\n${'X: y\r\n'.repeat(20_000)}\r\nhello`),
    ...ANY_ERROR,
  },
  {
    name: 'MIME-07: encrypted twelve times',
    bytes: async (p) => {
      let entity = await signedEntity(p, Buffer.from('Content-Type: text/plain\r\n\r\nhello'));
      for (let layer = 0; layer < 12; layer++) entity = await encrypted(p, entity);
      return encryptedPost(p, entity);
    },
    ...ANY_ERROR,
  },
  {
    name: 'CMP-07: a bomb of 100 MiB',
    bytes: (p) => fromAlice(p, Buffer.concat([Buffer.from(p7zHead), bomb(100 * MIB)])),
    ...DECOMPRESSION,
  },
  {
    name: 'CMP-07: a bomb in a bomb',
    bytes: (p) => {
      const inner = Buffer.concat([Buffer.from(p7zHead), bomb(64 * MIB)]);
      return encryptedPost(p, compressedAgain(compressedAgain(inner)));
    },
    ...DECOMPRESSION,
  },
  {
    name: 'CMP-07: a bomb of headers',
    bytes: (p) =>
      encryptedPost(
        p,
        Buffer.concat([Buffer.from(p7zHead), bomb(32 * MIB, 'Content-Type: text/plain\r\nX: ')]),
      ),
    ...ANY_ERROR,
  },
  {
    name: 'CMP-05: something else than zlib',
    bytes: (p) => fromAlice(p, Buffer.concat([Buffer.from(p7zHead), handmadeCompressed(Buffer.alloc(100))])),
    ...DECRYPTION,
  },
  {
    name: 'MIME-06: base64 that is none',
    bytes: (p) =>
      fromAlice(p, 'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n\u00ff\u00fe\0'),
    ...DECRYPTION,
  },
  {
    name: 'HTTP-09: more than as2-in takes, said before',
    bytes: (p) => [Buffer.from(`${head(p, { 'Content-Length': String(9 * MIB) })}\r\n`), Buffer.alloc(MIB)],
    status: 413,
  },
  {
    name: 'HTTP-09: more than as2-in takes, in chunks',
    bytes: (p) => {
      const chunk = Buffer.concat([
        Buffer.from(`${MIB.toString(16)}\r\n`),
        Buffer.alloc(MIB, 'x'),
        Buffer.from('\r\n'),
      ]);
      return [
        Buffer.from(`${head(p, { 'Transfer-Encoding': 'chunked' })}\r\n`),
        ...Array.from({ length: 10 }, () => chunk),
      ];
    },
    status: [413, 'closed'],
  },
  {
    name: 'HTTP-03: the end in the middle of the body',
    bytes: (p) => [Buffer.from(`${head(p, { 'Content-Length': '1000' })}\r\nhello`)],
    exchange: { half: true },
    status: [400, 'closed'],
  },
  {
    name: 'SEC-07: a captured message, posted five times',
    bytes: async (p) => {
      const [message = Buffer.alloc(0)] = await fromAlice(p, 'Content-Type: text/plain\r\n\r\nhello');
      return Array.from({ length: 5 }, () => message);
    },
    exchange: { answers: 5 },
    status: 200,
    disposition: 'processed',
    delivered: [undefined],
  },
  {
    name: 'RCV-02: a receipt nobody waits for, of 2 MiB',
    bytes: (p) =>
      post(
        p,
        { 'Content-Type': 'multipart/report; report-type=disposition-notification; boundary=b' },
        `--b\r\nContent-Type: text/plain\r\n\r\n${'a'.repeat(2 * MIB)}\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: processed\r\n\r\n--b--\r\n`,
      ),
    status: [200, 204, 413],
  },
  {
    name: 'MDN-11: a receipt that asks for a receipt',
    bytes: (p) =>
      post(
        p,
        { ...SIGNED_RECEIPT, 'Content-Type': 'message/disposition-notification' },
        'Original-Message-ID: <a@b>\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\n',
      ),
    status: [200, 204],
    never: /multipart\/(?:report|signed)/,
  },
];

function envelopeWith(recipients: readonly Buffer[]): Buffer {
  const aes = sequence(oid('2.16.840.1.101.3.4.1.2'), octetString(Buffer.alloc(16)));
  const [recipient = Buffer.alloc(0)] = recipients;
  const one = handmadeEnvelope({ recipient, cipher: aes, ciphertext: Buffer.alloc(32) });
  if (recipients.length === 1) return one;
  const content = sequence(
    oid('1.2.840.113549.1.7.1'),
    aes,
    Buffer.concat([Buffer.from([0x80, 32]), Buffer.alloc(32)]),
  );
  return sequence(
    oid('1.2.840.113549.1.7.3'),
    context(0, sequence(integer(0), setOf([...recipients]), content)),
  );
}

/** multipart/signed with a SignedData of that many signers, who signed nothing. */
function signedBy(count: number): Buffer {
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
  const signer = (at: number): Buffer =>
    sequence(
      integer(3),
      Buffer.concat([Buffer.from([0x80, 4]), Buffer.from([at >> 24, at >> 16, at >> 8, at])]),
      sha256,
      sequence(oid('1.2.840.113549.1.1.1')),
      octetString(Buffer.alloc(256, at)),
    );
  const signedData = sequence(
    integer(3),
    setOf([sha256]),
    sequence(oid('1.2.840.113549.1.7.1')),
    setOf(Array.from({ length: count }, (_, at) => signer(at))),
  );
  const signature = sequence(oid('1.2.840.113549.1.7.2'), context(0, signedData)).toString('base64');
  return Buffer.from(
    `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n--s\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n${signature.replace(/.{76}/g, '$&\r\n')}\r\n--s--\r\n`,
  );
}

function oidOf(sizeBytes: number): Buffer {
  const length = Buffer.alloc(5);
  length.writeUInt8(0x84);
  length.writeUInt32BE(sizeBytes, 1);
  return Buffer.concat([Buffer.from([0x06]), length, Buffer.alloc(sizeBytes, 0x81)]);
}
