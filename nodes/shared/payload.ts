import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { bufferSource, type ByteSource, fileSource } from '../../src/bytes';
import { As2Error } from '../../src/errors';

/** The bytes to send, and the name of the file they are from, if they are from one. */
export interface Payload {
  readonly content: ByteSource;
  readonly path?: string;
  /** What it was in the message; absent for a file, which the message only names. */
  readonly kind?: 'text' | 'buffer' | 'stream';
  /** The first of them, to tell what kind of document it is; none of a stream, which can be read only once. */
  readonly head: Buffer;
}

/** How many bytes are looked at to tell what kind of document it is. */
const HEAD_BYTES = 512;

/**
 * What a flow may hand us as payload: text (sent as UTF-8), Buffer, Uint8Array, a readable stream, or `{path}` of a file;
 * with `source` file, a text is the path of a file.
 * @throws As2Error `payload-missing`, `payload-unsupported`, `payload-file-unreadable`
 */
export async function readPayload(value: unknown, source: 'payload' | 'file'): Promise<Payload> {
  if (value === undefined || value === null) throw new As2Error('payload-missing', {});
  const path = source === 'file' ? value : pathIn(value);
  if (path !== undefined) return fromFile(path);
  const bytes = bytesOf(value);
  if (bytes) {
    const kind = typeof value === 'string' ? 'text' : 'buffer';
    return { content: bufferSource(bytes), kind, head: bytes.subarray(0, HEAD_BYTES) };
  }
  if (value instanceof Readable) {
    return { content: onceOnly(value), kind: 'stream', head: Buffer.alloc(0) };
  }
  throw unsupported(value);
}

/** A stream that will not be sent after all; what is behind it can be let go. */
export function discardPayload(value: unknown): void {
  if (value instanceof Readable) value.destroy();
}

function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

function pathIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('path' in value)) return undefined;
  // A file stream has a path too, and may stand anywhere in its file.
  return value instanceof Readable || value instanceof Uint8Array ? undefined : value.path;
}

async function fromFile(path: unknown): Promise<Payload> {
  if (typeof path !== 'string' || path === '') throw unsupported(path);
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is not a file');
    const content = await fileSource(path);
    for await (const chunk of (await fileSource(path, { end: HEAD_BYTES })).open()) {
      return { content, path, head: chunk };
    }
    return { content, path, head: Buffer.alloc(0) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new As2Error('payload-file-unreadable', { path, reason }, { cause });
  }
}

function onceOnly(stream: Readable): ByteSource {
  // It may break before it is read, and an error that nobody listens to would end the process (law 8).
  stream.on('error', () => undefined);
  return {
    async *open() {
      if (stream.errored) throw stream.errored;
      if (stream.readableDidRead || stream.destroyed) throw new As2Error('payload-stream-used', {});
      for await (const chunk of stream) {
        const bytes = bytesOf(chunk);
        if (!bytes) throw unsupported(chunk);
        yield bytes;
      }
    },
  };
}

function unsupported(value: unknown): As2Error {
  return new As2Error('payload-unsupported', { kind: kindOf(value) });
}

/** In words a user of Node-RED knows. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object' && value !== null) return 'object';
  return typeof value;
}
