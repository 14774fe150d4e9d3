import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import {
  openCompressed,
  openContentInfo,
  openEnveloped,
  openSignedData,
  readSignedData,
  verifySignedData,
} from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { Certificate, type KeyPair } from '../../src/pki';
import { drain } from '../../src/bytes';
import { inPieces } from '../support/chunks';
import { packageRoot } from '../support/paths';
import { resting } from './helpers';
import { assertQuick, Stopwatch } from '../support/working-time';

/*
 * Whatever a partner sends: an answer or an As2Error, soon. The seeds are real messages of every kind, mutated where
 * a grammar would not think of it.
 */

interface Vectors {
  readonly keys: Readonly<Record<string, { readonly privateKey: string; readonly certificate: string }>>;
  readonly encrypted: readonly { readonly name: string; readonly message: string }[];
  readonly signed: readonly { readonly message: string }[];
  readonly compressed: readonly { readonly message: string }[];
}

const vectors = JSON.parse(
  readFileSync(join(packageRoot, 'test/cms/vectors/bouncycastle.json'), 'utf8'),
) as Vectors;
const keys: readonly KeyPair[] = Object.values(vectors.keys).map(({ privateKey, certificate }) => ({
  certificate: Certificate.fromDer(Buffer.from(certificate, 'base64')),
  privateKey: createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' }),
}));
// The legacy ciphers start a process for each message: other tests are for those.
const encrypted = vectors.encrypted.filter(({ name }) => !/rc2|cast5|idea/.test(name));
const messages = [...encrypted, ...vectors.signed, ...vectors.compressed].map(({ message }) =>
  Buffer.from(message, 'base64'),
);

type Mutation = readonly [
  kind: 'flip' | 'set' | 'remove' | 'insert' | 'double',
  where: number,
  value: number,
];

const anyMutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom('flip', 'set', 'remove', 'insert', 'double'),
  fc.noBias(fc.integer({ min: 0, max: 9999 })),
  fc.oneof(fc.constantFrom(0, 0x80, 0xff, 0x30, 0x24, 0x04, 0x84, 0x1f), fc.integer({ min: 0, max: 255 })),
);

/** Most of what matters stands near the beginning. */
function mutated(message: Buffer, mutations: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(message);
  for (const [kind, where, value] of mutations) {
    const at = Math.floor((where / 10_000) ** 2 * bytes.length);
    const head = bytes.subarray(0, at);
    if (kind === 'flip' || kind === 'set') {
      bytes.writeUInt8(kind === 'set' ? value : bytes.readUInt8(at) ^ (1 << (value & 7)), at);
    } else {
      const rest = bytes.subarray(kind === 'remove' ? at + 1 + (value & 15) : at);
      const between =
        kind === 'insert'
          ? Buffer.alloc(1 + (value & 7), value)
          : kind === 'double'
            ? bytes.subarray(at, at + value)
            : Buffer.alloc(0);
      bytes = Buffer.concat([head, between, rest]);
    }
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

/** Reads a message like a receiver that takes what comes. */
async function receive(bytes: Buffer, pieceBytes: number): Promise<void> {
  const opened = await openContentInfo(inPieces(bytes, pieceBytes));
  if (opened.type === 'compressed-data') {
    await drain(await openCompressed(opened, { sizeBytes: 1_000_000, ratio: 100 }));
  } else if (opened.type === 'signed-data') {
    const signed = await openSignedData(opened);
    if (signed.content) await drain(signed.content);
    verifySignedData(
      await signed.signedData(),
      new Map(),
      keys.map(({ certificate }) => certificate),
    );
    readSignedData(bytes);
  } else {
    await drain((await openEnveloped(opened, keys, resting)).content);
  }
}

describe('cms: hostile input', () => {
  it('SEC-11, BER-04: mutated messages give an answer or an As2Error, soon', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...messages),
        fc.array(anyMutation, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 400 }),
        async (message, mutations, pieceBytes) => {
          const stopwatch = new Stopwatch();
          const error = await receive(mutated(message, mutations), pieceBytes).catch(
            (reason: unknown) => reason,
          );
          assert.ok(error === undefined || isAs2Error(error), String(error));
          assert.ok(stopwatch.workedMs() < 1000);
        },
      ),
      { numRuns: Number(process.env.AS2_FUZZ_RUNS ?? 400) },
    );
  });

  it('BER-04: 100,000 nested tags fail at once wherever they stand', async () => {
    for (const prefix of [
      '',
      '308006092a864886f70d010702a080',
      '308006092a864886f70d010703a080308002010031',
      '308006092a864886f70d010703a0803080020100',
    ]) {
      await assertQuick(200, async () => {
        for (const nest of ['3080', '2480', 'a080', '3180']) {
          const bytes = Buffer.concat([
            Buffer.from(prefix, 'hex'),
            Buffer.alloc(200_000, Buffer.from(nest, 'hex')),
          ]);
          await assert.rejects(receive(bytes, 65_536), isAs2Error);
        }
      });
    }
  });
});
