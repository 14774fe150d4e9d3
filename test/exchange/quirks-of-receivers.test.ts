import assert from 'node:assert/strict';
import type { As2ErrorCode } from '../../src/errors';
import type { SendingSettings } from '../../src/exchange';
import { type Behaviour, faults, type ReceiptScript } from '../partner/mock';
import { WholeStation } from '../partner/whole-station';

const ORDER = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA'\r\nUNZ+1+1'\r\n");
const AUTOMATIC = 'automatic-action/MDN-sent-automatically';

interface Quirk {
  readonly title: string;
  readonly behaviour: Behaviour;
  readonly sending?: Partial<SendingSettings>;
  /** Default: the message is taken. */
  readonly code?: As2ErrorCode;
}

function receipt(title: string, script: ReceiptScript, code?: As2ErrorCode): Quirk {
  return { title, behaviour: { receipt: script }, ...(code ? { code } : {}) };
}

function dispositions(id: string, code: As2ErrorCode | undefined, ...all: readonly string[]): Quirk[] {
  return all.map((disposition) => receipt(`${id}: Disposition: ${disposition}`, { disposition }, code));
}

function micField(title: string, change: (value: string) => string, digest?: SendingSettings['sign']): Quirk {
  const rewriteFields = (lines: readonly string[]) =>
    lines.map((line) => (line.startsWith('Received-content-MIC: ') ? change(line) : line));
  return { ...receipt(title, { rewriteFields }), ...(digest ? { sending: { sign: digest } } : {}) };
}

function rewritten(title: string, from: string | RegExp, to: string): Quirk {
  return receipt(title, { rewriteReport: (entity) => entity.replace(from, to) });
}

