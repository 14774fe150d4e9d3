import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  childrenOf,
  contextTag,
  decodeOid,
  encodeOid,
  integerBytes,
  octetStringValue,
  oidValue,
  parseBer,
  sameTag,
  smallInteger,
  tags,
  timeValue,
  toDer,
} from '../../src/asn1';
import { isAs2Error } from '../../src/errors';
import { assertQuick } from '../support/working-time';

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

function isMalformed(error: unknown): boolean {
  return isAs2Error(error) && error.code === 'asn1-malformed';
}

describe('asn1: tree', () => {
  it('keeps the bytes as received: raw and content are slices', () => {
    const bytes = hex('30 0a 02 01 05 a0 05 04 03 61 62 63 ff');
    const node = parseBer(bytes);
    assert.ok(sameTag(node.tag, tags.sequence));
    assert.equal(node.raw.toString('hex'), '300a020105a0050403616263');
    assert.equal(node.raw.buffer, bytes.buffer);
    const [version, explicit] = childrenOf(node);
    assert.equal(smallInteger(version), 5);
    assert.equal(octetStringValue(childrenOf(explicit, contextTag(0))[0]).toString(), 'abc');
  });

  it('BER-01: indefinite lengths at every level, mixed with definite ones', () => {
    const node = parseBer(hex('30 80 a0 80 30 03 02 01 07 00 00 02 01 08 00 00'));
    const [explicit, last] = childrenOf(node);
    assert.equal(smallInteger(childrenOf(childrenOf(explicit, contextTag(0))[0])[0]), 7);
    assert.equal(smallInteger(last), 8);
    assert.equal(node.content.toString('hex'), 'a08030030201070000020108');
    assert.equal(node.raw.length, 16);
  });

  it('BER-02: an octet string may be constructed, nested, and hold empty segments', () => {
    const node = parseBer(hex('24 80 04 02 61 62 04 00 24 80 04 01 63 24 03 04 01 64 00 00 00 00'));
    assert.equal(octetStringValue(node).toString(), 'abcd');
  });

  it('BER-05: lengths that are not minimal, and bytes after the element', () => {
    const node = parseBer(hex('30 84 00 00 00 05 02 82 00 01 2a 0d 0a'));
    assert.equal(smallInteger(node.children[0]), 42);
    assert.equal(node.raw.length, 11);
  });

  it('BER-04: 100,000 nested tags fail at once', () => {
    const bytes = Buffer.alloc(200_000, hex('30 80'));
    return assertQuick(100, () => assert.throws(() => parseBer(bytes), isMalformed));
  });

  it('BER-04: more elements than the limit fail', () => {
    const bytes = Buffer.concat([hex('30 80'), Buffer.alloc(60_000, hex('05 00')), hex('00 00')]);
    assert.throws(() => parseBer(bytes), isMalformed);
    assert.equal(parseBer(bytes, { depth: 1, elements: 40_000 }).children.length, 30_000);
  });

  const damaged = [
    ['nothing at all', ''],
    ['a tag without a length', '30'],
    ['content that is not there', '04 05 61'],
    ['a child longer than its parent', '30 04 04 05 61 62 63 64 65'],
    ['a length of 2^56', '04 88 01 00 00 00 00 00 00 00'],
    ['a reserved length octet', '04 ff'],
    ['a length in seventeen octets', `04 91 ${'00'.repeat(17)}`],
    ['a primitive element with an indefinite length', '04 80 61 00 00'],
    ['an indefinite length without an end', '30 80 02 01 01'],
    ['end-of-contents octets in a definite element', '30 02 00 00'],
    ['end-of-contents octets alone', '00 00'],
    ['an inner indefinite length that ends outside of what surrounds it', '30 05 30 80 02 01 01 00 00'],
    ['a tag number without an end', '1f ff ff ff ff ff ff ff 01 00'],
  ] as const;
  for (const [name, bytes] of damaged) {
    it(`BER-04: refuses ${name}`, () => {
      assert.throws(() => parseBer(hex(bytes)), isMalformed);
    });
  }

  it('whatever the bytes, the result is a tree within them or a clean error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (data) => {
        const bytes = Buffer.from(data);
        try {
          const node = parseBer(bytes);
          assert.ok(node.raw.length <= bytes.length);
          toDer(node);
        } catch (error) {
          assert.ok(isMalformed(error), String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('DER: definite shortest lengths, one segment, sets in order', () => {
    const node = parseBer(hex('30 80 31 81 06 02 01 02 02 01 01 24 80 04 01 61 04 01 62 00 00 00 00'));
    assert.equal(toDer(node).toString('hex'), '300c310602010102010204026162');
  });
});

describe('asn1: values', () => {
  const oids = [
    ['1.2.840.113549.1.7.3', '2a864886f70d010703'],
    ['2.16.840.1.101.3.4.1.42', '608648016503040 12a'],
    ['1.3.101.112', '2b6570'],
    ['2.999.3', '883703'],
    ['0.9.2342.19200300.100.1.25', '0992268993f22c640119'],
  ] as const;
  for (const [dotted, content] of oids) {
    it(`object identifier ${dotted}`, () => {
      assert.equal(encodeOid(dotted).toString('hex'), content.replace(' ', ''));
      assert.equal(decodeOid(hex(content)), dotted);
    });
  }

  it('an object identifier that is empty, cut off or endless is refused', () => {
    for (const content of ['', '2a86', '86'.repeat(64) + '01']) {
      assert.throws(() => decodeOid(hex(content)), isMalformed);
    }
  });

  it('the wrong type, a missing element and an oversized integer are refused', () => {
    assert.throws(() => oidValue(parseBer(hex('02 01 01'))), isMalformed);
    assert.throws(() => oidValue(undefined), isMalformed);
    assert.throws(
      () => integerBytes(parseBer(Buffer.concat([hex('02 83 01 00 00'), Buffer.alloc(65_536)]))),
      isMalformed,
    );
    assert.throws(() => integerBytes(parseBer(hex('02 00'))), isMalformed);
    assert.throws(() => smallInteger(parseBer(hex('02 07 01 02 03 04 05 06 07'))), isMalformed);
    assert.throws(() => octetStringValue(parseBer(hex('24 03 02 01 01'))), isMalformed);
  });

  const times = [
    ['17', '261122053000Z', '2026-11-22T05:30:00.000Z'],
    ['17', '491231235959Z', '2049-12-31T23:59:59.000Z'],
    ['17', '500101000000Z', '1950-01-01T00:00:00.000Z'],
    ['17', '2611220530Z', '2026-11-22T05:30:00.000Z'],
    ['17', '261122053000+0200', '2026-11-22T03:30:00.000Z'],
    ['18', '20510203040506Z', '2051-02-03T04:05:06.000Z'],
    ['18', '20510203040506.789Z', '2051-02-03T04:05:06.000Z'],
    ['17', 'yesterday', undefined],
    ['17', '269922053000Z', undefined],
  ] as const;
  for (const [tag, text, expected] of times) {
    it(`SIG-07: time ${text}`, () => {
      const content = Buffer.from(text);
      const node = parseBer(Buffer.concat([hex(tag), Buffer.from([content.length]), content]));
      assert.equal(timeValue(node)?.toISOString(), expected);
    });
  }
});
