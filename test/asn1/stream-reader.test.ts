import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  BerStreamReader,
  contextTag,
  integer,
  octetString,
  parseBer,
  sequence,
  smallInteger,
  tags,
} from '../../src/asn1';
import { ByteReader } from '../../src/bytes';
import { isAs2Error } from '../../src/errors';
import { collect, inPieces } from '../support/chunks';
import { assertQuick } from '../support/working-time';

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

function reading(bytes: Buffer, ...pieces: number[]): BerStreamReader {
  return new BerStreamReader(new ByteReader(inPieces(bytes, ...pieces)));
}

function isClean(error: unknown): boolean {
  return isAs2Error(error) && (error.code === 'asn1-malformed' || error.code === 'truncated');
}

/** An OCTET STRING of any shape, with the octets it stands for. */
const { shape: anyOctetString } = fc.letrec<{ shape: { encoded: Buffer; octets: Buffer } }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 5 },
    fc
      .uint8Array({ maxLength: 40 })
      .map((data) => ({ encoded: octetString(Buffer.from(data)), octets: Buffer.from(data) })),
    fc
      .tuple(fc.constantFrom('definite', 'indefinite', 'long'), fc.array(tie('shape'), { maxLength: 4 }))
      .map(([form, parts]) => {
        const content = Buffer.concat(parts.map((part) => part.encoded));
        const length = Buffer.alloc(4);
        length.writeUInt32BE(content.length);
        const encoded = {
          definite: () => [hex('24'), tlvLength(content.length), content],
          indefinite: () => [hex('24 80'), content, hex('00 00')],
          long: () => [hex('24 84'), length, content],
        }[form]();
        return { encoded: Buffer.concat(encoded), octets: Buffer.concat(parts.map((part) => part.octets)) };
      }),
  ),
}));

function tlvLength(length: number): Buffer {
  return octetString(Buffer.alloc(length)).subarray(1, octetString(Buffer.alloc(length)).length - length);
}

describe('asn1: stream reader', () => {
  it('BER-02: octet strings of every shape, split anywhere, give the same octets', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyOctetString,
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }),
        async ({ encoded, octets }, pieces) => {
          const ber = reading(sequence(encoded, integer(9)), ...pieces);
          await ber.enter(tags.sequence);
          assert.ok((await collect(ber.octets())).equals(octets));
          assert.equal(smallInteger(parseBer(await ber.readElement(10))), 9);
          await ber.leave();
        },
      ),
      { numRuns: 400 },
    );
  });

  it('BER-05: whatever is cut off is an error, wherever the cut is', async () => {
    const bytes = hex(
      '30 80 a0 80 24 80 04 03 61 62 63 24 80 04 01 64 00 00 00 00 00 00 30 80 05 00 00 00 00 00',
    );
    const walk = async (part: Buffer, size: number): Promise<string> => {
      const ber = reading(part, size);
      await ber.enter(tags.sequence);
      await ber.enter(contextTag(0));
      const octets = await collect(ber.octets());
      await ber.leave();
      await ber.readElement(100);
      await ber.leave();
      return octets.toString();
    };
    assert.equal(await walk(bytes, 3), 'abcd');
    for (let end = 0; end < bytes.length; end++) {
      await assert.rejects(walk(bytes.subarray(0, end), 1 + (end % 3)), isClean, `cut at ${end}`);
    }
  });

  it('implicitly tagged octets, primitive and constructed', async () => {
    assert.equal((await collect(reading(hex('80 02 61 62')).octets(contextTag(0)))).toString(), 'ab');
    assert.equal(
      (await collect(reading(hex('a0 06 04 01 61 04 01 62'), 1).octets(contextTag(0)))).toString(),
      'ab',
    );
  });

  it('reads an element of indefinite length as a whole', async () => {
    const element = hex('30 80 30 80 02 01 01 00 00 30 03 02 01 02 00 00');
    const ber = reading(Buffer.concat([element, hex('05 00')]), 1);
    assert.ok((await ber.readElement(16)).equals(element));
    assert.equal((await ber.readElement(2)).toString('hex'), '0500');
    await assert.rejects(reading(element).readElement(15), isClean);
  });

  it('BER-04: 100,000 nested tags fail at once, entered, as an element and as an octet string', () =>
    assertQuick(100, async () => {
      const nested = Buffer.alloc(200_000, hex('30 80'));
      await assert.rejects(reading(nested).readElement(1_000_000), isClean);
      await assert.rejects(collect(reading(Buffer.alloc(200_000, hex('24 80'))).octets()), isClean);
      const ber = reading(nested);
      await assert.rejects(async () => {
        for (;;) await ber.enter(tags.sequence);
      }, isClean);
    }));

  const damaged = [
    ['an element that reaches beyond the one around it', '30 03 04 05 61 62 63 64 65'],
    ['a segment that reaches beyond its string', '30 09 24 03 04 05 61 62 63 64 65'],
    ['a string whose end lies beyond the element around it', '30 05 24 80 04 01 61 00 00'],
    ['something else in an octet string', '30 05 24 03 02 01 01'],
    ['end-of-contents octets in a string of definite length', '30 04 24 02 00 00'],
    ['end-of-contents octets with a length', '30 80 24 80 00 01 00 00 00 00 00'],
    ['another type', '30 03 02 01 01'],
    ['nothing', '30 00'],
  ] as const;
  for (const [name, bytes] of damaged) {
    it(`BER-04: refuses ${name}`, async () => {
      for (const size of [1, 100]) {
        await assert.rejects(async () => {
          const ber = reading(hex(bytes), size);
          await ber.enter(tags.sequence);
          await collect(ber.octets());
          await ber.leave();
        }, isClean);
      }
    });
  }

  it('refuses to leave an element in which something is left', async () => {
    const ber = reading(hex('30 05 02 01 01 05 00'));
    await ber.enter(tags.sequence);
    await ber.readElement(10);
    await assert.rejects(ber.leave(), isClean);
  });

  it('small segments are put together: no step through every layer for each of them', async () => {
    const segments = Buffer.concat([hex('24 80'), Buffer.alloc(3000, hex('04 01 61')), hex('00 00')]);
    let chunks = 0;
    for await (const chunk of reading(segments, 1000).octets()) chunks += Math.sign(chunk.length);
    assert.ok(chunks <= 4, `${chunks} chunks`);
  });
});
