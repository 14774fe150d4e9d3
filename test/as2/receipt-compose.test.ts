import assert from 'node:assert/strict';
import {
  composeReceipt,
  type Disposition,
  failedFailure,
  newMessageId,
  openReceipt,
  processed,
  processedError,
  readAs2Headers,
  type ReceiptOptions,
  receiptText,
} from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { Headers } from '../../src/mime';
import { payloadPartMics } from '../support/payload-part';
import { stations } from './stations';

const DNT = 'Disposition-Notification-To';
const DNO = 'Disposition-Notification-Options';

function request(fields: Readonly<Record<string, string>> = {}) {
  return readAs2Headers(
    Headers.fromPairs(
      Object.entries({
        'AS2-From': 'ALPHA',
        'AS2-To': '"Beta Corp"',
        'Message-ID': '<9c2b.as2@alpha.example>',
        Subject: 'Order 4711',
        [DNT]: 'x@y',
        ...fields,
      }),
    ),
  );
}

async function receipt(options: Partial<ReceiptOptions> = {}) {
  const { request: message = request(), disposition = processed } = options;
  return composeReceipt({
    request: message,
    disposition,
    text: receiptText(message, disposition),
    product: 'node-red-contrib-as2/1.2.3',
    messageId: '<mdn-1.as2@beta.example>',
    date: new Date(Date.UTC(2026, 2, 3, 10, 15, 1)),
    ...options,
  });
}

/** With its random boundaries named in the order in which they come. */
function readable({ headers, body }: { headers: Headers; body: Buffer }): string {
  let text = `${headers.toBuffer().toString('latin1')}\r\n${body.toString('latin1')}`;
  for (const name of ['m0', 'm1']) {
    const boundary = /boundary="([0-9a-f]{32})"/.exec(text)?.[1];
    if (boundary) text = text.replaceAll(boundary, name);
  }
  return text;
}

