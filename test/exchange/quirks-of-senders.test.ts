import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { base64Lines } from '../../src/mime';
import type { Behaviour, ComposedMessage, MessageScript, RequestScript, Sent } from '../partner/mock';
import { WholeStation } from '../partner/whole-station';

const ORDER = Buffer.from("UNA:+.? 'UNB+UNOC:3+BETA+ALPHA'\r\nUNZ+1+1'\r\n");
const DNO = 'Disposition-Notification-Options';
const DNT = 'Disposition-Notification-To';

interface Quirk {
  readonly title: string;
  readonly script: MessageScript & RequestScript;
  /** The last word about the message before it is sent. */
  readonly rewrite?: (message: ComposedMessage) => ComposedMessage;
  /** Default: a signed one. */
  readonly receipt?: 'signed' | 'unsigned' | 'none';
  readonly micAlgorithm?: string;
  readonly filename?: string;
  readonly check?: (sent: Sent, station: WholeStation) => void;
}

function header(name: string, value: string | undefined): MessageScript {
  return { headers: { [name]: value } };
}

function headerQuirk(id: string, name: string, ...values: readonly (string | undefined)[]): Quirk[] {
  return values.map((value) => ({
    title: `${id}: ${name} ${value === undefined ? 'missing' : `"${value.slice(0, 40)}"`}`,
    script: header(name, value),
  }));
}

