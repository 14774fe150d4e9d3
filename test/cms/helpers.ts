import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBer, type Asn1Node } from '../../src/asn1';
import {
  cipherAlgorithm,
  cipherNames,
  createDigest,
  type DigestName,
  type EncryptOptions,
  envelopedFlow,
  openContentInfo,
  openEnveloped,
  readSignedData,
  type SignatureReport,
  type SignatureTolerances,
  verifySignedData,
} from '../../src/cms';
import type { Certificate, KeyPair } from '../../src/pki';
import { bufferFlow } from '../../src/bytes';
import { collect, inPieces } from '../support/chunks';

export function digestOf(content: Buffer, digest: DigestName): Buffer {
  return createDigest(digest).update(content).digest();
}

/** Where ciphertext rests in tests: a low threshold, so that files are used too. Legacy ciphers are let in. */
export const resting = {
  directory: join(tmpdir(), `as2-test-resting-${process.pid}`),
  thresholdBytes: 2048,
  legacyCiphers: cipherNames.filter((name) => cipherAlgorithm(name).legacy),
};

after('nothing is left where ciphertext rested', async () => {
  assert.deepEqual(await readdir(resting.directory).catch(() => []), []);
  await rm(resting.directory, { recursive: true, force: true });
});

/** Verifies as a receiver does that computed all the common digests on the way. */
export function verify(
  signature: Buffer,
  content: Buffer,
  trusted: readonly Certificate[],
  tolerances?: SignatureTolerances,
  digests: readonly DigestName[] = [
    'md5',
    'sha-1',
    'sha-224',
    'sha-256',
    'sha-384',
    'sha-512',
    'sha3-256',
    'sha3-512',
    'shake256',
  ],
): SignatureReport {
  const contentDigests = new Map(digests.map((digest) => [digest, digestOf(content, digest)]));
  return verifySignedData(readSignedData(signature), contentDigests, trusted, tolerances);
}

/** @param pieces sizes in which the content comes; without any its length is known */
export async function enveloped(
  content: Buffer,
  options: EncryptOptions,
  ...pieces: number[]
): Promise<Buffer> {
  const flow = pieces.length === 0 ? bufferFlow(content) : { chunks: inPieces(content, ...pieces) };
  return collect(envelopedFlow(flow, options).chunks);
}

export async function decrypted(
  message: Buffer,
  keys: readonly KeyPair[],
  ...pieces: number[]
): Promise<Buffer> {
  const opened = await openEnveloped(await openContentInfo(inPieces(message, ...pieces)), keys, resting);
  return collect(opened.content);
}

/** The node reached by taking these children in turn. */
export function at(bytes: Buffer, ...path: readonly number[]): Asn1Node {
  let node = parseBer(bytes);
  for (const index of path) {
    const child = node.children.at(index);
    if (!child) throw new Error(`no child ${index} on the way ${path.join('.')}`);
    node = child;
  }
  return node;
}

/** Lengths around which block ciphers, buffers and length octets change their mind. */
export const tellingLengths = [0, 1, 15, 16, 17, 31, 32, 127, 128, 4095, 4096, 65_535, 65_536, 65_537];

/** Bytes in which every position matters. */
export function sample(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8) * 13) & 0xff));
}
