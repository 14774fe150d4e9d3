import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpillOptions } from '../../src/bytes';
import { dimensions, pairsOfValues, pairwise, product, type Selection } from './rows';
import { roundTrip } from './round-trip';
import { describeRow, isLegacy, isPossible, makeKeys, MIB, type Row, table, TEN_MIB } from './table';

/*
 * Whatever can be composed can be opened: signature x digest x cipher x structure x key transport x compression x
 * length x source. Where three dimensions bear on each other they are crossed in full; all together pair by pair. With
 * AS2_FULL_GRID=1 all of them are crossed, for three of the lengths (231,168 round trips, about half an hour): the others
 * bear on ciphers, and are crossed with these anyway.
 */

const current = table.cipher.filter((cipher) => !isLegacy(cipher));
const legacy = table.cipher.filter(isLegacy);
/** Short of the longest, which has rows of its own. */
const lengths = table.length.filter((length) => length < TEN_MIB);
/** RFC 8419 allows the Edwards curves one each. */
const usualDigests = ['sha-256', 'sha-512', 'shake256'] as const;
/** What stands where a dimension means nothing. */
const noDigest = table.digest.slice(0, 1);
const someTransport = table.transport.slice(0, 1);

let directory: string;
let options: SpillOptions;

before(async function () {
  this.timeout(180_000);
  await makeKeys();
  directory = await mkdtemp(join(tmpdir(), 'as2-grid-'));
  options = { directory, thresholdBytes: MIB };
});

after('nothing is left behind', async () => {
  assert.deepEqual(await readdir(directory), []);
  await rm(directory, { recursive: true, force: true });
});

async function roundTrips(rows: Iterable<Row>): Promise<number> {
  let count = 0;
  for (const row of rows) {
    try {
      await roundTrip(row, options);
    } catch (error) {
      throw new Error(describeRow(row), { cause: error });
    }
    count += 1;
  }
  return count;
}

interface Part {
  readonly title: string;
  readonly rows: () => Iterable<Row>;
  /** So that a row that silently became impossible is missed. */
  readonly atLeast: number;
}

const plain: Selection = { cipher: ['none'], source: ['sized'] };
const unsigned: Selection = { signature: ['none'] };
const parts: readonly Part[] = [
  {
    title: 'SIG-01, SIG-10, SIG-12, SIG-13, SIG-14: signature x digest x compression',
    rows: () => product({ ...plain, length: [17] }),
    atLeast: 150,
  },
  {
    title: 'SIG-01, MIC-01: signature x compression x length',
    rows: () => product({ ...plain, digest: [...usualDigests, ...noDigest], length: lengths }),
    atLeast: 300,
  },
  {
    title: 'ENV-01, ENV-04, ENV-06, ENV-07, AEAD-01: cipher x structure x key transport x compression',
    rows: () => product({ ...unsigned, cipher: current, length: [17], source: ['sized'] }),
    atLeast: 300,
  },
  {
    title: 'ENV-09, ENV-10, AEAD-02, AEAD-03, AEAD-04: cipher x structure x length x source x compression',
    rows: () => product({ ...unsigned, cipher: current, transport: ['ecdh p-256'], length: lengths }),
    atLeast: 500,
  },
  {
    title: 'CMP-03, MIC-06, MIC-07: every pair of values, in whole messages',
    rows: () => pairwise({ cipher: current, length: lengths }),
    atLeast: 150,
  },
  {
    title: 'ENV-11, ENV-12, ENV-13: the legacy ciphers',
    rows: () =>
      pairwise({
        signature: ['none', 'rsa-pkcs1'],
        digest: ['sha-256', ...noDigest],
        cipher: legacy,
        transport: ['rsa-pkcs1', 'ecdh p-256'],
        compression: ['none', 'before-signing'],
        length: [0, 7, 8, 65_537],
      }),
    atLeast: 15,
  },
];

describe('grid: what is composed can be opened', function () {
  this.timeout(300_000);

  it('every pair of values that is possible at all is among the rows', () => {
    const selection = { cipher: current, length: lengths };
    const rows = pairwise(selection);
    const missing: string[] = [];
    for (const [index, one] of dimensions.entries()) {
      for (const other of dimensions.slice(index + 1)) {
        const seen = new Set(rows.map((row) => `${row[one]} & ${row[other]}`));
        for (const row of pairsOfValues(one, other, selection)) {
          const pair = `${row[one]} & ${row[other]}`;
          if (!seen.has(pair)) missing.push(`${one} & ${other}: ${pair}`);
        }
      }
    }
    assert.deepEqual(missing, []);
  });

  for (const { title, rows, atLeast } of parts) {
    it(title, async () => {
      const count = await roundTrips(rows());
      assert.ok(count >= atLeast, `${count} rows`);
    });
  }

  const large = { length: [TEN_MIB], source: ['sized'], compression: ['none'] } as const;
  for (const signature of table.signature.filter((name) => name !== 'none')) {
    it(`SIG-01: 10 MiB signed by ${signature}`, async () => {
      const [row] = product({ ...large, signature: [signature], digest: usualDigests, cipher: ['none'] });
      assert.equal(await roundTrips(row ? [row] : []), 1);
    });
  }
  for (const cipher of table.cipher.filter((name) => name !== 'none')) {
    it(`ENV-01, AEAD-01: 10 MiB in ${cipher}`, async () => {
      const rows = product({ ...large, ...unsigned, cipher: [cipher], transport: someTransport });
      assert.ok((await roundTrips(rows)) >= 1);
    });
  }
  for (const compression of ['before-signing', 'after-signing'] as const) {
    it(`CMP-03: 10 MiB compressed ${compression}, encrypted too`, async () => {
      const rows = product({
        ...large,
        compression: [compression],
        signature: ['rsa-pkcs1'],
        digest: ['sha-256'],
        cipher: ['aes-256-cbc'],
        transport: someTransport,
      });
      assert.equal(await roundTrips(rows), 1);
    });
  }
});

if (process.env.AS2_FULL_GRID === '1') {
  describe('grid: in full', function () {
    this.timeout(0);
    for (const signature of table.signature) {
      for (const compression of table.compression.filter((one) =>
        isPossible({ signature, compression: one }),
      )) {
        it(`${signature}, compression ${compression}`, async () => {
          const length = [0, 16, 65_537] as const;
          const rows = product({
            signature: [signature],
            compression: [compression],
            cipher: current,
            length,
          });
          console.log(`        ${await roundTrips(rows)} round trips`);
        });
      }
    }
  });
}
