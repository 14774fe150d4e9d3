import assert from 'node:assert/strict';
import { constants, createPrivateKey, privateEncrypt, sign } from 'node:crypto';
import {
  constructed,
  context,
  contextTag,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tags,
  time,
  tlvHeader,
} from '../../src/asn1';
import {
  detachedLength,
  digestAlgorithm,
  digestByName,
  type DigestName,
  openContentInfo,
  openSignedData,
  readSignedData,
  type SignatureReport,
  signDetached,
  verifySignedData,
} from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import { type Certificate, issueSelfSigned } from '../../src/pki';
import { collect, inPieces } from '../support/chunks';
import { type TestKeyPair, testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { opensslSign, opensslVerify } from '../support/openssl-cms';
import { at, digestOf, sample, verify } from './helpers';

const content = sample(1000);
let partner: TestKeyPair;
let next: TestKeyPair;

before(async () => {
  [partner, next] = await Promise.all([testKeyPair('Station A'), testKeyPair('Station B')]);
});

function statusOf(signature: Buffer, trusted: readonly Certificate[] = [partner.certificate]): string {
  return verify(signature, content, trusted).status;
}

describe('cms: signatures we make', () => {
  for (const digest of ['sha-256', 'sha-384', 'sha-512', 'sha3-256'] as const) {
    it(`SIG-01, SIG-03: ${digest} verifies here and with openssl, and its length was known`, async () => {
      const options = { keyPair: partner, digest, signingTime: new Date('2026-11-22T05:00:00Z') };
      const signature = await signDetached(digestOf(content, digest), options);
      assert.equal(signature.length, detachedLength(options));
      const report = verify(signature, content, [partner.certificate]);
      assert.equal(report.status, 'verified');
      assert.equal(report.digest, digest);
      assert.ok(report.signer?.equals(partner.certificate));
      assert.equal(report.signers[0]?.signingTime?.toISOString(), '2026-11-22T05:00:00.000Z');
      await opensslVerify(signature, content, partner);
    });
  }

  it('SIG-01: the object is DER, detached, and has four signed attributes in order, no algorithm protection', async () => {
    const signature = await signDetached(digestOf(content, 'sha-256'), {
      keyPair: partner,
      digest: 'sha-256',
    });
    assert.equal(readSignedData(signature).eContent, undefined);
    const attributes = at(signature, 1, 0, 4, 0, 3).children;
    assert.deepEqual(
      attributes.map((attribute) => attribute.children[0]?.content.toString('hex')),
      ['2a864886f70d010903', '2a864886f70d010905', '2a864886f70d010904', '2a864886f70d01090f'],
    );
    const encodings = attributes.map((attribute) => attribute.raw);
    assert.deepEqual(
      encodings,
      encodings.toSorted((a, b) => a.compare(b)),
    );
  });

  it('CMP-08: the S/MIME capabilities are signed: AES and zlib, whose DER is that of RFC 3274, as openssl reads them', async () => {
    const signature = await signDetached(digestOf(content, 'sha-512'), {
      keyPair: partner,
      digest: 'sha-512',
    });
    const capabilities = at(signature, 1, 0, 4, 0, 3).children.find(
      (attribute) => attribute.children[0]?.content.toString('hex') === '2a864886f70d01090f',
    );
    const zlib = Buffer.from('300d060b2a864886f70d0109100308', 'hex');
    assert.ok(capabilities?.children[1]?.children[0]?.children.at(-1)?.raw.equals(zlib));
    const printed = (await openssl(['cms', '-cmsout', '-print', '-inform', 'DER'], signature)).toString();
    const [, shown = ''] = /object: S\/MIME Capabilities[^]*?(SEQUENCE[^]*?)\n\n/.exec(printed) ?? [];
    assert.deepEqual(shown.match(/(?<=OBJECT\s*:).*/g), ['aes-256-cbc', 'aes-128-cbc', 'zlib compression']);
    await opensslVerify(signature, content, partner);
  });

  it('SIG-09: the certificate can be left away', async () => {
    const options = { keyPair: partner, digest: 'sha-256', includeCertificate: false } as const;
    const signature = await signDetached(digestOf(content, 'sha-256'), options);
    assert.equal(signature.length, detachedLength(options));
    assert.deepEqual(readSignedData(signature).certificates, []);
    assert.equal(statusOf(signature), 'verified');
    await opensslVerify(signature, content, partner);
  });
});

describe('cms: signatures by openssl', () => {
  const variants: readonly (readonly [string, ...string[]])[] = [
    ['SIG-01: SHA-256', '-md', 'sha256'],
    ['SIG-01: SHA-384', '-md', 'sha384'],
    ['SIG-01: SHA-512', '-md', 'sha512'],
    ['SEC-05: SHA-1', '-md', 'sha1'],
    ['SIG-02: SHA-224, which has no name in micalg', '-md', 'sha224'],
    ['SIG-02: SHA3-256', '-md', 'sha3-256'],
    ['SEC-05: MD5', '-md', 'md5'],
    ['BER-01: streamed', '-md', 'sha256', '-stream'],
    ['SIG-05: without attributes', '-md', 'sha256', '-noattr'],
    ['SIG-08: named by key identifier', '-md', 'sha256', '-keyid'],
    ['SIG-09: without certificates', '-md', 'sha256', '-nocerts'],
  ];
  for (const [name, ...options] of variants) {
    it(name, async () => {
      const signature = await opensslSign(content, partner, ...options);
      const report = verify(signature, content, [next.certificate, partner.certificate]);
      assert.equal(report.status, 'verified');
      assert.equal(report.digest, digestByName(options[1] ?? '')?.name);
      assert.ok(report.signer?.equals(partner.certificate));
      const other = Buffer.concat([content, Buffer.from('\n')]);
      assert.equal(verify(signature, other, [partner.certificate]).status, 'content-altered');
      assert.equal(statusOf(signature, [next.certificate]), 'unknown-signer');
    });
  }

  for (const stream of [[], ['-stream']]) {
    it(`SIG-01: an opaque signature${stream.length > 0 ? ', streamed' : ''} is read as a stream and as a whole`, async () => {
      const message = await opensslSign(content, partner, '-md', 'sha256', '-nodetach', ...stream);
      const opened = await openSignedData(await openContentInfo(inPieces(message, 61)));
      assert.deepEqual(opened.digests, ['sha-256']);
      assert.ok(opened.content);
      const inner = await collect(opened.content);
      assert.ok(inner.equals(content));
      const contentDigests = new Map([['sha-256', digestOf(inner, 'sha-256')]] as const);
      const streamed = verifySignedData(await opened.signedData(), contentDigests, [partner.certificate]);
      assert.equal(streamed.status, 'verified');

      const whole = readSignedData(message);
      assert.ok(whole.eContent?.equals(content));
      assert.equal(verifySignedData(whole, contentDigests, [partner.certificate]).status, 'verified');
    });
  }

  it('SIG-01: a detached signature opened as a stream has no content', async () => {
    const opened = await openSignedData(
      await openContentInfo(inPieces(await opensslSign(content, partner), 10)),
    );
    assert.equal(opened.content, undefined);
    const digests = new Map([['sha-256', digestOf(content, 'sha-256')]] as const);
    assert.equal(
      verifySignedData(await opened.signedData(), digests, [partner.certificate]).status,
      'verified',
    );
  });

  it('BER-05: an opaque message cut off anywhere is an error and never a hang', async () => {
    const message = await opensslSign(content, partner, '-nodetach', '-stream');
    for (let end = 0; end < message.length; end += 17) {
      await assert.rejects(async () => {
        const opened = await openSignedData(await openContentInfo(inPieces(message.subarray(0, end), 50)));
        await collect(opened.content ?? inPieces(Buffer.alloc(0)));
        await opened.signedData();
      }, isAs2Error);
    }
  });
});

/** What a SignerInfo is put together from; each test says what is unusual. */
interface Unusual {
  readonly attributes?: readonly Buffer[] | 'none';
  /** The order in which the attributes travel; they are signed in the order given. */
  readonly travelOrder?: (attributes: readonly Buffer[]) => readonly Buffer[];
  readonly signedTag?: 'set' | 'context';
  readonly indefinite?: boolean;
  readonly version?: number;
  readonly identifier?: Buffer;
  readonly digestParameters?: boolean;
  readonly signatureAlgorithm?: Buffer;
  readonly signatureDigest?: DigestName;
  readonly makeSignature?: (signed: Buffer) => Buffer;
  readonly eContentType?: string;
}

const data = '1.2.840.113549.1.7.1';

function attribute(type: string, ...values: readonly Buffer[]): Buffer {
  return sequence(oid(`1.2.840.113549.1.9.${type}`), constructed(tags.set, ...values));
}
const contentType = attribute('3', oid(data));
const messageDigest = (): Buffer => attribute('4', octetString(digestOf(content, 'sha-256')));

function signerInfo(unusual: Unusual, keyPair: TestKeyPair = partner): Buffer {
  const attributes = unusual.attributes ?? [contentType, messageDigest()];
  const signed =
    attributes === 'none'
      ? content
      : unusual.signedTag === 'context'
        ? context(0, ...attributes)
        : constructed(tags.set, ...attributes);
  const digest = digestAlgorithm(unusual.signatureDigest ?? 'sha-256');
  const signature = unusual.makeSignature?.(signed) ?? sign(digest.nodeName, signed, keyPair.privateKey);
  const travelling = attributes === 'none' ? [] : (unusual.travelOrder?.(attributes) ?? attributes);
  const attributeElement = unusual.indefinite
    ? Buffer.concat([Buffer.from('a080', 'hex'), ...travelling, Buffer.alloc(2)])
    : context(0, ...travelling);
  const { certificate } = keyPair;
  return sequence(
    integer(unusual.version ?? 1),
    unusual.identifier ?? sequence(certificate.issuerDer, integer(certificate.serial)),
    sequence(oid(digestAlgorithm('sha-256').oid), ...(unusual.digestParameters ? [nullValue()] : [])),
    ...(attributes === 'none' ? [] : [attributeElement]),
    unusual.signatureAlgorithm ?? sequence(oid('1.2.840.113549.1.1.1'), nullValue()),
    octetString(signature),
  );
}

function signedDataOf(
  signerInfos: readonly Buffer[],
  eContentType = data,
  certificates: readonly Buffer[] = [],
): Buffer {
  return sequence(
    oid('1.2.840.113549.1.7.2'),
    context(
      0,
      sequence(
        integer(1),
        setOf([sequence(oid(digestAlgorithm('sha-256').oid))]),
        sequence(oid(eContentType)),
        ...(certificates.length > 0 ? [context(0, ...certificates)] : []),
        setOf(signerInfos),
      ),
    ),
  );
}

function judged(unusual: Unusual): SignatureReport {
  return verify(signedDataOf([signerInfo(unusual)], unusual.eContentType), content, [partner.certificate]);
}

describe('cms: unusual signatures', () => {
  it('SIG-03: a signature over the [0] tag instead of SET OF is not valid', () => {
    assert.equal(judged({ signedTag: 'context' }).status, 'signature-invalid');
  });

  it('SIG-04: attributes not in DER order, signed as sent, verify', () => {
    assert.equal(judged({ attributes: [messageDigest(), contentType] }).status, 'verified');
  });

  it('SIG-04: attributes signed in DER order and sent in another one verify', () => {
    assert.equal(judged({ travelOrder: (attributes) => attributes.toReversed() }).status, 'verified');
  });

  it('BER-01: attributes of indefinite length verify', () => {
    assert.equal(judged({ indefinite: true }).status, 'verified');
  });

  it('SIG-05: without attributes the content itself is signed, but only id-data', () => {
    assert.equal(judged({ attributes: 'none' }).status, 'verified');
    assert.equal(judged({ attributes: 'none', eContentType: '1.2.3' }).status, 'signature-invalid');
  });

  const incomplete: readonly (readonly [string, () => readonly Buffer[]])[] = [
    ['without messageDigest', () => [contentType]],
    ['without contentType', () => [messageDigest()]],
    ['with two messageDigest attributes', () => [contentType, messageDigest(), messageDigest()]],
    [
      'with two values in messageDigest',
      () => [
        contentType,
        attribute('4', octetString(digestOf(content, 'sha-256')), octetString(Buffer.alloc(32))),
      ],
    ],
    ['with two contentType attributes', () => [contentType, contentType, messageDigest()]],
    ['with another contentType', () => [attribute('3', oid('1.2.840.113549.1.7.2')), messageDigest()]],
  ];
  for (const [name, attributes] of incomplete) {
    it(`SIG-06: attributes ${name} are refused`, () => {
      const report = judged({ attributes: attributes() });
      assert.equal(report.status, 'signature-invalid');
      assert.equal(report.signers[0]?.verdict, 'attributes-invalid');
    });
  }

  it('SIG-06: a partner may be forgiven a missing contentType, not a wrong one', () => {
    const forgive = { missingContentType: true };
    const missing = signedDataOf([signerInfo({ attributes: [messageDigest()] })]);
    assert.equal(verify(missing, content, [partner.certificate], forgive).status, 'verified');
    const wrong = signedDataOf([signerInfo({ attributes: [attribute('3', oid('1.2.3')), messageDigest()] })]);
    assert.equal(verify(wrong, content, [partner.certificate], forgive).status, 'signature-invalid');
  });

  it('SIG-07: a signing time that is years off, or missing, does not matter', () => {
    const late = attribute('5', time(new Date('2051-01-01T00:00:00Z')));
    assert.equal(judged({ attributes: [contentType, late, messageDigest()] }).status, 'verified');
    assert.equal(judged({}).signers[0]?.signingTime, undefined);
  });

  it('SIG-08: wrong version numbers, another string type and letter case in the issuer do not matter', () => {
    const issuer = sequence(setOf([sequence(oid('2.5.4.3'), Buffer.from('\x13\x0aSTATION  A', 'latin1'))]));
    const identifier = sequence(
      issuer,
      integer(Buffer.concat([Buffer.alloc(1), partner.certificate.serial])),
    );
    assert.equal(judged({ version: 3, identifier }).status, 'verified');
  });

  it('SIG-08: the issuer alone is not enough', () => {
    const identifier = sequence(partner.certificate.issuerDer, integer(1));
    assert.equal(judged({ identifier }).status, 'unknown-signer');
  });

  const encodings: readonly (readonly [string, Buffer, boolean])[] = [
    ['rsaEncryption with NULL', sequence(oid('1.2.840.113549.1.1.1'), nullValue()), false],
    ['rsaEncryption, digest with NULL', sequence(oid('1.2.840.113549.1.1.1')), true],
    ['sha256WithRSAEncryption with NULL', sequence(oid('1.2.840.113549.1.1.11'), nullValue()), true],
    ['sha256WithRSAEncryption', sequence(oid('1.2.840.113549.1.1.11')), false],
  ];
  for (const [name, signatureAlgorithm, digestParameters] of encodings) {
    it(`SIG-10: ${name} verifies`, () => {
      assert.equal(judged({ signatureAlgorithm, digestParameters }).status, 'verified');
    });
  }

  /** RSASSA-PKCS1-v1_5 with a DigestInfo of one's own. */
  const withDigestInfo = (digestInfo: (digest: Buffer) => Buffer): Unusual => ({
    makeSignature: (signed) =>
      privateEncrypt(
        { key: partner.privateKey, padding: constants.RSA_PKCS1_PADDING },
        digestInfo(digestOf(signed, 'sha-256')),
      ),
  });
  const sha256 = oid(digestAlgorithm('sha-256').oid);

  it('SIG-10: a DigestInfo without NULL verifies', () => {
    assert.equal(
      judged(withDigestInfo((digest) => sequence(sequence(sha256), octetString(digest)))).status,
      'verified',
    );
  });

  const forged: readonly (readonly [string, (digest: Buffer) => Buffer])[] = [
    [
      'with bytes after it',
      (digest) =>
        Buffer.concat([sequence(sequence(sha256, nullValue()), octetString(digest)), Buffer.alloc(8)]),
    ],
    [
      'with other parameters',
      (digest) => sequence(sequence(sha256, octetString(Buffer.alloc(20))), octetString(digest)),
    ],
    ['that is missing', (digest) => digest],
    [
      'with a length that is not minimal',
      (digest) =>
        Buffer.concat([Buffer.from('308132', 'hex'), sequence(sha256, nullValue()), octetString(digest)]),
    ],
    [
      'of another digest',
      (digest) =>
        sequence(sequence(oid(digestAlgorithm('sha-512-256').oid), nullValue()), octetString(digest)),
    ],
  ];
  for (const [name, digestInfo] of forged) {
    it(`SIG-10: a DigestInfo ${name} is not valid`, () => {
      assert.equal(judged(withDigestInfo(digestInfo)).status, 'signature-invalid');
    });
  }

  it('SIG-11: a signature algorithm that names another digest is refused, unless forgiven', () => {
    const unusual = {
      signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.5'), nullValue()),
      signatureDigest: 'sha-1',
    } as const;
    assert.equal(judged(unusual).status, 'signature-invalid');
    const signature = signedDataOf([signerInfo(unusual)]);
    assert.equal(
      verify(signature, content, [partner.certificate], { differingDigests: true }).status,
      'verified',
    );
  });

  it('an unknown algorithm is named in the report', () => {
    const report = judged({ signatureAlgorithm: sequence(oid('1.2.3.4')) });
    assert.equal(report.status, 'signature-invalid');
    assert.equal(report.signers[0]?.verdict, 'algorithm-unsupported');
    assert.equal(report.signers[0]?.algorithm, '1.2.3.4');
  });
});

describe('cms: who signed', () => {
  it('SIG-15: one good signature of the partner beside a bogus one suffices; both are reported', async () => {
    const bogus = signerInfo({}, next);
    const good = signerInfo({});
    const report = verify(signedDataOf([bogus, good]), content, [partner.certificate]);
    assert.equal(report.status, 'verified');
    assert.deepEqual(report.signers.map(({ verdict }) => verdict).toSorted(), ['unknown-signer', 'verified']);
    assert.equal(verify(signedDataOf([bogus]), content, [partner.certificate]).status, 'unknown-signer');
  });

  it('SIG-15: zero signers is not signed', () => {
    assert.equal(verify(signedDataOf([]), content, [partner.certificate]).status, 'no-signer');
  });

  it('SEC-01: an embedded certificate with the names and the serial number of the partner proves nothing', async () => {
    const impostor = await issueSelfSigned({ commonName: 'Station A' });
    const signature = signerInfo({
      makeSignature: (signed) => sign('sha256', signed, createPrivateKey(impostor.privateKeyPem)),
    });
    const embedded = Buffer.from(impostor.certificatePem.replace(/-----[^-]+-----/g, ''), 'base64');
    const message = signedDataOf([signature], data, [embedded]);
    assert.equal(readSignedData(message).certificates.length, 1);
    assert.equal(verify(message, content, [partner.certificate]).status, 'signature-invalid');
  });

  it('SEC-01: a roll-over list of two certificates accepts both', async () => {
    for (const keyPair of [partner, next]) {
      const report = verify(signedDataOf([signerInfo({}, keyPair)]), content, [
        partner.certificate,
        next.certificate,
      ]);
      assert.ok(report.signer?.equals(keyPair.certificate));
    }
  });

  it('a digest that was not computed is asked for', () => {
    const report = verify(signedDataOf([signerInfo({})]), content, [partner.certificate], {}, ['sha-1']);
    assert.equal(report.status, 'digest-missing');
    assert.deepEqual(report.neededDigests, ['sha-256']);
    const noAttributes = signedDataOf([signerInfo({ attributes: 'none' })]);
    assert.deepEqual(verify(noAttributes, content, [partner.certificate], {}, []).neededDigests, ['sha-256']);
  });

  it('SEC-11: too many signers and certificates are refused', () => {
    const info = signerInfo({});
    assert.throws(() => readSignedData(signedDataOf(Array.from({ length: 40 }, () => info))), {
      code: 'asn1-malformed',
    });
    const certificates = Array.from({ length: 300 }, () => partner.certificate.der);
    assert.throws(() => readSignedData(signedDataOf([info], data, certificates)), { code: 'asn1-malformed' });
  });
});

describe('cms: damaged signatures', () => {
  it('any flipped bit in the attributes or the signature is detected', () => {
    const signature = signedDataOf([signerInfo({})]);
    for (const path of [
      [1, 0, 3, 0, 3],
      [1, 0, 3, 0, 5],
    ]) {
      const region = at(signature, ...path).content;
      for (let bit = 0; bit < region.length * 8; bit += 5) {
        region.writeUInt8(region.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        try {
          assert.notEqual(statusOf(signature), 'verified');
        } catch (error) {
          assert.ok(isAs2Error(error), String(error));
        }
        region.writeUInt8(region.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      }
    }
    assert.equal(statusOf(signature), 'verified');
  });

  it('cut off anywhere it is an error', async () => {
    const signature = await opensslSign(content, partner, '-md', 'sha256');
    for (let end = 0; end < signature.length; end += 7) {
      assert.throws(() => readSignedData(signature.subarray(0, end)), { code: 'asn1-malformed' });
    }
  });

  it('something else in its place is named', () => {
    assert.throws(() => readSignedData(sequence(oid(data), context(0, octetString(content)))), {
      code: 'content-type-unexpected',
    });
    assert.throws(() => readSignedData(Buffer.from('<html></html>')), { code: 'asn1-malformed' });
    assert.throws(() => readSignedData(tlvHeader(contextTag(0), 'constructed', 0)), {
      code: 'asn1-malformed',
    });
  });
});

describe('cms: names of digests', () => {
  const spellings: readonly (readonly [string, DigestName])[] = [
    ['sha1', 'sha-1'],
    ['SHA-1', 'sha-1'],
    ['SHA', 'sha-1'],
    ['rsa-sha1', 'sha-1'],
    ['sha256', 'sha-256'],
    ['SHA_256', 'sha-256'],
    ['sha2-256', 'sha-256'],
    ['rsa-sha256', 'sha-256'],
    ['sha384', 'sha-384'],
    ['SHA 512', 'sha-512'],
    ['sha224', 'sha-224'],
    ['sha3-256', 'sha3-256'],
    ['sha-3-256', 'sha3-256'],
    ['rsa-md5', 'md5'],
    ['MD-5', 'md5'],
  ];
  for (const [spelling, name] of spellings) {
    it(`SIG-02: ${spelling} is ${name}`, () => assert.equal(digestByName(spelling)?.name, name));
  }

  it('SIG-02: unknown names are unknown', () => {
    for (const spelling of ['unknown', '', 'sha2', 'md4', 'sha-2-1'])
      assert.equal(digestByName(spelling), undefined);
    assert.equal(digestAlgorithm('sha-1').micalg, 'sha1');
    assert.equal(digestAlgorithm('sha-256').micalg, 'sha-256');
  });
});
