import assert from 'node:assert/strict';
import { bufferFlow } from '../../src/bytes';
import { digestAlgorithm, envelopedFlow, signDetached } from '../../src/cms';
import { createHash } from 'node:crypto';
import { base64Lines } from '../../src/mime';
import { payloadBody, payloadBodyMics, payloadPart, payloadPartMics } from '../support/payload-part';
import { collect, composed, opened, payloadBytes, stations, wire, type Wire } from './stations';

interface SignedShape {
  readonly part?: Buffer;
  readonly contentType?: string;
  readonly signatureHeaders?: string;
  readonly signatureBody?: (der: Buffer) => Buffer;
  readonly lineBreak?: string;
  readonly preamble?: string;
  readonly epilogue?: string;
  readonly digest?: 'sha-1' | 'sha-256' | 'sha-512';
}

/** multipart/signed written by hand, as other products write it. */
async function handSigned(shape: SignedShape = {}): Promise<Wire> {
  const { part = payloadPart, lineBreak = '\r\n', preamble = '', epilogue = '', digest = 'sha-256' } = shape;
  const { alpha } = await stations();
  const hash = createHash(digestAlgorithm(digest).nodeName).update(part).digest();
  const der = await signDetached(hash, { keyPair: alpha, digest });
  const contentType =
    shape.contentType ??
    'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b"';
  const signatureHeaders =
    shape.signatureHeaders ??
    'Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n';
  const body = Buffer.concat([
    Buffer.from(`${preamble}--b${lineBreak}`),
    part,
    Buffer.from(`${lineBreak}--b${lineBreak}${signatureHeaders.replaceAll('\n', lineBreak)}${lineBreak}`),
    shape.signatureBody ? shape.signatureBody(der) : base64Lines(der),
    Buffer.from(`${lineBreak}--b--${lineBreak}${epilogue}`),
  ]);
  return wire({ 'Content-Type': contentType }, body);
}

async function encryptedEntity(entity: Buffer, fields: Readonly<Record<string, string>>): Promise<Wire> {
  const { beta } = await stations();
  const options = { recipients: [beta.certificate], cipher: 'aes-256-cbc' as const };
  return wire(fields, await collect(envelopedFlow(bufferFlow(entity), options).chunks));
}

describe('Signed messages of other products', () => {
  const plain = 'Content-Type: application/pkcs7-signature\n';
  const shapes: readonly (readonly [title: string, shape: SignedShape])[] = [
    ['as we write it', {}],
    ['MIME-01 line feeds around a part with CRLF', { lineBreak: '\n' }],
    [
      'HTTP-08 a preamble and an epilogue',
      { preamble: 'This is an S/MIME signed message\r\n\r\n', epilogue: '\r\nbye' },
    ],
    [
      'MIME-04 odd letter case, folding, no semicolons needed at the end',
      {
        contentType:
          'Multipart/Signed ;\tMICALG="SHA-256" ; boundary=b ; Protocol=application/pkcs7-signature;',
      },
    ],
    [
      'MIME-08 application/x-pkcs7-signature',
      {
        signatureHeaders: 'Content-Type: application/x-pkcs7-signature\nContent-Transfer-Encoding: base64\n',
      },
    ],
    [
      'MIME-08 application/pkcs-7-signature as protocol',
      { contentType: 'multipart/signed; protocol="application/pkcs-7-signature"; boundary=b' },
    ],
    [
      'MIME-06 a binary signature without a transfer encoding',
      { signatureHeaders: plain, signatureBody: (der) => der },
    ],
    [
      'BER-05 a signature in base64 that does not say so',
      { signatureHeaders: plain, signatureBody: (der) => base64Lines(der) },
    ],
    [
      'BER-05 a signature in PEM',
      {
        signatureHeaders: plain,
        signatureBody: (der) =>
          Buffer.from(`-----BEGIN PKCS7-----\n${der.toString('base64')}\n-----END PKCS7-----\n`),
      },
    ],
    [
      'SIG-01 base64 on one line with line feeds',
      { signatureBody: (der) => Buffer.from(`${der.toString('base64')}\n`) },
    ],
    [
      'BER-05 line breaks behind the signature',
      { signatureHeaders: plain, signatureBody: (der) => Buffer.concat([der, Buffer.from('\r\n\n')]) },
    ],
    ['SIG-02 micalg missing', { contentType: 'multipart/signed; boundary=b' }],
    ['SIG-02 micalg unknown', { contentType: 'multipart/signed; micalg=unknown; boundary=b' }],
    ['SIG-02 micalg wrong', { contentType: 'multipart/signed; micalg=sha1; boundary=b', digest: 'sha-512' }],
    ['SIG-02 two micalgs', { contentType: 'multipart/signed; micalg="sha1,sha-256"; boundary=b' }],
    ['SIG-02 micalg rsa-sha256', { contentType: 'multipart/signed; micalg=rsa-sha256; boundary=b' }],
  ];
  for (const [title, shape] of shapes) {
    it(title, async () => {
      const message = await opened(await handSigned(shape), { micAlgorithms: ['sha-256'] });
      assert.equal(message.signature?.status, 'verified');
      assert.deepEqual(await payloadBytes(message), payloadBody);
      assert.deepEqual(message.mic, { value: payloadPartMics.sha256, algorithm: 'sha-256' });
    });
  }

  it('MIC-11 without a list the digest of the signature counts, also when micalg lied', async () => {
    const contentType = 'multipart/signed; micalg=sha-256; boundary=b';
    const message = await opened(await handSigned({ contentType, digest: 'sha-1' }), {
      policy: { allowedDigests: ['sha-1'] },
    });
    assert.deepEqual(message.mic, { value: payloadPartMics.sha1, algorithm: 'sha-1' });
  });

  it('REQ-05 the MIC is made with a digest of the list', async () => {
    const message = await opened(await handSigned({ digest: 'sha-256' }), {
      micAlgorithms: ['whirlpool', 'md5', 'sha1'],
    });
    assert.deepEqual(message.mic, { value: payloadPartMics.md5, algorithm: 'md5' });
  });

  it('REQ-07 a list of which nothing is known: unsupported MIC-algorithms', async () => {
    await assert.rejects(opened(await handSigned(), { micAlgorithms: ['whirlpool'] }), {
      code: 'mic-algorithms-unsupported',
    });
  });

  const part = (headers: string, body: string) => Buffer.from(`${headers}\r\n\r\n${body}`, 'latin1');
  const parts: readonly (readonly [title: string, part: Buffer, payload: string])[] = [
    [
      'MIME-02 odd headers',
      part('content-TYPE:application/EDI-x12 ;\r\n\tname="a b"\r\nX-Odd:  two  blanks ', 'a\u00ff\u0000b'),
      'a\u00ff\u0000b',
    ],
    [
      'MIME-06 base64, delivered decoded',
      part('Content-Type: text/plain\r\nContent-Transfer-Encoding: base64', 'SVNBKjAwKn4N\r\nCg==\r\n'),
      'ISA*00*~\r\n',
    ],
    [
      'MIME-06 quoted-printable, delivered decoded',
      part('Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable', 'a=3Db=\r\nc'),
      'a=bc',
    ],
    ['HDR-17 no content type', part('X-Nothing: 1', 'a: b\r\n'), 'a: b\r\n'],
    ['MIME-07 no headers at all', Buffer.from('\r\nUNB+UNOC'), 'UNB+UNOC'],
    ['an empty payload', part('Content-Type: text/plain', ''), ''],
  ];
  for (const [title, bytes, payload] of parts) {
    it(title, async () => {
      const message = await opened(await handSigned({ part: bytes }));
      assert.equal((await payloadBytes(message)).toString('latin1'), payload);
      const digest = createHash('sha256').update(bytes).digest('base64');
      assert.equal(message.mic.value, digest, 'MIC-01: over the encoded bytes');
    });
  }
});

