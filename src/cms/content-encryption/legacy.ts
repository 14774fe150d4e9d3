import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Chunks } from '../../bytes';
import { As2Error } from '../../errors';
import type { ContentCipher } from './parameters';

/** What the process is asked to do; key and iv in hexadecimal. */
export interface LegacyOrder {
  readonly direction: 'encrypt' | 'decrypt';
  readonly nodeName: string;
  readonly key: string;
  readonly iv: string;
}

/** What the process ends with when its OpenSSL has no such cipher. */
export const CIPHER_UNAVAILABLE = 2;

const program = join(__dirname, 'legacy-process.js');

/**
 * RC2, CAST5 and IDEA: OpenSSL 3 keeps them in its legacy provider, which only a process started for it can have.
 * The data is piped through; key and data never appear on a command line.
 * @param failure makes the error for whatever the process could not do, bad padding for example
 */
export async function* throughLegacyProcess(
  chunks: Chunks,
  direction: LegacyOrder['direction'],
  { algorithm, iv }: ContentCipher,
  key: Buffer,
  failure: (cause?: unknown) => Error,
): AsyncGenerator<Buffer, void> {
  const child = spawn(process.execPath, ['--openssl-legacy-provider', program], {
    stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
  }) as ChildProcessByStdio<Writable, Readable, null>;
  const exitCode = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const order: LegacyOrder = {
    direction,
    nodeName: algorithm.nodeName,
    key: key.toString('hex'),
    iv: iv.toString('hex'),
  };
  child.send(order);
  let sourceError: Error | undefined;
  const input = remembering(chunks, (error) => (sourceError = error));
  const stop = new AbortController();
  const fed = pipeline(input, child.stdin, { signal: stop.signal }).catch(() => undefined);
  exitCode.catch(() => undefined);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await fed;
    if (sourceError) throw sourceError;
    const code = await exitCode;
    if (code === CIPHER_UNAVAILABLE) {
      throw new As2Error('algorithm-unsupported', { algorithm: algorithm.name, purpose: 'encryption' });
    }
    if (code !== 0) throw failure(new Error(`exit code ${code}`));
  } finally {
    stop.abort();
    child.kill();
  }
}

/** An error of the source closes the pipe; it is remembered, because it is the one that counts. */
async function* remembering(chunks: Chunks, remember: (error: Error) => void): AsyncGenerator<Buffer, void> {
  try {
    yield* chunks;
  } catch (error) {
    remember(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}
