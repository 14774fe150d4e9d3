import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { StoredPayload } from '../../../src/exchange';
import type { SentReport } from '../out-message';
import { type KeptDocument, type KeptMessage, plainMessage } from './kept-message';

/** A message of the flow while its documents are on their way. */
export interface HeldMessage {
  readonly message: NodeMessageInFlow;
  readonly done: (error?: Error) => void;
  /** The node that got it. With the next deploy another one takes over, which cannot use `done` for errors. */
  readonly node: Node;
  readonly owner: string;
  readonly documents: readonly (KeptDocument | null)[];
  readonly report: SentReport;
  /** Documents that were taken out of the message, and lie in the spool. */
  readonly light: Set<KeptDocument>;
}

/** A document as the spool keeps it: the first one is the payload. */
export type StoredDocuments = (index: number) => Promise<StoredPayload | undefined>;

/** From this size on, a document that has to wait does not wait in memory. */
const LARGE_BYTES = 64 * 1024;
/** Of all that wait; of very many, each stays in memory only while it is small. */
const MEMORY_BYTES = 16 * 1024 * 1024;
/** Up to this size a resumed message gets its document back as what it was; beyond it, as the path of a file. */
const MOST_IN_MEMORY = 16 * 1024 * 1024;

/** What is to be stored with the message. The documents stay out of it: the spool has them. */
export function keptMessage(
  RED: NodeAPI,
  token: string,
  { message, documents, report }: Pick<HeldMessage, 'message' | 'documents' | 'report'>,
): KeptMessage {
  const taken = documents
    .filter((place) => place !== null)
    .map((place) => ({ place, document: documentIn(RED, message, place) }));
  const kept: KeptDocument[] = [];
  try {
    for (const { place } of taken) if (put(RED, message, place, undefined)) kept.push(place);
    const stored = documents.map((place) => (place && kept.includes(place) ? place : null));
    return { token, ...plainMessage(message), ...(kept.length > 0 ? { documents: stored } : {}), report };
  } finally {
    // Backwards: the same object may stand in a list twice.
    for (const { place, document } of taken.reverse()) {
      if (kept.includes(place)) put(RED, message, place, document);
    }
  }
}

/**
 * Frees the memory of large documents while their message waits for an attempt or for its receipt.
 * @param count of the messages that wait
 */
export function lighten(RED: NodeAPI, { message, documents, light }: HeldMessage, count: number): void {
  const share = MEMORY_BYTES / Math.max(count, 1) / Math.max(documents.length, 1);
  const limit = Math.min(LARGE_BYTES, share);
  for (const place of documents) {
    if (!place || light.has(place)) continue;
    const document = documentIn(RED, message, place);
    // A text that UTF-8 cannot write would not come back as it was.
    const isLarge =
      typeof document === 'string'
        ? document.length > limit && document.isWellFormed()
        : Buffer.isBuffer(document) && document.length > limit;
    if (isLarge && put(RED, message, place, undefined)) light.add(place);
  }
}

/** @throws As2Error when the spool cannot be read */
export async function unlighten(
  RED: NodeAPI,
  { message, documents, light }: HeldMessage,
  stored: StoredDocuments,
): Promise<void> {
  for (const [index, place] of documents.entries()) {
    if (!place || !light.has(place)) continue;
    const bytes = await (await stored(index))?.read();
    if (!bytes) continue;
    put(RED, message, place, place.kind === 'text' ? bytes.toString() : bytes);
    light.delete(place);
  }
}

/**
 * The message as far as it was kept, for a flow that has been started anew since.
 * @throws As2Error when the spool cannot be read
 */
export async function rebuilt(
  RED: NodeAPI,
  kept: KeptMessage,
  stored: StoredDocuments,
): Promise<{ readonly message: NodeMessage; readonly missing: readonly string[] }> {
  const message = { ...kept.message } as NodeMessage;
  const missing = new Set(kept.missing);
  for (const [index, place] of (kept.documents ?? []).entries()) {
    if (!place) continue;
    const bytes = await stored(index);
    if (bytes) put(RED, message, place, await documentOf(place, bytes));
    else missing.add(place.property);
  }
  return { message, missing: [...missing] };
}

async function documentOf(
  { kind }: KeptDocument,
  stored: StoredPayload,
): Promise<string | Buffer | { path: string }> {
  if (kind === 'stream' || stored.length > MOST_IN_MEMORY) return { path: await stored.file() };
  const bytes = await stored.read();
  return kind === 'text' ? bytes.toString() : bytes;
}

function documentIn(RED: NodeAPI, message: NodeMessage, { property }: KeptDocument): unknown {
  return RED.util.getMessageProperty(message, property);
}

/** @returns false, when it stands in an object that cannot be changed */
function put(RED: NodeAPI, message: NodeMessage, { property }: KeptDocument, document: unknown): boolean {
  try {
    RED.util.setMessageProperty(message, property, document, document !== undefined);
    return true;
  } catch {
    return false;
  }
}