describe('Encrypted messages of other products', () => {
  const types: readonly (readonly [title: string, fields: Readonly<Record<string, string>>])[] = [
    ['MIME-09 no smime-type', { 'Content-Type': 'application/pkcs7-mime' }],
    ['MIME-09 a wrong smime-type', { 'Content-Type': 'application/pkcs7-mime; smime-type=signed-data' }],
    [
      'MIME-08 application/x-pkcs7-mime in capitals',
      { 'Content-Type': 'APPLICATION/X-PKCS7-MIME; SMIME-TYPE="Enveloped-Data"' },
    ],
    [
      'MIME-09 octet-stream named smime.p7m',
      { 'Content-Type': 'application/octet-stream; name="smime.p7m"' },
    ],
    [
      'MIME-09 octet-stream with a disposition',
      {
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': 'attachment; filename=SMIME.P7M',
      },
    ],
    ['MIME-09 octet-stream named smime.p7z', { 'Content-Type': 'application/octet-stream; name=smime.p7z' }],
    [
      'HTTP-07 a transfer encoding of binary',
      { 'Content-Type': 'application/pkcs7-mime', 'Content-Transfer-Encoding': 'binary' },
    ],
  ];
  for (const [title, fields] of types) {
    it(title, async () => {
      const message = await opened(await encryptedEntity(payloadPart, fields));
      assert.deepEqual(await payloadBytes(message), payloadBody);
      assert.equal(message.mic.value, payloadPartMics.sha256, 'MIC-02');
    });
  }

  it('MIME-07 content without headers is octets', async () => {
    const message = await opened(
      await encryptedEntity(Buffer.from("UNA:+.? 'UNB+UNOC"), { 'Content-Type': 'application/pkcs7-mime' }),
    );
    assert.equal(message.payload.contentType, 'application/octet-stream');
    assert.equal((await payloadBytes(message)).toString(), "UNA:+.? 'UNB+UNOC");
  });
});

describe('Plain messages', () => {
  it('MIC-03 the body alone, before any decoding', async () => {
    const base64 = 'SVNBKjAwKn4NCg==';
    const message = await opened(
      wire({ 'Content-Type': 'application/edi-x12', 'Content-Transfer-Encoding': 'base64' }, base64),
    );
    assert.deepEqual(await payloadBytes(message), payloadBody);
    assert.equal(message.mic.value, createHash('sha256').update(base64).digest('base64'));
  });

  it('MIC-03, MIC-11 with the digest that was asked for', async () => {
    const { headers, body } = await composed();
    const message = await opened({ headers, body }, { micAlgorithms: ['sha1', 'sha-256'] });
    assert.deepEqual(message.mic, { value: payloadBodyMics.sha1, algorithm: 'sha-1' });
  });

  it('HDR-17 no content type is octets', async () => {
    const message = await opened(wire({ 'AS2-From': 'A' }, 'x'));
    assert.equal(message.payload.contentType, 'application/octet-stream');
  });

  it('FN-01, FN-02 the name of the innermost part, or of the request', async () => {
    const { beta } = await stations();
    const plain = await composed();
    assert.equal((await opened(plain)).payload.filename, 'po.edi');
    const encrypted = await composed({ encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' } });
    assert.match(encrypted.headers.get('Content-Disposition') ?? '', /smime\.p7m/);
    assert.equal((await opened(encrypted)).payload.filename, 'po.edi');
  });
});
