import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { StoredPayload } from '../../../src/exchange';
import type { SentReport } from '../out-message';
import { type KeptMessage, type KeptPayload, plainMessage } from './kept-message';

/** A message of the flow while its document is on its way. */
export interface HeldMessage {
  readonly message: NodeMessageInFlow;
  readonly done: (error?: Error) => void;
  /** The node that got it. With the next deploy another one takes over, which cannot use `done` for errors. */
  readonly node: Node;
  readonly owner: string;
  readonly payload: KeptPayload | undefined;
  readonly report: SentReport;
  /** The document was taken out of the message, and lies in the spool. */
  isLight?: boolean;
}

/** From this size on, a document that has to wait does not wait in memory. */
const LARGE_BYTES = 64 * 1024;
/** Of all that wait; of very many, each stays in memory only while it is small. */
const MEMORY_BYTES = 16 * 1024 * 1024;
/** Up to this size a resumed message gets its document back as what it was; beyond it, as the path of a file. */
const MOST_IN_MEMORY = 16 * 1024 * 1024;

/** What is to be stored with the message. The document stays out of it: the spool has it. */
export function keptMessage(
  RED: NodeAPI,
  token: string,
  { message, payload, report }: Pick<HeldMessage, 'message' | 'payload' | 'report'>,
): KeptMessage {
  if (!payload) return { token, ...plainMessage(message), report };
  const { property } = payload;
  const document: unknown = RED.util.getMessageProperty(message, property);
  RED.util.setMessageProperty(message, property, undefined);
  try {
    return { token, ...plainMessage(message), payload, report };
  } finally {
    RED.util.setMessageProperty(message, property, document);
  }
}

/**
 * Frees the memory of a large document while its message waits for an attempt or for its receipt.
 * @param count of the messages that wait
 */
export function lighten(RED: NodeAPI, held: HeldMessage, count: number): void {
  const { message, payload } = held;
  if (!payload || held.isLight) return;
  const document: unknown = RED.util.getMessageProperty(message, payload.property);
  const limit = Math.min(LARGE_BYTES, MEMORY_BYTES / Math.max(count, 1));
  // A text that UTF-8 cannot write would not come back as it was.
  const isLarge =
    typeof document === 'string'
      ? document.length > limit && document.isWellFormed()
      : Buffer.isBuffer(document) && document.length > limit;
  if (!isLarge) return;
  RED.util.setMessageProperty(message, payload.property, undefined);
  held.isLight = true;
}

/** @throws As2Error when the spool cannot be read */
export async function unlighten(
  RED: NodeAPI,
  held: HeldMessage,
  stored: () => Promise<StoredPayload | undefined>,
): Promise<void> {
  const { message, payload } = held;
  if (!payload || !held.isLight) return;
  const bytes = await (await stored())?.read();
  if (!bytes) return;
  RED.util.setMessageProperty(message, payload.property, payload.kind === 'text' ? bytes.toString() : bytes);
  held.isLight = false;
}

/**
 * The message as far as it was kept, for a flow that has been started anew since.
 * @throws As2Error when the spool cannot be read
 */
export async function rebuilt(
  RED: NodeAPI,
  kept: KeptMessage,
  stored: () => Promise<StoredPayload | undefined>,
): Promise<{ readonly message: NodeMessage; readonly missing: readonly string[] }> {
  const message = { ...kept.message } as NodeMessage;
  const { payload, missing } = kept;
  if (!payload) return { message, missing };
  const { property } = payload;
  const bytes = await stored();
  if (!bytes) return { message, missing: [...missing, property] };
  RED.util.setMessageProperty(message, property, await documentOf(payload, bytes), true);
  return { message, missing };
}

async function documentOf(
  { kind }: KeptPayload,
  stored: StoredPayload,
): Promise<string | Buffer | { path: string }> {
  if (kind === 'stream' || stored.length > MOST_IN_MEMORY) return { path: await stored.file() };
  const bytes = await stored.read();
  return kind === 'text' ? bytes.toString() : bytes;
}