/** What real products send and no standard has; each message is taken, and its receipt fits. */
const quirks: readonly Quirk[] = [
  // --- A. HTTP
  {
    title: 'HTTP-01: HTTP/1.0',
    script: {
      wire: { rewriteHead: (lines) => lines.map((line) => line.replace(/HTTP\/1\.1$/, 'HTTP/1.0')) },
    },
  },
  {
    title: 'HTTP-03: leading zeros in the length',
    script: {
      wire: { rewriteHead: (lines) => lines.map((line) => line.replace(/^(Content-Length: )/, '$1000')) },
    },
  },
  { title: 'HTTP-04: one byte a chunk', script: { wire: { chunked: 1 } } },
  { title: 'HTTP-04: chunks with extensions', script: { wire: { chunked: 50, afterChunkSize: ';a="b";c' } } },
  {
    title: 'HTTP-04, pain 11: RSA-OAEP in chunks, as BizTalk does',
    script: { wire: { chunked: 4096 }, keyTransport: 'rsa-oaep' },
  },
  { title: 'HTTP-19: a few bytes at a time', script: { wire: { slow: { pieceBytes: 100, pauseMs: 1 } } } },
  {
    title: 'HTTP-16: waits for 100 Continue',
    script: { expectContinue: true },
    check: ({ answer }) => assert.deepEqual(answer?.interim, [100]),
  },
  ...headerQuirk('HTTP-07', 'Content-Transfer-Encoding', undefined, 'binary', '8bit', 'BINARY'),
  {
    title: 'HTTP-07: base64 over the whole body',
    script: header('Content-Transfer-Encoding', 'base64'),
    rewrite: (message) => ({ ...message, body: base64Lines(message.body) }),
  },
  {
    title: 'a password nobody asked for',
    script: header('Authorization', 'Basic c2VjcmV0OmNhbmFyeQ=='),
  },
  {
    title: 'HTTP-18: the same field twice with one value',
    script: {},
    rewrite: (message) => ({
      ...message,
      fields: [...message.fields, ...message.fields.filter(([name]) => name === 'AS2-From')],
    }),
  },
  { title: 'header names in capitals', script: { wire: { spelled: (name) => name.toUpperCase() } } },
  { title: 'header names in small letters', script: { wire: { spelled: (name) => name.toLowerCase() } } },
  {
    title: 'no blank after the colon',
    script: { wire: { rewriteHead: (lines) => lines.map((line) => line.replace(/^([\w-]+): /, '$1:')) } },
  },

  // --- B. AS2 header fields
  ...headerQuirk('HDR-01', 'AS2-Version', undefined, '1.0', '1.1 (build 4)', '1.9'),
  ...headerQuirk('HDR-02', 'AS2-Version', '1.7', '2.0'),
  {
    title: 'HDR-03: compressed with AS2-Version 1.0',
    script: { ...header('AS2-Version', '1.0'), compress: 'before-signing' },
  },
  ...headerQuirk(
    'HDR-04',
    'EDIINT-Features',
    'CEM ,multiple-attachments',
    'AS2-Reliability',
    '',
    'something-new, CEM',
  ),
  ...headerQuirk('HDR-05', 'AS2-Product', 'drummond-connect:4.2.3', 'not: a product'),
  ...headerQuirk('HDR-07', 'AS2-From', '  "Beta Corp" ', 'Beta Corp'),
  ...headerQuirk('HDR-08', 'AS2-To', '"ALPHA"', ' ALPHA '),
  ...headerQuirk(
    'HDR-15',
    'Date',
    undefined,
    'Tue Sep 29 10:18:18 EDT 2009',
    'Di, 21 Aug 2018 10:00:00 +0200',
    'Thu,29Oct2009 12:34:56GMT',
    '2026-03-03T10:15:00Z',
  ),
  ...headerQuirk(
    'HDR-15',
    'Subject',
    undefined,
    'Bestellung f\u00fcr M\u00fcller',
    '=?utf-8?Q?Bestellung_f=C3=BCr?=',
    '=?broken?',
  ),
  ...headerQuirk('HDR-16', 'MIME-Version', undefined, '1.0 (produced by something)'),
  ...headerQuirk('HDR-16', 'User-Agent', undefined, 'RPT-HTTPClient/0.3-3I (Windows 2003)'),
  ...[
    'abc@host.example',
    '<no-at-sign>',
    `<${'long.'.repeat(40)}@host.example>`,
    `<${'x'.repeat(980)}@host.example>`,
    '<a b c@host.example>',
    '<AS2_{4711}$%&@[10.0.0.1]>',
  ].map((messageId): Quirk => ({
    title: `HDR-13, HDR-14, MDN-09: Message-ID ${messageId.slice(0, 40)}`,
    script: header('Message-ID', messageId),
    check: ({ receipt }) => assert.equal(receipt?.originalMessageId, messageId),
  })),
  {
    title: 'HDR-17: the content type in odd letters, with parameters',
    script: { contentType: 'Application/EDI-x12; charset=us-ascii' },
  },
  ...[
    'application/edifact',
    'application/edi-consent',
    'application/xml',
    'text/plain; charset=utf-8',
    'image/tiff',
    'application/pdf',
    'application/zip',
  ].map((contentType): Quirk => ({ title: `HDR-17, MA-04: ${contentType}`, script: { contentType } })),

  // --- C, D, K. layers
  {
    title: 'MIME-08: application/x-pkcs7-mime',
    script: header('Content-Type', 'application/x-pkcs7-mime; smime-type=enveloped-data'),
  },
  {
    title: 'MIME-09: no smime-type',
    script: header('Content-Type', 'application/pkcs7-mime; name="smime.p7m"'),
  },
  {
    title: 'MIME-09: a wrong smime-type',
    script: header('Content-Type', 'application/pkcs7-mime; smime-type=signed-data'),
  },
  {
    title: 'MIME-09: octet-stream with the name of a signed file',
    script: header('Content-Type', 'application/octet-stream; name=smime.p7m'),
  },
  {
    title: 'MIME-04: folded, in odd letters',
    script: { protection: 'signed' },
    rewrite: signedHeader((value) =>
      value.replace('multipart/signed', 'Multipart/Signed ').replaceAll('; ', ' ;\t'),
    ),
  },
  {
    title: 'SIG-02: no micalg',
    script: { protection: 'signed' },
    rewrite: signedHeader((value) => value.replace(/; micalg="?[\w-]+"?/, '')),
  },
  ...['sha256', 'SHA256', 'SHA-256', 'rsa-sha256', 'sha2-256', 'sha_256', '"sha-256"', 'unknown', 'sha1'].map(
    (micalg): Quirk => ({
      title: `SIG-02, pain 6: micalg=${micalg}`,
      script: { protection: 'signed' },
      rewrite: signedHeader((value) => value.replace(/micalg="?[\w-]+"?/, `micalg=${micalg}`)),
    }),
  ),
  {
    title: 'HTTP-08: a preamble and an epilogue',
    script: { protection: 'signed' },
    rewrite: (message) => ({
      ...message,
      body: Buffer.concat([
        Buffer.from('This is an S/MIME signed message\r\n\r\n'),
        message.body,
        Buffer.from('\r\nThe end\r\n'),
      ]),
    }),
  },
  { title: 'CMP-03: compressed after signing', script: { compress: 'after-signing' } },

  // --- F. what is asked for
  ...['x@y', 'http://h/p', 'BETA', '<>', 'a b, c d'].map((value): Quirk => ({
    title: `REQ-01: ${DNT} "${value}"`,
    script: header(DNT, value),
  })),
  { title: 'REQ-02: options without a wish', script: header(DNT, undefined), receipt: 'none' },
  ...[
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg = required ,sha-256 , sha1;',
    'signed-receipt-micalg=optional,sha-256;signed-receipt-protocol=optional,pkcs7-signature',
    'SIGNED-RECEIPT-PROTOCOL=OPTIONAL,PKCS7-SIGNATURE;SIGNED-RECEIPT-MICALG=OPTIONAL,SHA-256',
    'signed-receipt-protocol=pkcs7-signature; signed-receipt-micalg=sha256',
    'signed-receipt-protocol="optional","pkcs7-signature"; signed-receipt-micalg="optional","sha256"',
    'signed-receipt-protocol=\toptional,\tpkcs7-signature;\tsigned-receipt-micalg=\toptional,\tsha-256',
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256; something-new=required, x',
    'signed-receipt-protocol=required,application/pkcs7-signature;signed-receipt-micalg=required,sha-256',
    'signed-receipt-protocol=optional,pkcs-7-signature;signed-receipt-micalg=optional,sha2-256',
  ].map((options): Quirk => ({
    title: `REQ-03, REQ-04: ${options.replaceAll('\t', '\\t')}`,
    script: header(DNO, options),
  })),
  ...(
    [
      ['sha1', 'sha-1'],
      ['SHA1', 'sha-1'],
      ['rsa-sha1', 'sha-1'],
      ['sha', 'sha-1'],
      ['md5', 'md5'],
      ['sha384', 'sha-384'],
      ['sha-512, sha1', 'sha-512'],
      ['whirlpool, sha-384, sha1', 'sha-384'],
    ] as const
  ).map(([list, micAlgorithm]): Quirk => ({
    title: `REQ-05, MDN-05, decision 1: digests "${list}"`,
    script: header(
      DNO,
      `signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, ${list}`,
    ),
    micAlgorithm,
  })),
  {
    title: 'REQ-04: a protocol without digests',
    script: header(DNO, 'signed-receipt-protocol=optional, pkcs7-signature'),
  },
  {
    title: 'REQ-04: digests without a protocol',
    script: header(DNO, 'signed-receipt-micalg=optional, sha-256'),
    receipt: 'unsigned',
  },
  { title: 'REQ-11: no options at all', script: header(DNO, undefined), receipt: 'unsigned' },
  {
    title: 'REQ-06: a signature nobody has',
    script: header(DNO, 'signed-receipt-protocol=optional, openpgp; signed-receipt-micalg=optional, sha-256'),
    receipt: 'unsigned',
  },

  // --- L. attachments and names
  {
    title: 'MA-01, MA-03: two documents',
    script: { attachments: [{ payload: '%PDF', contentType: 'application/pdf', filename: 'drawing.pdf' }] },
    check: (_sent, { messages }) =>
      assert.deepEqual(
        messages.at(-1)?.attachments?.map(({ filename }) => filename),
        ['order.edi', 'drawing.pdf'],
      ),
  },
  { title: 'FN-01: no name', script: { filename: undefined } },
  {
    title: 'FN-01: a name with umlauts and blanks',
    script: { filename: 'M\u00fcller 4711.edi' },
    filename: 'M\u00fcller 4711.edi',
  },
];