/** How receipts really look; the ones without a code are taken for what they mean. */
const receipts: readonly Quirk[] = [
  ...dispositions(
    'DSP-01, DSP-02',
    undefined,
    `${AUTOMATIC};processed`,
    `${AUTOMATIC} ; processed`,
    `${AUTOMATIC};\r\n processed`,
    `${AUTOMATIC.toUpperCase()}; PROCESSED`,
    'manual-action/MDN-sent-manually; processed',
    'automatic-action / MDN-sent-automatically; processed',
  ),
  ...dispositions('DSP-03', undefined, `${AUTOMATIC}; displayed`, `${AUTOMATIC}; dispatched`),
  ...dispositions(
    'DSP-14, DSP-15',
    undefined,
    `${AUTOMATIC}; processed/warning: authentication-failed, processing continued`,
    `${AUTOMATIC}; processed/Warning: duplicate-document`,
    `${AUTOMATIC}; processed/warning`,
  ),
  ...dispositions(
    'DSP-04, DSP-10, DSP-12, DSP-13, DSP-17',
    'receipt-negative',
    `${AUTOMATIC}; processed/error: decryption-failed`,
    `${AUTOMATIC}; processed/Error:decryption-failed`,
    `${AUTOMATIC}; processed/Error/decryption-failed`,
    `${AUTOMATIC}; processed/decryption-failed`,
    `${AUTOMATIC}; error: decryption-failed`,
    `${AUTOMATIC}; processed/error: unknown-trading-relationship`,
    `${AUTOMATIC}; failed/failure: sender-equals-receiver`,
    `${AUTOMATIC}; failed/Failure: unsupported MIC-algorithms`,
    `${AUTOMATIC}; failed`,
    `${AUTOMATIC}; deleted`,
    `${AUTOMATIC}; processed/error,warning`,
    `${AUTOMATIC}; `,
    AUTOMATIC,
    'null',
  ),
  receipt(
    'DSP-16: a bare error with its lines',
    { disposition: `${AUTOMATIC}; processed/error`, fields: { Error: 'decryption-failed' } },
    'receipt-negative',
  ),
  receipt(
    'DSP-18: a text of 4 kB in any language',
    {
      disposition: `${AUTOMATIC}; processed/error: ${Buffer.from('Fehler – ошибка ').toString('latin1').repeat(150)}`,
    },
    'receipt-negative',
  ),

  micField('MIC-10: no blank behind the comma', (line) => line.replace(', ', ',')),
  micField('MIC-10: no blank at all, other letters', (line) =>
    line.replace(/^.*: (.*), .*/, 'RECEIVED-CONTENT-MIC:$1,SHA256'),
  ),
  ...['sha256', 'SHA-256', 'SHA_256', 'sha2-256', 'rsa-sha256'].map((name) =>
    micField(`MIC-10, pain 6: the digest named ${name}`, (line) => line.replace(/, .*/, `, ${name}`)),
  ),
  micField('MIC-10: the algorithm missing', (line) => line.replace(/, .*/, '')),
  micField(
    'MIC-10, pain 7: SHA-512 folded inside the digest',
    (line) => line.replace(/^(.{76})/, '$1\r\n '),
    'sha-512',
  ),
  micField('MIC-10: several blanks', (line) => line.replace(', ', '   ,   ')),
  micField('MIC-10: in hexadecimal', (line) =>
    line.replace(/: ([^,]*),/, (_all, value: string) => `: ${Buffer.from(value, 'base64').toString('hex')},`),
  ),
  micField('SEC-06: of another length is a mismatch', (line) => line.replace(/: ..../, ': ')),

  rewritten('MDN-01: no report-type', '; report-type=disposition-notification', ''),
  rewritten(
    'MDN-01: the report-type in capitals',
    'report-type=disposition-notification',
    'REPORT-TYPE="DISPOSITION-NOTIFICATION"',
  ),
  rewritten('MDN-01, RFC 4130 A.2: the report-type folded', '; report-type', ';\r\n\treport-type'),
  receipt('MDN-02, pain 25: a text in HTML', { textType: 'text/html', text: '<p>Thank you.</p>' }),
  rewritten('MDN-02: no text at all', /Content-Type: text\/plain[^]*?\r\n--/, '\r\n\r\n--'),
  receipt('MDN-06: line feeds in the fields', {
    rewriteReport: (entity) =>
      entity.replace(/Reporting-UA[^]*?\r\n\r\n/, (fields) => fields.replaceAll('\r\n', '\n')),
  }),
  receipt('MDN-06: fields in another order', { rewriteFields: (lines) => lines.toReversed() }),
  receipt('MDN-06: names in small letters, no blanks', {
    rewriteFields: (lines) =>
      lines.map((line) => line.replace(/^[^:]*: /, (name) => name.toLowerCase().trim())),
  }),
  receipt('MDN-06: a blank line between groups', {
    rewriteFields: (lines) => lines.flatMap((line, at) => (at === 3 ? ['', line] : [line])),
  }),
  receipt('MDN-07, MDN-08, pain 25: no Reporting-UA, no recipients', {
    fields: { 'Reporting-UA': undefined, 'Original-Recipient': undefined, 'Final-Recipient': undefined },
  }),
  ...['BETA', 'rfc822;Beta Corp', 'unknown; x', ''].map((recipient) =>
    receipt(`MDN-08, pain 25: Final-Recipient "${recipient}"`, { fields: { 'Final-Recipient': recipient } }),
  ),
  receipt('MDN-09: Original-Message-ID without brackets', {
    rewriteFields: (lines) => lines.map((line) => line.replace(/^(Original-Message-ID: )<(.*)>/, '$1$2')),
  }),
  receipt('MDN-09: Original-Message-ID folded', {
    rewriteFields: (lines) => lines.map((line) => line.replace(/^(Original-Message-ID:) /, '$1\r\n ')),
  }),
  receipt('RCV-02: no Original-Message-ID, bound by its digest', {
    fields: { 'Original-Message-ID': undefined },
  }),
  receipt('MDN-11: no Message-ID of its own', { headers: { 'Message-ID': undefined } }),
  receipt('MDN-11: no Date, no MIME-Version, no AS2-Version', {
    headers: { Date: undefined, 'MIME-Version': undefined, 'AS2-Version': undefined },
  }),
  receipt('MDN-11: it asks for a receipt', { headers: { 'Disposition-Notification-To': 'x@y' } }),
  receipt('HDR-06: no names', { headers: { 'AS2-From': undefined, 'AS2-To': undefined } }),
  receipt('HDR-11, pain 18: the names not exchanged', {
    headers: { 'AS2-From': 'ALPHA', 'AS2-To': '"Beta Corp"' },
  }),
  receipt('HDR-11, pain 19: the name without its quotes', { headers: { 'AS2-From': 'Beta Corp' } }),
  receipt('MDN-05: signed with another digest than asked for', { digest: 'sha-512' }),
  {
    title: 'REQ-11: signed, although nobody asked for a signature',
    behaviour: { receipt: { signedBy: 'partner' } },
    sending: { receipt: 'unsigned' },
  },
  {
    title: 'MIC-12: unsigned and without a digest',
    behaviour: { receipt: { mic: 'none' } },
    sending: { receipt: 'unsigned' },
  },
  {
    title: 'RCV-08: a refusal without a digest',
    behaviour: { receipt: { mic: 'none', disposition: `${AUTOMATIC}; failed` } },
    code: 'receipt-negative',
  },
  {
    title: 'RCV-04: an unsigned refusal',
    behaviour: { receipt: { signedBy: 'nobody', disposition: `${AUTOMATIC}; failed` } },
    code: 'receipt-negative',
  },

  // --- HTTP around them
  ...[200, 201, 202, 206].map((status) => ({
    title: `RCV-06: a receipt with status ${status}`,
    behaviour: { status, receipt: {} },
  })),
  {
    title: 'HTTP-10: a receipt with status 400',
    behaviour: { status: 400, receipt: {} },
    code: 'http-refused',
  },
  {
    title: 'RCV-06: a receipt that says to be text',
    behaviour: { receipt: { signedBy: 'nobody', headers: { 'Content-Type': 'text/plain' } } },
    sending: { receipt: 'unsigned' },
  },
  { title: 'header names in capitals', behaviour: { wire: { spelled: (name) => name.toUpperCase() } } },
  {
    title: 'HTTP-04: one byte a chunk, with extensions',
    behaviour: { wire: { chunked: 1, afterChunkSize: ';a=b' } },
  },
  {
    title: 'HTTP-04: blanks behind the size of a chunk',
    behaviour: { wire: { chunked: 100, afterChunkSize: '  ' } },
  },
  {
    title: 'HTTP-06: folded header fields',
    behaviour: { wire: { folded: ['Content-Type', 'Date', 'AS2-From'] } },
  },
  {
    title: 'HTTP-03: leading zeros in the length',
    behaviour: {
      wire: { rewriteHead: (lines) => lines.map((line) => line.replace(/^(Content-Length: )/, '$1000')) },
    },
  },
  {
    title: 'HTTP-17: no length, the end of the connection is the end',
    behaviour: {
      wire: { rewriteHead: (lines) => lines.filter((line) => !line.startsWith('Content-Length')) },
    },
  },
  {
    title: 'HTTP-05: an answer whose length is stated in two ways',
    behaviour: { wire: { rewriteHead: (lines) => [...lines, 'Transfer-Encoding: chunked'] } },
    code: 'http-response-malformed',
  },
  { title: 'HTTP-16: 100 and 102 before the answer', behaviour: { interim: [100, 102, 102, 102] } },
  { title: 'HTTP-20: a receipt nobody asked for', behaviour: { receipt: {} }, sending: { receipt: 'none' } },
];

