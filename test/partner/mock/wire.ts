import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A header field as it is to be written; nothing checks it. */
export type WireField = readonly [name: string, value: string];

/** How an HTTP message is put on the wire; what no HTTP library would write is what this is for. */
export interface WireScript {
  /** Chunked instead of a Content-Length: in pieces of this many bytes, or all in one with `true`. */
  readonly chunked?: boolean | number;
  /** Behind the size of every chunk, such as `;name=value` or blanks. */
  readonly afterChunkSize?: string;
  /** Header fields that are folded at their blanks (RFC 9112 §5.2 calls it obsolete). */
  readonly folded?: readonly string[];
  /** How the names of header fields are spelled, such as in capitals. */
  readonly spelled?: (name: string) => string;
  /** Sends the bytes in pieces with pauses between them. */
  readonly slow?: { readonly pieceBytes: number; readonly pauseMs: number };
  /** The last word about the head: lines without their line breaks, the first one is the start line. */
  readonly rewriteHead?: (lines: readonly string[]) => readonly string[];
}

/** The bytes of an HTTP message, with the length of the body stated as the script says. */
export function wireBytes(
  startLine: string,
  fields: readonly WireField[],
  body: Buffer,
  script: WireScript = {},
): { readonly head: Buffer; readonly body: Buffer } {
  const { chunked = false, folded = [], spelled = (name) => name } = script;
  const framing: WireField = chunked
    ? ['Transfer-Encoding', 'chunked']
    : ['Content-Length', String(body.length)];
  const isFolded = new Set(folded.map((name) => name.toLowerCase()));
  const lines = [
    startLine,
    ...[...fields, framing].map(([name, value]) => {
      const written = isFolded.has(name.toLowerCase()) ? value.replaceAll(' ', '\r\n ') : value;
      return `${spelled(name)}: ${written}`;
    }),
  ];
  const head = (script.rewriteHead?.(lines) ?? lines).map((line) => `${line}\r\n`).join('');
  return {
    head: Buffer.from(`${head}\r\n`, 'latin1'),
    body: chunked ? inChunks(body, chunked === true ? body.length : chunked, script.afterChunkSize) : body,
  };
}

function inChunks(body: Buffer, sizeBytes: number, behind = ''): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += sizeBytes) {
    const chunk = body.subarray(at, at + sizeBytes);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}${behind}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/** Writes bytes at once or slowly; ends early when the connection is gone. */
export async function transmit(socket: Socket, bytes: Buffer, slow: WireScript['slow']): Promise<void> {
  const step = slow?.pieceBytes ?? Math.max(bytes.length, 1);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
    await new Promise<void>((resolve) => {
      socket.write(bytes.subarray(at, at + step), () => resolve());
    });
    if (slow) await delay(slow.pauseMs);
  }
}
