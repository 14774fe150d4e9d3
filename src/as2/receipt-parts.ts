import { bufferSource, type Chunks, readAll } from '../bytes';
import { readSignedData, type SignedData } from '../cms';
import { As2Error, isAs2Error } from '../errors';
import { decodeTransferEncoding, type Headers, readEntity, readMultipart } from '../mime';
import type { Certificate } from '../pki';
import { binaryCms } from './cms-bytes';
import { judgeReceiptSignature } from './receipt-signature';
import type { JudgedSignature } from './incoming-signature';
import { entityKind, mediaTypeOfEntity } from './media-types';
import { ReceiptFields } from './receipt-fields';

/** Report and notification, and two more multiparts around or between them (SEC-11). */
const MOST_LAYERS = 4;
const MOST_SIGNATURES = 3;
const LONGEST_TEXT = 64 * 1024;
/** Fields are a few lines; what a hostile partner puts there must not keep the event loop busy (SEC-11). */
const LONGEST_FIELDS = 256 * 1024;
/** What a machine-readable part without its content type is known by (RCV-06). */
const HAS_DISPOSITION = /^disposition[ \t]*:/im;
const HAS_OTHER_FIELD =
  /^(?:final-recipient|original-recipient|original-message-id|reporting-ua|received-content-mic)[ \t]*:/im;

/** Fields, and the signature around them if there is one. */
interface Found {
  readonly fields: ReceiptFields;
  signature?: JudgedSignature;
}

/**
 * Where an entity stands. Layers are counted anew inside a signature: what a signed entity says must not depend on
 * what somebody else put around it (SEC-12).
 */
interface Place {
  readonly layers: number;
  readonly signatures: number;
}

/** Finds the parts of a receipt in whatever structure it came. */
export class ReceiptParts {
  private notification: Found | undefined;
  /** In a part that does not say what it is: it counts where nothing else does. */
  private guessed: Found | undefined;
  private plainText: string | undefined;
  private otherText: string | undefined;

  private constructor(private readonly trusted: readonly Certificate[]) {}

  static async find(headers: Headers, body: Buffer, trusted: readonly Certificate[]): Promise<ReceiptParts> {
    const parts = new ReceiptParts(trusted);
    await parts.look(headers, body, { layers: 1, signatures: 0 });
    return parts;
  }

  get fields(): ReceiptFields | undefined {
    return this.found?.fields;
  }

  /** Of the signature around the fields. */
  get signature(): JudgedSignature | undefined {
    return this.found?.signature;
  }

  private get found(): Found | undefined {
    return this.notification ?? this.guessed;
  }

  /** The part for people, as plain text. */
  get text(): string {
    return (this.plainText ?? this.otherText ?? '').slice(0, LONGEST_TEXT).trim();
  }

  private async look(headers: Headers, body: Buffer, place: Place): Promise<void> {
    if (place.layers > MOST_LAYERS) return;
    switch (entityKind(headers)) {
      case 'signed':
        return this.lookIntoSigned(headers, body, place);
      case 'cms':
        return this.lookIntoCms(body, place);
      case 'notification':
        this.notification ??= { fields: ReceiptFields.parse(body.toString('latin1', 0, LONGEST_FIELDS)) };
        return;
      case 'report':
        return this.lookIntoParts(headers, body, place);
      case 'content':
        return this.lookAtContent(headers, body, place);
    }
  }

  /** Only the signed part is looked at: nothing else in there is proved (SEC-12). */
  private async lookIntoSigned(headers: Headers, body: Buffer, place: Place): Promise<void> {
    const [content, signature] = await partsOf(headers, body);
    if (!content) return;
    await this.lookIntoSignedEntity(content, place, async () => {
      return judgeReceiptSignature(await signatureIn(signature), content, this.trusted);
    });
  }

  private async lookIntoCms(body: Buffer, place: Place): Promise<void> {
    const bytes = await collected(await binaryCms(bufferSource(body).open()));
    let signedData;
    try {
      signedData = readSignedData(bytes);
    } catch (error) {
      if (!isAs2Error(error)) throw error;
      throw new As2Error('receipt-unreadable', { reason: error.message }, { cause: error });
    }
    const content = signedData.eContent;
    if (!content) return;
    await this.lookIntoSignedEntity(content, place, async () => {
      return judgeReceiptSignature(() => signedData, content, this.trusted);
    });
  }

