import assert from 'node:assert/strict';
import { formatMic, parseMic, type ReceivedMic, sameMicValue } from '../../src/as2';
import { chooseMic, DigestSet } from '../../src/as2/mic';
import type { DigestName } from '../../src/cms';
import { payloadBody, payloadBodyMics, payloadPart, payloadPartMics } from '../support/payload-part';

const sha1 = '7v7F++fQaNB1sVLFtMRp+dF+eG4=';
const sha512 = 'eWCa2RDJOCkhcQViTunnA6mgAVS0hWXz8Ukrxumd983o6nHdiR5HY6So1EykUpr+7Li+x2WPqnbolyE5C36Cvg==';

describe('MIC', () => {
  it('MIC-01, MIC-03 the digests of the fixture', () => {
    for (const [bytes, mics] of [
      [payloadPart, payloadPartMics],
      [payloadBody, payloadBodyMics],
    ] as const) {
      const digests = new DigestSet(['md5', 'sha-1', 'sha-256', 'sha-256']);
      for (const byte of bytes) digests.add(Buffer.from([byte]));
      assert.deepEqual(digests.mics(), [
        { value: mics.md5, algorithm: 'md5' },
        { value: mics.sha1, algorithm: 'sha-1' },
        { value: mics.sha256, algorithm: 'sha-256' },
      ]);
    }
  });

  it('MIC-10 is written on one line', () => {
    assert.equal(formatMic({ value: sha1, algorithm: 'sha-1' }), `${sha1}, sha1`);
    assert.equal(formatMic({ value: sha1, algorithm: 'sha-256' }, 'SHA256'), `${sha1}, SHA256`);
  });

  const read: readonly (readonly [field: string, expected: ReceivedMic | undefined])[] = [
    [`${sha1}, sha1`, { value: sha1, algorithm: 'sha-1', algorithmName: 'sha1' }],
    [`${sha1},sha1`, { value: sha1, algorithm: 'sha-1', algorithmName: 'sha1' }],
    [`  ${sha1}  ,   SHA-1 `, { value: sha1, algorithm: 'sha-1', algorithmName: 'SHA-1' }],
    [`${sha1}; sha`, { value: sha1, algorithm: 'sha-1', algorithmName: 'sha' }],
    [`${sha1} sha1`, { value: sha1, algorithm: 'sha-1', algorithmName: 'sha1' }],
    [`${sha1}, rsa-sha1`, { value: sha1, algorithm: 'sha-1', algorithmName: 'rsa-sha1' }],
    [sha1, { value: sha1 }],
    [`${sha1}, whirlpool`, { value: sha1, algorithmName: 'whirlpool' }],
    [
      `${sha512.slice(0, 60)} ${sha512.slice(60)},\tSHA_512`,
      { value: sha512, algorithm: 'sha-512', algorithmName: 'SHA_512' },
    ],
    [
      `${Buffer.from(sha1, 'base64').toString('hex')}, sha1`,
      { value: sha1, algorithm: 'sha-1', algorithmName: 'sha1' },
    ],
    [
      `${Buffer.from(sha1, 'base64').toString('hex').toUpperCase()}, sha-1`,
      { value: sha1, algorithm: 'sha-1', algorithmName: 'sha-1' },
    ],
    ['', undefined],
    [' , sha1', undefined],
  ];
  for (const [field, expected] of read) {
    it(`MIC-10 reads ${JSON.stringify(field)}`, () => assert.deepEqual(parseMic(field), expected));
  }

  it('SEC-06 compares bytes of any length', () => {
    assert.ok(sameMicValue(sha1, sha1.replace('=', '')));
    assert.ok(!sameMicValue(sha1, sha512));
    assert.ok(!sameMicValue('', ''));
    assert.ok(!sameMicValue(sha1, '*'));
  });

  const chosen: readonly (readonly [
    signature: DigestName | undefined,
    requested: DigestName[],
    expected: DigestName,
  ])[] = [
    ['sha-512', [], 'sha-512'],
    ['sha-512', ['sha-256', 'sha-512'], 'sha-512'],
    ['sha-512', ['sha-1', 'sha-256'], 'sha-1'],
    [undefined, ['sha-384', 'sha-1'], 'sha-384'],
    [undefined, ['sha3-256', 'sha-1'], 'sha-1'],
    [undefined, [], 'sha-256'],
  ];
  for (const [signature, requested, expected] of chosen) {
    it(`MIC-11 signed with ${signature}, requested ${requested.join(', ') || 'nothing'}: ${expected}`, () => {
      const mics = (['sha-256', 'sha-1', 'sha-384', 'sha-512'] as const).map((algorithm) => ({
        value: '',
        algorithm,
      }));
      assert.equal(chooseMic(mics, signature, requested).algorithm, expected);
    });
  }
});
