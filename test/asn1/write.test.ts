import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bitString,
  bitStringBytes,
  constructedFlow,
  contextTag,
  integer,
  integerBytes,
  octetString,
  octetStringFlow,
  octetStringValue,
  parseBer,
  sequence,
  sequenceFlow,
  setOf,
  smallInteger,
  time,
  timeValue,
  tlvHeader,
  tags,
  unsignedInteger,
} from '../../src/asn1';
import { bufferFlow } from '../../src/bytes';
import { collect, inPieces } from '../support/chunks';

describe('asn1: writing', () => {
  const headers = [
    [0, '3000'],
    [127, '307f'],
    [128, '308180'],
    [255, '3081ff'],
    [256, '30820100'],
    [65_536, '3083010000'],
    [5_000_000_000, '3085012a05f200'],
  ] as const;
  for (const [length, expected] of headers) {
    it(`length ${length} takes its shortest form`, () => {
      assert.equal(tlvHeader(tags.sequence, 'constructed', length).toString('hex'), expected);
    });
  }

  it('integers have no needless octets and a sign octet where needed', () => {
    const values = [
      [0, '020100'],
      [127, '02017f'],
      [128, '02020080'],
      [160, '020200a0'],
      [300, '0202012c'],
      [65_535, '020300ffff'],
    ] as const;
    for (const [value, expected] of values) {
      assert.equal(integer(value).toString('hex'), expected);
      assert.equal(smallInteger(parseBer(integer(value))), value);
    }
    assert.equal(unsignedInteger(Buffer.from('0000ff', 'hex')).toString('hex'), '020200ff');
    assert.equal(integerBytes(parseBer(integer(Buffer.from('00ff', 'hex')))).toString('hex'), '00ff');
  });

  it('SIG-03: the elements of a SET OF are sorted by their encoding', () => {
    assert.equal(
      setOf([integer(3), octetString(Buffer.alloc(1)), integer(1)]).toString('hex'),
      '3109020101020103040100',
    );
  });

  it('SIG-07: UTCTime up to 2049, GeneralizedTime after', () => {
    assert.equal(time(new Date('2049-12-31T23:59:59.999Z')).toString('latin1'), '\x17\x0d491231235959Z');
    assert.equal(time(new Date('2050-01-01T00:00:00Z')).toString('latin1'), '\x18\x0f20500101000000Z');
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1950-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
        (date) => {
          const seconds = Math.floor(date.getTime() / 1000) * 1000;
          assert.equal(timeValue(parseBer(time(date)))?.getTime(), seconds);
        },
      ),
    );
  });

  it('a bit string of whole octets comes back', () => {
    assert.equal(bitStringBytes(parseBer(bitString(Buffer.from('abc')))).toString(), 'abc');
    assert.throws(() => bitStringBytes(parseBer(Buffer.from('030204f0', 'hex'))), { code: 'asn1-malformed' });
  });
});

describe('asn1: elements around flows', () => {
  it('known lengths give DER and a length; unknown ones give indefinite lengths with the same value', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 600 }),
        fc.integer({ min: 1, max: 300 }),
        async (data, size) => {
          const bytes = Buffer.from(data);
          const inner = (octets: ReturnType<typeof octetStringFlow>) => {
            return sequenceFlow(integer(1), constructedFlow(contextTag(0), octets));
          };
          const definite = inner(octetStringFlow(bufferFlow(bytes)));
          const written = await collect(definite.chunks);
          assert.equal(written.length, definite.length);
          assert.ok(
            written.equals(sequence(integer(1), parseBer(written).children[1]?.raw ?? Buffer.alloc(0))),
          );

          const indefinite = inner(octetStringFlow({ chunks: inPieces(bytes, size) }));
          assert.equal(indefinite.length, undefined);
          const streamed = await collect(indefinite.chunks);
          assert.equal(streamed.subarray(0, 2).toString('hex'), '3080');
          for (const encoded of [written, streamed]) {
            assert.ok(octetStringValue(parseBer(encoded).children[1]?.children[0]).equals(bytes));
          }
        },
      ),
    );
  });
});