  /** A signature says something about the fields that are found inside it, and about no others (SEC-12). */
  private async lookIntoSignedEntity(
    content: Buffer,
    place: Place,
    judge: () => Promise<JudgedSignature>,
  ): Promise<void> {
    const signatures = place.signatures + 1;
    if (signatures > MOST_SIGNATURES)
      throw new As2Error('receipt-unreadable', {
        reason: 'it has more signatures in one another than any use.',
      });
    const before = [this.notification, this.guessed];
    await this.lookIntoEntity(content, { layers: 0, signatures });
    const inside = [this.notification, this.guessed].filter((found) => found && !before.includes(found));
    if (inside.length === 0) return;
    const signature = await judge();
    for (const found of inside) if (found) found.signature = signature;
  }

  /** In any order, with further parts or without, the texts perhaps as alternatives (MDN-02). */
  private async lookIntoParts(headers: Headers, body: Buffer, place: Place): Promise<void> {
    for (const part of await partsOf(headers, body)) await this.lookIntoEntity(part, place);
  }

  private async lookIntoEntity(bytes: Buffer, { layers, signatures }: Place): Promise<void> {
    const { headers, body } = await readEntity(bufferSource(bytes).open());
    await this.look(headers, await decodedBody(headers, body), { layers: layers + 1, signatures });
  }

  private async lookAtContent(headers: Headers, body: Buffer, place: Place): Promise<void> {
    const { value } = mediaTypeOfEntity(headers);
    const text = decodedText(body);
    if (value.startsWith('multipart/') || guessedBoundary(body))
      return this.lookIntoParts(headers, body, place);
    if (HAS_DISPOSITION.test(text) && HAS_OTHER_FIELD.test(text))
      this.guessed ??= { fields: ReceiptFields.parse(text.slice(0, LONGEST_FIELDS)) };
    else if (value === 'text/plain') this.plainText ??= text;
    else if (value.startsWith('text/'))
      this.otherText ??= text.replace(/<[^<>]*>/g, ' ').replace(/[ \t]+/g, ' ');
  }
}

/** The raw bytes of each part. A receipt whose end is missing is read as far as it goes. */
async function partsOf(headers: Headers, body: Buffer): Promise<Buffer[]> {
  const boundary = mediaTypeOfEntity(headers).parameters.get('boundary');
  try {
    return await splitParts(body, boundary);
  } catch (error) {
    const guessed = guessedBoundary(body);
    const isWrong = isAs2Error(error) && /^mime-boundary-(?:missing|not-found)$/.test(error.code);
    if (isWrong && guessed !== undefined && guessed !== boundary) return splitParts(body, guessed);
    if (isWrong) return [];
    throw error;
  }
}

async function splitParts(body: Buffer, boundary: string | undefined): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  try {
    for await (const part of readMultipart(bufferSource(body).open(), boundary)) {
      const chunks: Buffer[] = [];
      parts.push(Buffer.alloc(0));
      try {
        for await (const chunk of part) chunks.push(chunk);
      } finally {
        parts[parts.length - 1] = Buffer.concat(chunks);
      }
    }
  } catch (error) {
    if (!isAs2Error(error) || error.code !== 'mime-multipart-truncated') throw error;
  }
  return parts;
}

/** The boundary of a body whose content type does not tell it: its first line says. */
function guessedBoundary(body: Buffer): string | undefined {
  return /^\s*--([!-~](?:[ -~]{0,249}[!-~])?)[ \t]*\r?\n/.exec(body.toString('latin1', 0, 1024))?.[1];
}

/** @returns what gives the signature, or the As2Error why it cannot be read */
async function signatureIn(part: Buffer | undefined): Promise<() => SignedData> {
  try {
    const { headers, body } = await readEntity(bufferSource(part ?? Buffer.alloc(0)).open());
    const bytes = await collected(await binaryCms(bufferSource(await decodedBody(headers, body)).open()));
    return () => readSignedData(bytes);
  } catch (error) {
    if (!isAs2Error(error)) throw error;
    return () => {
      throw error;
    };
  }
}

async function decodedBody(headers: Headers, body: Chunks): Promise<Buffer> {
  return collected(decodeTransferEncoding(body, headers.get('Content-Transfer-Encoding')));
}

/** What is decoded here is no larger than the receipt, which was limited before. */
async function collected(chunks: Chunks): Promise<Buffer> {
  return readAll(chunks, Infinity, () => new As2Error('receipt-too-large', { limitBytes: Infinity }));
}

/** UTF-8 where it is valid, else Latin-1. */
function decodedText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
