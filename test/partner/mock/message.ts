import { tmpdir } from 'node:os';
import {
  composeCompressedMessage,
  composeMessage,
  type ComposeOptions,
  type CompressOptions,
  type KeptMic,
  newMessageId,
} from '../../../src/as2';
import { bufferFlow, readAll } from '../../../src/bytes';
import type { CipherName, DigestName, EncryptOptions } from '../../../src/cms';
import { toAs2Error } from '../../../src/errors';
import type { Certificate, KeyPair } from '../../../src/pki';
import { changedFields, type FieldChanges } from './fields';
import type { WireField } from './wire';

/** A document the partner sends. */
export interface Document {
  readonly payload: Buffer | string;
  readonly contentType?: string;
  readonly filename?: string;
}

/** What the partner sends, and how it is protected. The defaults are those of the nodes. */
export interface MessageScript {
  /** Default: a short text. */
  readonly payload?: Buffer | string;
  readonly contentType?: string;
  readonly filename?: string | undefined;
  /** More documents in the same message (RFC 6362). */
  readonly attachments?: readonly Document[];
  /** Default: `signed+encrypted`. */
  readonly protection?: 'signed+encrypted' | 'signed' | 'encrypted' | 'none';
  readonly digest?: DigestName;
  readonly cipher?: CipherName;
  /** How the key of the message is encrypted. Default: `rsa-pkcs1`. */
  readonly keyTransport?: EncryptOptions['keyTransport'];
  readonly compress?: CompressOptions['order'];
  /** Default: a signed one. */
  readonly receipt?: 'signed' | 'unsigned' | 'none';
  /** The receipt is to come later: to this URL, or with `true` to the partner's own. */
  readonly receiptUrl?: string | true;
  readonly subject?: string;
  readonly messageId?: string;
  /** HTTP header fields, replaced, added or (undefined) left away. */
  readonly headers?: FieldChanges;
  /** Changes the bytes after they were protected. */
  readonly damage?: (body: Buffer) => Buffer;
}

/** A message as it travels. */
export interface ComposedMessage {
  readonly messageId: string;
  readonly fields: readonly WireField[];
  readonly body: Buffer;
  /** The digests the receipt may have. */
  readonly mics: readonly KeptMic[];
  readonly signedReceipt: boolean;
}

export interface Sides {
  readonly from: { readonly as2Name: string; readonly keyPair: KeyPair };
  readonly to: { readonly as2Name: string; readonly certificate?: Certificate };
  /** Where the partner takes receipts. */
  readonly ownUrl: string;
}

/** Messages of tests are small; they are held in memory. */
const LARGEST_BYTES = 1024 ** 3;

export async function writeMessage(script: MessageScript, sides: Sides): Promise<ComposedMessage> {
  const o = composeOptions(script, sides);
  const { compress } = script;
  const spill = { directory: tmpdir(), thresholdBytes: LARGEST_BYTES };
  const composed = compress
    ? await composeCompressedMessage({ ...o, compress: { order: compress, spill } })
    : composeMessage(o);
  const body = await readAll(composed.body.chunks, LARGEST_BYTES, () => toAs2Error(new Error('too large')));
  return {
    messageId: o.messageId,
    fields: changedFields(composed.headers.entries(), script.headers),
    body: script.damage?.(body) ?? body,
    mics: composed.mics(),
    signedReceipt: o.receipt?.signed ?? false,
  };
}

function composeOptions(script: MessageScript, { from, to, ownUrl }: Sides): ComposeOptions {
  const { protection = 'signed+encrypted', receipt = 'signed', receiptUrl, subject, keyTransport } = script;
  const deliveryUrl = receiptUrl === true ? ownUrl : receiptUrl;
  return {
    from: from.as2Name,
    to: to.as2Name,
    messageId: script.messageId ?? newMessageId('trading-partner.example'),
    ...(subject === undefined ? {} : { subject }),
    payload: documentOf({ payload: 'An order', ...script }),
    ...(script.attachments ? { attachments: script.attachments.map(documentOf) } : {}),
    ...(protection.startsWith('signed')
      ? { sign: { keyPair: from.keyPair, digest: script.digest ?? 'sha-256' } }
      : {}),
    ...(protection.endsWith('encrypted')
      ? { encrypt: { recipients: [certificateOf(to)], cipher: script.cipher ?? 'aes-256-cbc', keyTransport } }
      : {}),
    ...(receipt === 'none'
      ? {}
      : { receipt: { signed: receipt === 'signed', ...(deliveryUrl === undefined ? {} : { deliveryUrl }) } }),
  };
}

function certificateOf({ as2Name, certificate }: Sides['to']): Certificate {
  if (!certificate) throw new TypeError(`no certificate of ${as2Name} to encrypt with`);
  return certificate;
}

function documentOf({ payload, contentType = 'application/octet-stream', filename }: Document) {
  const content = bufferFlow(typeof payload === 'string' ? Buffer.from(payload) : payload);
  return { content, contentType, ...(filename === undefined ? {} : { filename }) };
}
