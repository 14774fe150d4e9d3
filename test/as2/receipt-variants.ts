import { base64Lines } from '../../src/mime';

/** The receipts of other products, as their bytes: what the tolerant reader is for. */

export const messageId = '<9c2b.as2@alpha.example>';
export const mic = 'PMj9xNQq+UALl0smPehS8opn0w8q01P6xjcCE6t9NxM=';

export interface ReceiptVariant {
  readonly title: string;
  readonly contentType: string;
  readonly body: string;
  /** More HTTP headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected?: ExpectedReading;
}

/** What must be read; the defaults are those of an ordinary positive receipt. */
export interface ExpectedReading {
  readonly type?: string | undefined;
  readonly modifier?: string | undefined;
  readonly description?: string | undefined;
  readonly originalMessageId?: string | undefined;
  readonly mic?: string | undefined;
  readonly algorithm?: string | undefined;
  readonly text?: RegExp;
  readonly positive?: boolean;
}

const report = 'multipart/report; report-type=disposition-notification; boundary="b"';
const notification = 'Content-Type: message/disposition-notification';
const text = 'Content-Type: text/plain\r\n\r\nThe message was received.';

export const fields = [
  'Reporting-UA: beta.example; Some Product 1.0',
  'Original-Recipient: rfc822; "Beta Corp"',
  'Final-Recipient: rfc822; "Beta Corp"',
  `Original-Message-ID: ${messageId}`,
  'Disposition: automatic-action/MDN-sent-automatically; processed',
  `Received-content-MIC: ${mic}, sha-256`,
];

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\r\n`).join('');
}

function multipart(...parts: readonly string[]): string {
  return `--b\r\n${parts.join('\r\n--b\r\n')}\r\n--b--\r\n`;
}

function withFields(...all: readonly string[]): string {
  return multipart(text, `${notification}\r\n\r\n${lines(...all)}`);
}

/** The ordinary fields, one of them written in another way or left away. */
function changed(name: string, ...replacement: readonly string[]): string {
  return withFields(...fields.flatMap((field) => (field.startsWith(`${name}:`) ? replacement : [field])));
}

function disposition(value: string, ...more: readonly string[]): string {
  return changed('Disposition', `Disposition: ${value}`, ...more);
}

const automatic = 'automatic-action/MDN-sent-automatically;';
const negative = { positive: false } as const;
const base64Text = base64Lines(Buffer.from(lines(...fields))).toString();

export const variants: readonly ReceiptVariant[] = [
  { title: 'the ordinary one', contentType: report, body: withFields(...fields) },
  {
    title: 'HDR-17 capitals',
    contentType: 'MULTIPART/REPORT; REPORT-TYPE=DISPOSITION-NOTIFICATION; BOUNDARY=b',
    body: withFields(...fields),
  },
  {
    title: 'MDN-01 report-type missing',
    contentType: 'multipart/report; boundary=b',
    body: withFields(...fields),
  },
  {
    title: 'MDN-01 report-type after the boundary, without quotes',
    contentType: 'multipart/report; boundary=b; report-type=disposition-notification',
    body: withFields(...fields),
  },
  {
    title: 'RCV-06 multipart/mixed',
    contentType: 'multipart/mixed; boundary=b',
    body: withFields(...fields),
  },
  { title: 'RCV-06 text/html as content type', contentType: 'text/html', body: withFields(...fields) },
  { title: 'RCV-06 the boundary missing', contentType: 'multipart/report', body: withFields(...fields) },
  {
    title: 'pain 24 a wrong boundary',
    contentType: 'multipart/report; boundary=other',
    body: withFields(...fields),
  },
  {
    title: 'pain 24 the whole value in quotes',
    contentType: '"multipart/report; boundary=\\"b\\""',
    body: withFields(...fields),
  },
  {
    title: 'pain 24 the first boundary line missing',
    contentType: report,
    body: withFields(...fields).slice(5),
    expected: { text: /^$/ },
  },
  {
    title: 'the last boundary line missing',
    contentType: report,
    body: withFields(...fields).replace('--b--', ''),
  },
  { title: 'MIME-01 line feeds', contentType: report, body: withFields(...fields).replaceAll('\r\n', '\n') },
  {
    title: 'HTTP-08 preamble and epilogue',
    contentType: report,
    body: `A receipt\r\n${withFields(...fields)}\r\nThe end`,
  },
  {
    title: 'HTTP-07 base64 over all',
    contentType: report,
    headers: { 'Content-Transfer-Encoding': 'base64' },
    body: base64Lines(Buffer.from(withFields(...fields))).toString(),
  },

  {
    title: 'MDN-02 the parts in the other order',
    contentType: report,
    body: multipart(`${notification}\r\n\r\n${lines(...fields)}`, text),
  },
  {
    title: 'MDN-02 the message as third part',
    contentType: report,
    body: multipart(
      text,
      `${notification}\r\n\r\n${lines(...fields)}`,
      'Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nDisposition: none',
    ),
  },
  {
    title: 'MDN-02 the text missing',
    contentType: report,
    body: multipart(`${notification}\r\n\r\n${lines(...fields)}`),
    expected: { text: /^$/ },
  },
  {
    title: 'pain 25 a text in HTML',
    contentType: report,
    body: multipart(
      'Content-Type: text/html\r\n\r\n<p>The message was <b>received</b>.</p>',
      `${notification}\r\n\r\n${lines(...fields)}`,
    ),
    expected: { text: /^The message was received \.$/ },
  },
  {
    title: 'MDN-02 a text as alternatives',
    contentType: report,
    body: multipart(
      'Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--a\r\nContent-Type: text/plain\r\n\r\nThe message was received.\r\n--a--',
      `${notification}\r\n\r\n${lines(...fields)}`,
    ),
  },
  {
    title: 'a text in base64',
    contentType: report,
    body: multipart(
      'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nVGhlIG1lc3NhZ2Ugd2FzIHJlY2VpdmVkLg==',
      `${notification}\r\n\r\n${lines(...fields)}`,
    ),
  },
  {
    title: 'a text in Latin-1',
    contentType: report,
    body: multipart(
      'Content-Type: text/plain; charset=iso-8859-1\r\n\r\nempf\u00e4ngen',
      `${notification}\r\n\r\n${lines(...fields)}`,
    ),
    expected: { text: /^empfängen$/ },
  },
  {
    title: 'the fields in base64',
    contentType: report,
    body: multipart(text, `${notification}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Text}`),
  },
  {
    title: 'the fields in quoted-printable',
    contentType: report,
    body: multipart(
      text,
      `${notification}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${lines(...fields).replaceAll('=', '=3D')}`,
    ),
  },
  {
    title: 'the fields without a content type',
    contentType: report,
    body: multipart(text, `\r\n${lines(...fields)}`),
  },
  {
    title: 'the fields as text/plain',
    contentType: report,
    body: multipart(text, `Content-Type: text/plain\r\n\r\n${lines(...fields)}`),
  },
  {
    title: 'RCV-01, pain 25 the fields alone',
    contentType: 'message/disposition-notification',
    body: lines(...fields),
    expected: { text: /^$/ },
  },
  {
    title: 'the fields alone as text/plain',
    contentType: 'text/plain',
    body: lines(...fields),
    expected: { text: /^$/ },
  },

  {
    title: 'MDN-06 the fields in another order',
    contentType: report,
    body: withFields(...fields.toReversed()),
  },
  {
    title: 'MDN-06 names in capitals, without blanks',
    contentType: report,
    body: withFields(
      ...fields.map((field) => field.replace(/^[^:]+: /, (name) => name.toUpperCase().replace(' ', ''))),
    ),
  },
  {
    title: 'MDN-06 blanks before the colon',
    contentType: report,
    body: withFields(...fields.map((field) => field.replace(': ', ' :  '))),
  },
  {
    title: 'MDN-06 blank lines between groups',
    contentType: report,
    body: withFields(fields[0] ?? '', '', ...fields.slice(1, 4), '', ...fields.slice(4)),
  },
  {
    title: 'MDN-06 duplicates: the first counts',
    contentType: report,
    body: withFields(
      ...fields,
      'Original-Message-ID: <other@x>',
      'Disposition: automatic-action/MDN-sent-automatically; failed',
    ),
  },
  {
    title: 'MDN-06 unknown fields and lines that are none',
    contentType: report,
    body: withFields('X-Product: 1', 'no field', ...fields),
  },
  {
    title: 'MDN-08, pain 25 no address types, no Original-Recipient',
    contentType: report,
    body: withFields('Final-Recipient: BETA', ...fields.slice(3)),
  },
  {
    title: 'MDN-09 Original-Message-ID without brackets',
    contentType: report,
    body: changed('Original-Message-ID', `Original-Message-ID: ${messageId.slice(1, -1)}`),
    expected: { originalMessageId: messageId.slice(1, -1) },
  },
  {
    title: 'Original-Message-ID folded',
    contentType: report,
    body: changed('Original-Message-ID', 'Original-Message-ID:', `  ${messageId}`),
  },
  {
    title: 'Original-Message-ID missing, bound by its MIC',
    contentType: report,
    body: changed('Original-Message-ID'),
    expected: { originalMessageId: undefined },
  },

  {
    title: 'DSP-01 no blank after the semicolon',
    contentType: report,
    body: disposition('automatic-action/MDN-sent-automatically;processed'),
  },
  {
    title: 'DSP-01 folded before the type',
    contentType: report,
    body: disposition('automatic-action/MDN-sent-automatically;\r\n processed'),
  },
  {
    title: 'DSP-02 manual',
    contentType: report,
    body: disposition('manual-action/MDN-sent-manually; processed'),
  },
  {
    title: 'DSP-03 displayed',
    contentType: report,
    body: disposition(`${automatic} displayed`),
    expected: { type: 'displayed' },
  },
  {
    title: 'DSP-04 decryption-failed without a MIC',
    contentType: report,
    body: disposition(`${automatic} processed/Error: decryption-failed`).replace(/Received.*\r\n/, ''),
    expected: {
      ...negative,
      modifier: 'error',
      description: 'decryption-failed',
      mic: undefined,
      algorithm: undefined,
    },
  },
  {
    title: 'DSP-11 unsupported MIC-algorithms',
    contentType: report,
    body: disposition(`${automatic} failed/Failure: unsupported MIC-algorithms`),
    expected: { ...negative, type: 'failed', modifier: 'failure', description: 'unsupported MIC-algorithms' },
  },
  {
    title: 'DSP-15 duplicate-document',
    contentType: report,
    body: disposition(`${automatic} processed/warning: duplicate-document`),
    expected: { modifier: 'warning', description: 'duplicate-document' },
  },
  {
    title: 'DSP-16 a bare error with its lines',
    contentType: report,
    body: disposition(`${automatic} processed/error`, 'Error: first', 'Error: second'),
    expected: { ...negative, modifier: 'error' },
  },
  {
    title: 'DSP-16 a Warning line',
    contentType: report,
    body: disposition(`${automatic} processed/warning`, 'Warning: late'),
    expected: { modifier: 'warning' },
  },
  {
    title: 'DSP-17 processed, but with an Error line',
    contentType: report,
    body: disposition(`${automatic} processed`, 'Error: not really'),
    expected: negative,
  },
  {
    title: 'DSP-17 an empty Error line says nothing',
    contentType: report,
    body: disposition(`${automatic} processed`, 'Error:'),
  },
  {
    title: 'DSP-17 no disposition',
    contentType: report,
    body: changed('Disposition'),
    expected: { ...negative, type: undefined },
  },
  {
    title: 'DSP-17 an empty disposition',
    contentType: report,
    body: disposition(''),
    expected: { ...negative, type: undefined },
  },
  {
    title: 'DSP-18 UTF-8 in the description',
    contentType: report,
    body: disposition(
      `${automatic} processed/error: ${Buffer.from('Lieferant gesperrt – geprüft').toString('latin1')}`,
    ),
    expected: { ...negative, modifier: 'error', description: 'Lieferant gesperrt – geprüft' },
  },

  {
    title: 'MIC-10 no blank, other spelling',
    contentType: report,
    body: changed('Received-content-MIC', `Received-Content-MIC:${mic},SHA256`),
  },
  {
    title: 'MIC-10, pain 7 folded inside the digest',
    contentType: report,
    body: changed(
      'Received-content-MIC',
      `Received-content-MIC: ${mic.slice(0, 20)}`,
      ` ${mic.slice(20)}, sha_256`,
    ),
  },
  {
    title: 'MIC-10 no algorithm',
    contentType: report,
    body: changed('Received-content-MIC', `Received-content-MIC: ${mic}`),
    expected: { algorithm: undefined },
  },
  {
    title: 'MIC-10 in hexadecimal',
    contentType: report,
    body: changed(
      'Received-content-MIC',
      `Received-content-MIC: ${Buffer.from(mic, 'base64').toString('hex')}, sha256`,
    ),
  },
  {
    title: 'pain 25 an empty MIC',
    contentType: report,
    body: changed('Received-content-MIC', 'Received-content-MIC: '),
    expected: { mic: undefined, algorithm: undefined },
  },
  {
    title: 'pain 25 nothing but a disposition',
    contentType: report,
    body: withFields(fields[4] ?? ''),
    expected: { originalMessageId: undefined, mic: undefined, algorithm: undefined, positive: false },
  },
];
