import assert from 'node:assert/strict';
import { composeMessage, type ComposeOptions } from '../../src/as2';
import { bufferFlow } from '../../src/bytes';
import { testKeyPair } from '../support/keys';
import { composed, messageOptions, opened, stations } from './stations';

const date = new Date(Date.UTC(2026, 2, 3, 10, 15));

function fieldsOf(options: Partial<ComposeOptions>): readonly (readonly [string, string])[] {
  return composeMessage(
    messageOptions({ messageId: '<1@alpha.example>', date, ...options }),
  ).headers.entries();
}

describe('Messages we send', () => {
  it('HDR-01 to HDR-16, REQ-02 the header fields of a message that asks for everything', async () => {
    const { alpha, beta } = await stations();
    const fields = fieldsOf({
      sign: { keyPair: alpha, digest: 'sha-384' },
      encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
      receipt: {
        signed: true,
        importance: 'required',
        notificationTo: 'edi@alpha.example',
        deliveryUrl: 'https://alpha.example/mdn',
      },
      features: ['multiple-attachments'],
      userAgent: 'product/1.0',
    });
    assert.deepEqual(fields, [
      ['Date', 'Tue, 03 Mar 2026 10:15:00 GMT'],
      ['MIME-Version', '1.0'],
      ['AS2-Version', '1.2'],
      ['EDIINT-Features', 'multiple-attachments'],
      ['AS2-From', 'ALPHA'],
      ['AS2-To', '"Beta Corp"'],
      ['Message-ID', '<1@alpha.example>'],
      ['Subject', 'Order 4711'],
      ['Disposition-Notification-To', 'edi@alpha.example'],
      [
        'Disposition-Notification-Options',
        'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, sha-384',
      ],
      ['Receipt-Delivery-Option', 'https://alpha.example/mdn'],
      ['User-Agent', 'product/1.0'],
      ['Content-Type', 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'],
      ['Content-Disposition', 'attachment; filename="smime.p7m"'],
      ['Content-Transfer-Encoding', 'binary'],
    ]);
  });

  it('REQ-01, REQ-11 a plain message that asks for an unsigned receipt', () => {
    const fields = fieldsOf({ receipt: { signed: false } }).slice(3);
    assert.deepEqual(fields, [
      ['AS2-From', 'ALPHA'],
      ['AS2-To', '"Beta Corp"'],
      ['Message-ID', '<1@alpha.example>'],
      ['Subject', 'Order 4711'],
      ['Disposition-Notification-To', 'as2@alpha.example'],
      ['Content-Type', 'application/edi-x12'],
      ['Content-Disposition', 'attachment; filename="po.edi"'],
      ['Content-Transfer-Encoding', 'binary'],
    ]);
  });

  it('MIC-13 keeps the digests that were asked for, and the usual ones of a small message', async () => {
    const { alpha } = await stations();
    const kept = async (options: Partial<ComposeOptions>) =>
      (await composed(options)).mics
        .filter(({ alternative }) => !alternative)
        .map(({ algorithm }) => algorithm);
    const sign = { keyPair: alpha, digest: 'sha3-256' } as const;
    assert.deepEqual(await kept({ sign, micAlgorithms: ['md5'] }), [
      'sha3-256',
      'md5',
      'sha-1',
      'sha-256',
      'sha-384',
      'sha-512',
    ]);
    const large = { content: bufferFlow(Buffer.alloc(1024 * 1024 + 1)), contentType: 'text/plain' };
    assert.deepEqual(await kept({ payload: large }), ['sha-256']);
    const again = { content: bufferFlow(Buffer.alloc(1024 * 1024 + 1)), contentType: 'text/plain' };
    const receipt = { signed: true, micAlgorithms: ['sha-1', 'sha-512'] as const };
    assert.deepEqual(await kept({ payload: again, receipt }), ['sha-1', 'sha-512']);
  });

  it('AEAD-01 an AEAD cipher says so in smime-type', async () => {
    const { beta } = await stations();
    const message = await composed({ encrypt: { recipients: [beta.certificate], cipher: 'aes-256-gcm' } });
    assert.match(message.headers.get('Content-Type') ?? '', /smime-type=authEnveloped-data;/);
    assert.equal((await opened(message)).encrypted, true);
  });

  for (const [keyType, digest] of [
    ['ec-p256', 'sha-256'],
    ['ec-p384', 'sha-384'],
  ] as const) {
    it(`SIG-13 signs with a key of the kind ${keyType}; the length is known before`, async () => {
      const alpha = await testKeyPair('alpha', { keyType });
      const message = await composed({ sign: { keyPair: alpha, digest } });
      assert.equal(message.length, message.body.length);
      const received = await opened(message, { signingCertificates: [alpha.certificate] });
      assert.equal(received.signature?.status, 'verified');
      assert.equal(received.mic.algorithm, digest);
    });
  }

  const wrong: readonly (readonly [options: Partial<ComposeOptions>, code: string])[] = [
    [{ from: '' }, 'as2-name-invalid'],
    [{ to: 'x'.repeat(129) }, 'as2-name-invalid'],
    [{ messageId: 'no-brackets@x' }, 'message-id-invalid'],
    [{ subject: 'a\r\nb' }, 'header-injection'],
    [{ userAgent: 'a\nb' }, 'header-injection'],
    [
      { payload: { content: bufferFlow(Buffer.alloc(1)), contentType: 'text/plain\r\nX: y' } },
      'header-injection',
    ],
    [
      { payload: { content: bufferFlow(Buffer.alloc(1)), contentType: 'text/plain', filename: 'a\r\nb' } },
      'header-injection',
    ],
    [{ receipt: { signed: false, deliveryUrl: 'ftp://x' } }, 'receipt-url-invalid'],
  ];
  for (const [options, code] of wrong) {
    it(`SEC-08 refuses ${JSON.stringify(options).slice(0, 60)}: ${code}`, () => {
      assert.throws(() => composeMessage(messageOptions(options)), { code });
    });
  }
});