describe('Receipts we send', () => {
  it('MDN-01, MDN-02, MDN-06, MDN-07, MDN-08, MDN-09, MDN-11, DSP-01 an unsigned one, byte for byte', async () => {
    const mic = { value: payloadPartMics.sha256, algorithm: 'sha-256' } as const;
    assert.equal(
      readable(await receipt({ mic })),
      [
        'Date: Tue, 03 Mar 2026 10:15:01 GMT',
        'MIME-Version: 1.0',
        'AS2-Version: 1.1',
        'AS2-From: "Beta Corp"',
        'AS2-To: ALPHA',
        'Message-ID: <mdn-1.as2@beta.example>',
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="m0"',
        '',
        '--m0',
        'Content-Type: text/plain; charset=us-ascii',
        'Content-Transfer-Encoding: 7bit',
        '',
        'Message: <9c2b.as2@alpha.example>',
        'From: ALPHA',
        'To: Beta Corp',
        'Subject: Order 4711',
        '',
        'The message was received.',
        '',
        '--m0',
        'Content-Type: message/disposition-notification',
        'Content-Transfer-Encoding: 7bit',
        '',
        'Reporting-UA: beta.example; node-red-contrib-as2/1.2.3',
        'Original-Recipient: rfc822; "Beta Corp"',
        'Final-Recipient: rfc822; "Beta Corp"',
        'Original-Message-ID: <9c2b.as2@alpha.example>',
        'Disposition: automatic-action/MDN-sent-automatically; processed',
        'Received-content-MIC: PMj9xNQq+UALl0smPehS8opn0w8q01P6xjcCE6t9NxM=, sha-256',
        '',
        '--m0--',
        '',
      ].join('\r\n'),
    );
  });

  it('MDN-04 a signed one: the whole report with its header is the first part', async () => {
    const { beta } = await stations();
    const text = readable(await receipt({ sign: { keyPair: beta } }));
    assert.match(
      text,
      /\r\nContent-Type: multipart\/signed; protocol="application\/pkcs7-signature"; micalg=sha-256; boundary="m0"\r\n/,
    );
    assert.match(
      text,
      /--m0\r\nContent-Type: multipart\/report; report-type=disposition-notification; boundary="m1"\r\n\r\n--m1\r\n/,
    );
    assert.match(
      text,
      /--m1--\r\n\r\n--m0\r\nContent-Type: application\/pkcs7-signature; name="smime.p7s"\r\n/,
    );
    assert.match(text, /\r\n--m0--\r\n$/);
  });

  it('MDN-02, MDN-03 has exactly two parts: what was decrypted never travels back', async () => {
    const { beta } = await stations();
    for (const sign of [undefined, { keyPair: beta }]) {
      const text = readable(await receipt(sign ? { sign } : {}));
      const report = sign ? 'm1' : 'm0';
      assert.equal(text.split(`\r\n--${report}\r\n`).length - 1, 2);
    }
  });

  const preferences: readonly (readonly [list: string, micalg: string])[] = [
    ['sha-256', 'sha-256'],
    ['whirlpool, sha512, sha1', 'sha-512'],
    ['sha1', 'sha1'],
  ];
  for (const [list, micalg] of preferences) {
    it(`MDN-05 the partner asks for ${list}: signed with ${micalg}`, async () => {
      const { beta } = await stations();
      const asked = request({
        [DNO]: `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${list}`,
      });
      const { headers } = await receipt({ request: asked, sign: { keyPair: beta } });
      assert.match(headers.get('Content-Type') ?? '', new RegExp(`micalg=${micalg};`));
    });
  }

  it('Appendix 2 the MIC names its digest as the partner does', async () => {
    const asked = request({ [DNO]: 'signed-receipt-micalg=optional, SHA256' });
    const text = readable(await receipt({ request: asked, mic: { value: 'AAAA', algorithm: 'sha-256' } }));
    assert.match(text, /\r\nReceived-content-MIC: AAAA, SHA256\r\n/);
  });

  it('MDN-09 repeats a Message-ID without brackets as it came, and leaves a missing one away', async () => {
    assert.match(
      readable(await receipt({ request: request({ 'Message-ID': 'abc@x' }) })),
      /\r\nOriginal-Message-ID: abc@x\r\n/,
    );
    assert.doesNotMatch(
      readable(await receipt({ request: request({ 'Message-ID': '' }) })),
      /Original-Message-ID/,
    );
  });

  it('HDR-11 exchanges the names as the partner wrote them', async () => {
    const odd = request({ 'AS2-From': '"ALPHA"', 'AS2-To': 'B,c;' });
    const { headers } = await receipt({ request: odd });
    assert.deepEqual([headers.get('AS2-From'), headers.get('AS2-To')], ['B,c;', '"ALPHA"']);
    assert.match(readable(await receipt({ request: odd })), /\r\nFinal-Recipient: rfc822; B,c;\r\n/);
  });

  const outcomes: readonly (readonly [disposition: Disposition, text: RegExp])[] = [
    [processedError('decryption-failed'), /could not be decrypted/],
    [processedError('authentication-failed'), /could not be authenticated/],
    [processedError('integrity-check-failed'), /does not match its signature/],
    [processedError('insufficient-message-security'), /less protected/],
    [processedError('unexpected-processing-error'), /could not be processed/],
    [failedFailure('unsupported MIC-algorithms'), /digest algorithms/],
  ];
  for (const [disposition, expected] of outcomes) {
    it(`MDN-10, SEC-03 ${disposition.description}: a text for people, without details`, () => {
      const text = receiptText(request({ Date: 'Tue, 03 Mar 2026 10:15:00 GMT' }), disposition);
      assert.match(text.replaceAll('\r\n', ' '), expected);
      for (const part of ['<9c2b.as2@alpha.example>', 'ALPHA', 'Beta Corp', 'Order 4711', '03 Mar 2026']) {
        assert.ok(text.includes(part), part);
      }
      assert.doesNotMatch(text, /certificate|key|openssl|padding|error:/i);
    });
  }

  it('MDN-10 the text is ASCII in short lines, whatever the partner and our user wrote', () => {
    const message = request({
      Subject: Buffer.from('Größe ✓').toString('latin1'),
      'Message-ID': `<${'x'.repeat(400)}@y>`,
    });
    const text = receiptText(
      message,
      processedError('unexpected-processing-error'),
      `Artikel fehlt: Müller & Söhne ${'wort '.repeat(60)}`,
    );
    assert.match(text, /^[\x20-\x7e\r\n]+$/);
    assert.ok(text.includes('Subject: Gro?e ?'));
    assert.ok(text.includes('Muller & Sohne'));
    assert.ok(text.split('\r\n').every((line) => line.length < 76));
    assert.ok(text.endsWith('\r\n'));
  });

  it('SEC-08 nothing a partner sends starts a field of its own', async () => {
    const hostile = {
      ...request(),
      messageId: '<a@b>\r\nDisposition: automatic-action/MDN-sent-automatically; processed',
    };
    await assert.rejects(receipt({ request: hostile, text: 'x' }), { code: 'header-injection' });
    const text = receiptText({ ...request(), subject: 'x\r\n--m0\r\nContent-Type: text/html' }, processed);
    const read = await receipt({ text });
    assert.equal(read.body.includes('\r\nContent-Type: text/html'), true, 'as text inside the first part');
    const opened = await openReceipt(
      { headers: read.headers, body: bufferSource(read.body) },
      { signingCertificates: [] },
    );
    assert.equal(opened.dispositionText, 'automatic-action/MDN-sent-automatically; processed');
  });

  it('HDR-04 announces features, MDN-11 carries a subject where it travels alone', async () => {
    const { headers } = await receipt({
      features: ['AS2-Reliability'],
      subject: 'Receipt for Order 4711',
      messageId: newMessageId('beta'),
    });
    assert.equal(headers.get('AS2-Version'), '1.2');
    assert.equal(headers.get('EDIINT-Features'), 'AS2-Reliability');
    assert.equal(headers.get('Subject'), 'Receipt for Order 4711');
    assert.equal(headers.has(DNT), false);
  });
});
