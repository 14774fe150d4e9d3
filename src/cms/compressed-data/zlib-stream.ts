import type { Transform } from 'node:stream';
import type { Chunks } from '../../bytes';

/**
 * Sends chunks through a stream of node:zlib, which works in libuv's thread pool. The source is read to its end even
 * where the compressed data ends earlier: what surrounds it is still to be checked.
 * @param failure makes the error for data that zlib cannot use; errors of the source pass unchanged
 */
export async function* throughZlib(
  chunks: Chunks,
  stream: Transform,
  failure: (cause: unknown) => Error,
): AsyncGenerator<Buffer, void> {
  let sourceError: Error | undefined;
  const fed = feed(chunks, stream).catch((error: unknown) => {
    sourceError = error instanceof Error ? error : new Error(String(error));
    stream.destroy(sourceError);
  });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw sourceError ?? failure(error);
  } finally {
    stream.destroy();
  }
  await fed;
  if (sourceError) throw sourceError;
}

async function feed(chunks: Chunks, stream: Transform): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.readableEnded) continue;
    if (stream.destroyed) return;
    // The callback comes when the chunk was taken in, and also when there is nobody left to take it.
    await new Promise<void>((resolve) => stream.write(chunk, () => resolve()));
  }
  stream.end();
}
