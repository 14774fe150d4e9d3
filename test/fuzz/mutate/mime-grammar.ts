import type { Random } from '../random';

/*
 * Header lines and values out of the grammars of RFC 2045, 2047, 2231, 4130 and 8098, and beside them.
 */

const NAMES = [
  'Content-Type',
  'Content-Disposition',
  'Content-Transfer-Encoding',
  'AS2-From',
  'AS2-To',
  'Message-ID',
  'Subject',
  'Date',
  'MIME-Version',
  'Disposition-Notification-To',
  'Disposition-Notification-Options',
  'Receipt-Delivery-Option',
  'EDIINT-Features',
  'Original-Message-ID',
  'Disposition',
  'Received-content-MIC',
  'Final-Recipient',
  'Reporting-UA',
  'Error',
  '__proto__',
  'X',
];

const TYPES = [
  'multipart/signed',
  'multipart/report',
  'multipart/mixed',
  'application/pkcs7-mime',
  'application/x-pkcs7-mime',
  'application/pkcs7-signature',
  'message/disposition-notification',
  'application/EDI-X12',
  'application/octet-stream',
  'text/plain',
  'attachment',
  'automatic-action/MDN-sent-automatically',
  'processed/error: x',
  '',
  '/',
  'a/b/c',
];

const PARAMETERS = [
  'boundary',
  'micalg',
  'protocol',
  'smime-type',
  'name',
  'filename',
  'charset',
  'report-type',
  'x',
  '',
];

const WORDS = [
  'processed',
  'failed/failure',
  'error',
  'sha-256',
  'SHA1',
  'rsa-md5',
  'required',
  'optional',
  'pkcs7-signature',
  '=?UTF-8?B?w6TDtsO8?=',
  '=?utf-8?q?a=0D=0Ab?=',
  '=?x?b?====?=',
  "UTF-8''%e4%0d%0a",
  '<id@host>',
  'C:\\dir\\file.edi',
  '../../etc/passwd',
  'CON',
  '\u00e4\u00f6',
  '\u00c3\u00a4',
  '\u0000',
  '\u202e'.slice(1) + '.',
  '"',
  '\\',
  '(',
  ')',
  '(c)',
  ';',
  ',',
  '=',
  ' ',
  '\t',
  '%0D%0A',
  'a',
  '0',
  'http://127.0.0.1/',
];

function repeated(random: Random, text: string): string {
  return random.chance(25) ? text.repeat(random.between(10, 3000)) : text;
}

/** Words of all kinds side by side. */
export function headerText(random: Random): string {
  const count = random.size(8);
  const words = Array.from({ length: count }, () => repeated(random, random.pick(WORDS)));
  return words.join(random.pick(['', ' ', ';', ', ']));
}

/** `value; name=text; …` with quotes, comments, RFC 2231 and everything that can be forgotten. */
export function parameterized(random: Random): string {
  const count = random.chance(30) ? random.between(50, 1000) : random.size(6);
  let line = random.pick(TYPES);
  for (let left = count; left > 0; left -= 1) {
    line += random.pick(['; ', ';', ' ;', ' ', ';;', '; (c) ']);
    line += parameterName(random) + random.pick(['=', '=', '= ', ' =', '']) + parameterValue(random);
  }
  return line;
}

function parameterName(random: Random): string {
  const suffix = random.pick(['', '', '', '*', '*0', '*0*', '*1', '*1*', '*2', '**']);
  return random.pick(PARAMETERS) + suffix;
}

function parameterValue(random: Random): string {
  const value = headerText(random);
  return random.pick([
    value,
    `"${value}"`,
    `"${value}`,
    `""${value}""`,
    `"${value.replace(/["\\]/g, '\\$&')}"`,
  ]);
}

/** `Name: value`, or nearly. */
export function headerLine(random: Random): string {
  const value = random.chance(2) ? parameterized(random) : headerText(random);
  return random.pick(NAMES) + random.pick([': ', ':', ' : ', '', ':\t']) + value;
}

/** A whole header block. */
export function headerBlock(random: Random): string {
  const lines = Array.from({ length: random.size(12) }, () => headerLine(random));
  return lines.map((line) => line + random.pick(['\r\n', '\r\n', '\n', '\r\n '])).join('');
}
