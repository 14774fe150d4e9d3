import { createHash, randomUUID } from 'node:crypto';
import { dispositionFor, formatDisposition, formatMic, processed } from '../../../src/as2';
import { digestAlgorithm, digestByName, signDetached } from '../../../src/cms';
import { base64Lines } from '../../../src/mime';
import type { KeyPair } from '../../../src/pki';
import type { ArrivedMessage } from './arrival';
import { changedFields, type FieldChanges } from './fields';
import type { WireField } from './wire';

/** How a receipt is written; without a word about it, as RFC 4130 has it and as true as the partner knows. */
export interface ReceiptScript {
  /** What stands behind `Disposition:`, exactly so. Default: what really became of the message. */
  readonly disposition?: string;
  /** `wrong` is the digest of something else; any other text is written exactly so. Default: the right one. */
  readonly mic?: 'wrong' | 'none' | (string & {});
  /** Default: by the partner, when a signed receipt was asked for. `stranger`: by a key nobody knows. */
  readonly signedBy?: 'partner' | 'nobody' | 'stranger' | KeyPair;
  /** Digest of the signature. Default: the first of those that were asked for. */
  readonly digest?: string;
  /** What stands behind `Original-Message-ID:`. */
  readonly messageId?: 'none' | (string & {});
  /** For people. */
  readonly text?: string;
  /** Media type of the text. Default: `text/plain`. */
  readonly textType?: string;
  /** Fields of the machine-readable part, replaced, added or (undefined) left away. */
  readonly fields?: FieldChanges;
  /** The last word about the lines of the machine-readable part. */
  readonly rewriteFields?: (lines: readonly string[]) => readonly string[];
  /** The last word about the report before it is signed: its MIME headers, a blank line and its body. */
  readonly rewriteReport?: (entity: string) => string;
  /** HTTP header fields, replaced, added or (undefined) left away. */
  readonly headers?: FieldChanges;
  /** Changes the bytes after they were signed. */
  readonly damage?: (body: Buffer) => Buffer;
}

export interface WrittenReceipt {
  readonly fields: readonly WireField[];
  readonly body: Buffer;
}

export interface Signers {
  readonly partner: KeyPair;
  /** Made when it is needed. */
  readonly stranger: () => Promise<KeyPair>;
}

/** A receipt for a message, or for one that could not be opened. */
export async function writeReceipt(
  message: ArrivedMessage,
  script: ReceiptScript,
  signers: Signers,
): Promise<WrittenReceipt> {
  const report = script.rewriteReport?.(reportEntity(message, script)) ?? reportEntity(message, script);
  const signer = await signerOf(message, script, signers);
  const entity = signer ? await signed(report, signer, digestFor(message, script)) : report;
  const end = entity.indexOf('\r\n\r\n');
  const contentType = entity.slice('Content-Type: '.length, end);
  const written = Buffer.from(entity.slice(end + 4), 'latin1');
  const { fromField, toField } = message.as2;
  const fields: WireField[] = [
    ['Date', new Date().toUTCString()],
    ['MIME-Version', '1.0'],
    ['AS2-Version', '1.1'],
    ['AS2-From', toField],
    ['AS2-To', fromField],
    ['Message-ID', `<${randomUUID()}@trading-partner.example>`],
    ['Content-Type', contentType],
  ];
  return { fields: changedFields(fields, script.headers), body: script.damage?.(written) ?? written };
}

/** multipart/report with its MIME headers (RFC 4130 §7.4.2). */
function reportEntity(message: ArrivedMessage, script: ReceiptScript): string {
  const boundary = `report-${randomUUID()}`;
  const lines = notificationLines(message, script);
  return [
    `Content-Type: multipart/report; report-type=disposition-notification; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    `Content-Type: ${script.textType ?? 'text/plain; charset=us-ascii'}`,
    '',
    script.text ?? 'This is the receipt of a trading partner for tests.',
    `--${boundary}`,
    'Content-Type: message/disposition-notification',
    '',
    ...(script.rewriteFields?.(lines) ?? lines),
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

function notificationLines({ as2, problem, mic }: ArrivedMessage, script: ReceiptScript): string[] {
  const recipient = `rfc822; ${as2.toField}`;
  const fields: WireField[] = [
    ['Reporting-UA', 'trading-partner.example; trading partner for tests'],
    ['Original-Recipient', recipient],
    ['Final-Recipient', recipient],
  ];
  const messageId = script.messageId ?? as2.messageId ?? 'none';
  if (messageId !== 'none') fields.push(['Original-Message-ID', messageId]);
  const became = formatDisposition(problem ? dispositionFor(problem) : processed);
  fields.push(['Disposition', script.disposition ?? became]);
  const spelling = as2.receipt?.micalg?.values.find((name) => digestByName(name)?.name === mic?.algorithm);
  const right = mic ? formatMic(mic, spelling) : 'none';
  const said = script.mic === 'wrong' ? wrongMic(spelling) : (script.mic ?? right);
  if (said !== 'none') fields.push(['Received-content-MIC', said]);
  return changedFields(fields, script.fields).map(([name, value]) => `${name}: ${value}`);
}

function wrongMic(spelling = 'sha-256'): string {
  const { nodeName } = digestByName(spelling) ?? digestAlgorithm('sha-256');
  return `${createHash(nodeName).update('something else').digest('base64')}, ${spelling}`;
}

async function signerOf(
  { as2 }: ArrivedMessage,
  { signedBy }: ReceiptScript,
  signers: Signers,
): Promise<KeyPair | undefined> {
  const chosen = signedBy ?? (as2.receipt?.protocol ? 'partner' : 'nobody');
  if (chosen === 'nobody') return undefined;
  if (chosen === 'partner') return signers.partner;
  return chosen === 'stranger' ? signers.stranger() : chosen;
}

function digestFor({ as2 }: ArrivedMessage, { digest }: ReceiptScript) {
  const names = [...(digest === undefined ? [] : [digest]), ...(as2.receipt?.micalg?.values ?? [])];
  for (const name of names) {
    const known = digestByName(name);
    if (known) return known;
  }
  return digestAlgorithm('sha-256');
}

/** multipart/signed around a report (RFC 4130 §7.4.2). */
async function signed(
  report: string,
  keyPair: KeyPair,
  { name: digest, nodeName, micalg }: ReturnType<typeof digestFor>,
): Promise<string> {
  const hash = createHash(nodeName).update(report, 'latin1').digest();
  const signature = await signDetached(hash, { keyPair, digest });
  const boundary = `signed-${randomUUID()}`;
  return [
    `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=${micalg}; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    report,
    `--${boundary}`,
    'Content-Type: application/pkcs7-signature; name="smime.p7s"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="smime.p7s"',
    '',
    base64Lines(signature).toString('latin1').trimEnd(),
    `--${boundary}--`,
    '',
  ].join('\r\n');
}