function signedHeader(change: (value: string) => string): Quirk['rewrite'] {
  return (message) => ({
    ...message,
    fields: message.fields.map(([name, value]) => [name, name === 'Content-Type' ? change(value) : value]),
  });
}

describe('Receiving from real products', () => {
  let station: WholeStation;
  before(async () => {
    station = await WholeStation.start();
  });
  after(async () => {
    await station?.stop();
  });

  for (const { title, script, rewrite, receipt = 'signed', micAlgorithm, filename, check } of quirks) {
    it(title, async () => {
      const { partner, messages } = station;
      messages.length = 0;
      const named = { payload: ORDER, contentType: 'application/edifact', filename: 'order.edi', ...script };
      const composed = await partner.compose(named);
      const sent = await partner.post(rewrite?.(composed) ?? composed, script);
      assert.equal(sent.answer?.status, 200, sent.answer?.body.toString());
      assert.equal(messages.length, 1);
      const [got] = messages;
      assert.deepEqual(await got?.payload.read(), ORDER);
      assert.equal(got?.filename, 'filename' in script ? filename : 'order.edi');
      assert.equal(got?.contentType, named.contentType);
      assertReceipt(sent, receipt, micAlgorithm);
      check?.(sent, station);
    });
  }

  describe('asked for a receipt later', () => {
    const addresses: readonly (readonly [title: string, field: (url: string) => string])[] = [
      ['blanks around it', (url) => `  ${url} `],
      ['a query', (url) => `${url}?partner=alpha&x=%20`],
      ['more than 100 characters', (url) => `${url}?${'x'.repeat(200)}`],
      ['a fragment', (url) => `${url}#mdn`],
      ['capitals', (url) => url.replace('http://', 'HTTP://')],
    ];
    for (const [title, field] of addresses) {
      it(`REQ-09: at an address with ${title}`, async () => {
        const { partner, messages } = station;
        messages.length = 0;
        const headers = { 'Receipt-Delivery-Option': field(partner.url) };
        const { answer, message } = await partner.send({ payload: ORDER, receiptUrl: true, headers });
        assert.deepEqual([answer?.status, answer?.body.length], [204, 0]);
        const { receipt } = await partner.receipts.next();
        assert.equal(receipt.originalMessageId, message.messageId);
        assert.equal(receipt.signature?.status, 'verified');
        assert.equal(messages.length, 1);
      });
    }

    const answers: readonly (readonly [title: string, behaviour: Behaviour])[] = [
      [
        'a web page',
        { status: 200, body: '<html>Thank you</html>', headers: { 'Content-Type': 'text/html' } },
      ],
      ['202', { status: 202 }],
      ['204', { status: 204 }],
      ['206', { status: 206 }],
      ['102 first', { interim: [102] }],
    ];
    for (const [title, behaviour] of answers) {
      it(`MDN-13: and answers it with ${title}`, async () => {
        const { partner, events } = station;
        const sent = () => events.filter(({ type }) => type === 'receipt-sent').length;
        const before = sent();
        partner.planForReceipts(behaviour);
        await partner.send({ payload: ORDER, receiptUrl: true });
        await partner.receipts.next();
        for (let tries = 0; sent() === before && tries < 1_000; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        assert.equal(sent(), before + 1);
        const failed = events.filter(({ type }) => /^receipt-(?:retry|not-sent)$/.test(type));
        assert.deepEqual(failed, []);
      });
    }
  });
});

function assertReceipt({ receipt, message }: Sent, wanted: Quirk['receipt'], micAlgorithm = 'sha-256'): void {
  if (wanted === 'none') return assert.equal(receipt, undefined);
  assert.equal(receipt?.dispositionText, 'automatic-action/MDN-sent-automatically; processed');
  assert.equal(receipt.signature?.status, wanted === 'signed' ? 'verified' : undefined);
  assert.equal(receipt.mic?.algorithm, micAlgorithm);
  const standard = message.mics.find(
    ({ algorithm, alternative }) => algorithm === micAlgorithm && !alternative,
  );
  if (micAlgorithm !== 'md5') assert.equal(receipt.mic.value, standard?.value);
  assert.equal(receipt.mic.value.length, createHash(micAlgorithm.replace('-', '')).digest('base64').length);
}
