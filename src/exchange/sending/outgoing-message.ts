import { defaultAllowedDigests, type ExpectedReceipt, type SentContent } from '../../as2';
import type { ByteSource, SizedSource } from '../../bytes';
import type { DigestName } from '../../cms';
import { Headers } from '../../mime';
import type { ExchangeFile, ExchangeRecord } from '../../store';
import type { Relationship, StoredPayload } from '../types';
import type { OutgoingFacts, OutgoingFolder } from './outgoing-facts';

/** What is at hand of a message that was composed just now. */
interface AtHand {
  readonly headers: Headers;
  /** The payload as it was given to us; it may not be readable a second time. */
  readonly content: ByteSource;
  /** JSON. */
  readonly context?: string | undefined;
}

/** A finished request in the spool, ready to be posted as often as needed, also after a restart. */
export class OutgoingMessage {
  constructor(
    readonly folder: OutgoingFolder,
    private readonly atHand?: AtHand,
  ) {}

  get id(): string {
    return this.folder.record.id;
  }

  get record(): ExchangeRecord<OutgoingFacts> {
    return this.folder.record;
  }

  get facts(): OutgoingFacts {
    return this.folder.record.facts;
  }

  get sizeBytes(): number {
    return this.facts.sizeBytes ?? 0;
  }

  /** The header fields, those of the first attempt to the letter (REL-01). */
  async headers(): Promise<Headers> {
    if (this.atHand) return this.atHand.headers;
    const stored = await this.folder.read('request-headers.json');
    return Headers.fromPairs(JSON.parse(stored.toString('utf8')) as [string, string][]);
  }

  async body(): Promise<SizedSource> {
    return this.folder.source('request.raw');
  }

  /** The body without its beginning. */
  async bodyFrom(first: number): Promise<SizedSource> {
    return first === 0 ? this.body() : this.folder.tail('request.raw', first);
  }

  /** Whether this process has composed it and not yet made a second attempt. */
  get isFresh(): boolean {
    return this.atHand !== undefined && this.record.attempts <= 1;
  }

  /** What `submit` was given to remember. */
  async context(): Promise<object | undefined> {
    const text = this.atHand ? this.atHand.context : await this.storedContext();
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as object;
    } catch {
      // Damaged on the disk: the outcome is told all the same.
      return undefined;
    }
  }

  /** What was sent, inside all layers; undefined when it was not kept. */
  async payload(): Promise<StoredPayload | undefined> {
    return this.stored(this.isPlain ? 'request.raw' : 'payload');
  }

  /** A document that was sent beside it, from 1; undefined when it was not kept. */
  async attachment(number: number): Promise<StoredPayload | undefined> {
    return this.stored(`attachment-${number}`);
  }

  /** What its receipt has to say. */
  expectedReceipt({ identity, partner }: Relationship): ExpectedReceipt {
    const { messageId, mics = [], receiptWanted } = this.facts;
    return {
      messageId,
      mics,
      signedRequired: receiptWanted === 'signed',
      allowedDigests: digestsOfReceipts(partner),
      ownAs2Name: identity.as2Name,
      partnerAs2Name: partner.as2Name,
    };
  }

  /** For another look, when the receipt does not fit. */
  async sentContent(): Promise<SentContent> {
    const { signed, encrypted, compressed, contentHeaders = [] } = this.facts;
    const request = { headers: await this.headers(), body: await this.body() };
    const body = await this.innermostBody();
    return {
      entity: { headers: Headers.fromPairs(contentHeaders), body },
      signed,
      encrypted,
      compressed,
      request,
    };
  }

  private async stored(file: ExchangeFile): Promise<StoredPayload | undefined> {
    const { folder } = this;
    if (!(await folder.has(file))) return undefined;
    return {
      ...(await folder.source(file)),
      read: () => folder.read(file),
      file: () => folder.file(file),
    };
  }

  private async storedContext(): Promise<string | undefined> {
    if (!(await this.folder.has('message.json'))) return undefined;
    return (await this.folder.read('message.json')).toString('utf8');
  }

  /** Of several documents the frame around them is not kept; then there is nothing to look at again. */
  private async innermostBody(): Promise<ByteSource> {
    const { attachments } = this.facts;
    if (!attachments) return (await this.payload()) ?? this.atHand?.content ?? unreadable;
    const { signed, encrypted, compressed } = this.facts;
    return signed || encrypted || compressed ? unreadable : this.body();
  }

  private get isPlain(): boolean {
    const { signed, encrypted, compressed, attachments } = this.facts;
    return !signed && !encrypted && !compressed && !attachments;
  }
}

const unreadable: ByteSource = {
  open: () => {
    throw new Error('it was not kept');
  },
};

/** What messages may be signed with (SEC-05); and whoever signs with SHA-1 asks for receipts that are, too. */
function digestsOfReceipts({ requires, sending }: Relationship['partner']): readonly DigestName[] {
  const allowed = requires?.allowedDigests ?? defaultAllowedDigests;
  return sending.sign === 'none' ? allowed : [...allowed, sending.sign];
}
