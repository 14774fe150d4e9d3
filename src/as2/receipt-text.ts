import type { Disposition } from './disposition';
import { dispositionTexts as texts } from './disposition-for-error';
import type { RequestHeaders } from './headers';
import { isPositive } from './disposition';

/** Lines of the human-readable part stay below this (MDN-10). */
const LINE_CHARACTERS = 75;
const LONGEST_TEXT = 4000;

/** What the partner is told. It says less than the error our user sees: nothing about keys or causes (SEC-03). */
const outcomes: Readonly<Record<string, string>> = {
  [texts.authenticationFailed]:
    'The sender of the message could not be authenticated by its signature. The message was not processed.',
  [texts.decompressionFailed]: 'The message could not be decompressed. It was not processed.',
  [texts.decryptionFailed]: 'The message could not be decrypted. It was not processed.',
  [texts.duplicateFilename]:
    'Two files in the message have the same name. The message was not processed; please give them different names.',
  [texts.illegalFilename]:
    'The name of a file in the message cannot be used. The message was not processed; please use letters, digits, dots and hyphens.',
  [texts.insufficientMessageSecurity]:
    'The message is less protected than agreed (signature, encryption or their algorithms). It was not processed.',
  [texts.integrityCheckFailed]:
    'The content of the message does not match its signature. It was not processed.',
  [texts.unknownTradingRelationship]:
    'No exchange is agreed between these two AS2 names. The message was not processed.',
  [texts.unsupportedFormat]:
    'The receipt was asked for in a signature format that is not supported. The message was not processed.',
  [texts.unsupportedMicAlgorithms]:
    'None of the digest algorithms asked for is supported. The message was not processed.',
};

/**
 * The human-readable part of a receipt: which message, and what became of it (MDN-10). Plain ASCII, short lines.
 * @param remark one more paragraph, such as the reason why the receiving flow refused a message
 */
export function receiptText(request: RequestHeaders, disposition: Disposition, remark?: string): string {
  const message = [
    ['Message', request.messageId],
    ['From', request.from],
    ['To', request.to],
    ['Subject', request.subject],
    ['Date', request.date],
  ].flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  return asciiLines([...message, '', outcomeText(disposition), ...(remark ? ['', remark] : [])].join('\n'));
}

function outcomeText(disposition: Disposition): string {
  if (isPositive(disposition)) return 'The message was received.';
  return outcomes[disposition.description ?? ''] ?? 'The message could not be processed.';
}

/** Text as ASCII with CRLF line ends and short lines, bounded; what is not ASCII becomes a question mark. */
export function asciiLines(text: string): string {
  return asciiOf(text.slice(0, LONGEST_TEXT).trimEnd())
    .split(/\r\n|\r|\n/)
    .flatMap((line) => wrapped(line.replace(/[^\x20-\x7e]/gu, '?')))
    .map((line) => `${line}\r\n`)
    .join('');
}

/** Letters without their accents, where they have some. */
function asciiOf(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what is ASCII already has no accents
  return /^[\x00-\x7f]*$/.test(text) ? text : text.normalize('NFKD').replace(/\p{M}+/gu, '');
}

const WRAPPED = new RegExp(`.{1,${LINE_CHARACTERS}}(?:\\s+|$)|.{${LINE_CHARACTERS}}`, 'g');

/** Breaks at blanks; a word that is longer than a line is cut. */
function wrapped(line: string): string[] {
  if (line.length <= LINE_CHARACTERS) return [line.trimEnd()];
  return line.match(WRAPPED)?.map((part) => part.trimEnd()) ?? [''];
}