describe('Sending to real products', () => {
  let station: WholeStation;
  before(async () => {
    station = await WholeStation.start();
  });
  after(async () => {
    await station?.stop();
  });

  async function outcomeOf({ behaviour, sending = {} }: Quirk, delivery: 'sync' | 'async') {
    station.configure({
      sending: { ...sending, receiptDelivery: delivery, receiptUrl: station.url },
      retry: { attempts: 1 },
    });
    station.partner.plan(behaviour);
    const outcome = await station.send(ORDER);
    return outcome;
  }

  for (const quirk of receipts) {
    it(`${quirk.title}${quirk.code ? `: ${quirk.code}` : ''}`, async () => {
      const mismatch = quirk.title.startsWith('SEC-06') ? 'receipt-mic-mismatch' : undefined;
      const { error } = await outcomeOf(quirk, 'sync');
      assert.equal(error?.code, quirk.code ?? mismatch, error?.message);
    });
  }

  describe('with the receipt as a request of its own', () => {
    // How the receipt is written is the same; how its HTTP looks is another matter.
    const written = receipts.filter(
      ({ behaviour }) => behaviour.receipt && !behaviour.status && !behaviour.wire && !behaviour.interim,
    );
    for (const quirk of written) {
      // Nobody knows between whom it is, or for which message; and an unsigned refusal could be anybody's.
      if (/^(?:HDR-06|HTTP-20|RCV-02|RCV-04|RCV-06)/.test(quirk.title)) continue;
      it(`${quirk.title}${quirk.code ? `: ${quirk.code}` : ''}`, async () => {
        const mismatch = quirk.title.startsWith('SEC-06') ? 'receipt-mic-mismatch' : undefined;
        const { error } = await outcomeOf(quirk, 'async');
        assert.equal(error?.code, quirk.code ?? mismatch, error?.message);
        const { answer } = await station.partner.deliveries.next();
        assert.ok(answer && answer.status < 300, 'the receipt is taken, whatever it says');
      });
    }

    const html = { 'Content-Type': 'text/html' };
    const travelling: readonly Quirk[] = [
      ...[200, 201, 202, 204, 206].map((status) => ({
        title: `HTTP-12: the message answered with ${status}`,
        behaviour: { status, receipt: {} },
      })),
      {
        title: 'HTTP-12: the message answered with a web page',
        behaviour: { body: '<html>Thank you</html>', headers: html, status: 200, receipt: {} },
      },
      { title: 'RCV-05: the receipt before the answer', behaviour: faults.earlyReceipt },
      { title: 'RCV-05: the receipt twice', behaviour: faults.doubledReceipt },
      {
        title: 'MDN-14: the receipt from another address',
        behaviour: { later: { localAddress: '127.0.0.2' } },
      },
      { title: 'HTTP-04: the receipt in chunks of one byte', behaviour: { later: { wire: { chunked: 1 } } } },
      {
        title: 'the receipt with header names in capitals',
        behaviour: { later: { wire: { spelled: (name) => name.toUpperCase() } } },
      },
    ];
    for (const quirk of travelling) {
      it(quirk.title, async () => {
        const { error } = await outcomeOf(quirk, 'async');
        assert.equal(error, undefined, error?.message);
        for (let times = quirk.behaviour.later?.times ?? 1; times > 0; times--) {
          const { answer } = await station.partner.deliveries.next();
          assert.ok(answer && answer.status < 300);
          assert.equal(answer.body.length, 0, 'HTTP-12, MDN-13: never an answer to a receipt');
        }
      });
    }

    it('RCV-05, RCV-07: the receipt when everybody has forgotten it', async () => {
      station.configure({ sending: { receiptDelivery: 'async', receiptUrl: station.url } });
      station.partner.plan(faults.lateReceipt);
      const { messageId } = await station.submit(ORDER);
      const outcome = station.outcomeOf(messageId);
      await station.partner.messages.next();
      while (station.partner.holding === 0) await new Promise((resolve) => setImmediate(resolve));
      station.partner.release();
      assert.equal((await outcome).ok, true);
      await station.partner.deliveries.next();
    });
  });
});
