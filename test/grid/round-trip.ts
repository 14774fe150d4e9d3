import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { composeCompressedMessage, composeMessage, newMessageId, openMessage } from '../../src/as2';
import { type ByteFlow, type Chunks, spill, type SpillOptions } from '../../src/bytes';
import { cipherNames, digestNames } from '../../src/cms';
import { describeRow, type Row, signerOf, transportOf } from './table';

const MOST_CHUNK_BYTES = 64 * 1024;
/** A page in which every position matters; a message repeats it with another first octet each time. */
const page = Buffer.from(
  Array.from({ length: MOST_CHUNK_BYTES }, (_, at) => (at * 7 + (at >> 8) * 13) & 0xff),
);

async function* payloadChunks(length: number): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < length; at += page.length) {
    const chunk = Buffer.from(page.subarray(0, Math.min(page.length, length - at)));
    chunk.writeUInt8((at / page.length) & 0xff);
    yield chunk;
  }
}

async function digestOf(chunks: Chunks): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

const expectedDigests = new Map<number, Promise<string>>();

function expectedDigest(length: number): Promise<string> {
  const known = expectedDigests.get(length) ?? digestOf(payloadChunks(length));
  expectedDigests.set(length, known);
  return known;
}

/**
 * Composes the message that the row describes and opens it with the key of each of its recipients: the payload must
 * come back, every layer must have been there, and both sides must have the same MIC.
 */
export async function roundTrip(row: Row, spillOptions: SpillOptions): Promise<void> {
  const signer = signerOf(row.signature);
  const { keyPairs, options } = transportOf(row.transport);
  const content: ByteFlow = {
    chunks: payloadChunks(row.length),
    ...(row.source === 'sized' ? { length: row.length } : {}),
  };
  const compose = {
    from: 'Alpha',
    to: 'Beta',
    messageId: newMessageId('alpha.example'),
    payload: { content, contentType: 'application/octet-stream', filename: 'payload.bin' },
    ...(signer ? { sign: { ...signer, digest: row.digest } } : {}),
    ...(row.cipher === 'none'
      ? {}
      : {
          encrypt: {
            recipients: keyPairs.map(({ certificate }) => certificate),
            cipher: row.cipher,
            aeadStructure: row.aeadStructure,
            ...options,
          },
        }),
  };
  const message =
    row.compression === 'none'
      ? { ...composeMessage(compose), dispose: () => Promise.resolve() }
      : await composeCompressedMessage({
          ...compose,
          compress: { order: row.compression, spill: spillOptions },
        });
  const request = await spill(message.body.chunks, spillOptions);
  try {
    await message.dispose();
    const isSized = row.source === 'sized' || row.compression !== 'none';
    assert.equal(message.body.length, isSized ? request.length : undefined, describeRow(row));
    for (const key of row.cipher === 'none' ? [undefined] : keyPairs) {
      const opened = await openMessage(
        { headers: message.headers, body: request },
        {
          keys: key ? [key] : [],
          signingCertificates: signer ? [signer.keyPair.certificate] : [],
          spill: spillOptions,
          policy: {
            requireSigned: signer !== undefined,
            requireEncrypted: key !== undefined,
            allowedDigests: digestNames,
            allowedCiphers: cipherNames,
          },
        },
      );
      try {
        const { bytes, filename } = opened.payload;
        assert.equal(bytes.length, row.length, describeRow(row));
        assert.equal(await digestOf(bytes.open()), await expectedDigest(row.length), describeRow(row));
        assert.equal(filename, 'payload.bin');
        assert.equal(opened.compressed, row.compression !== 'none', describeRow(row));
        assert.equal(opened.signature?.status, signer ? 'verified' : undefined, describeRow(row));
        const kept = message.mics().find(({ algorithm, alternative }) => {
          return algorithm === opened.mic.algorithm && !alternative;
        });
        assert.equal(opened.mic.value, kept?.value, describeRow(row));
      } finally {
        await opened.payload.bytes.dispose();
      }
    }
  } finally {
    await request.dispose();
  }
}
