import type { Chunks } from '../../src/bytes';
import { As2Error, isAs2Error } from '../../src/errors';
import { collect } from '../support/chunks';
import type { Mutation } from './mutate/bytes';
import { Random } from './random';

/** Something of the core that reads what comes from outside. */
export interface Target {
  readonly name: string;
  /** Valid samples, and invalid ones worth starting from. */
  readonly samples: readonly Buffer[];
  readonly mutations: readonly Mutation[];
  /** Input out of nothing, by a grammar. */
  readonly generate?: (random: Random) => Buffer | Promise<Buffer>;
  /** What a single input may take, in ms of this thread; default `DEFAULT_BUDGET_MS`. */
  readonly budgetMs?: number;
  /** How often it is chosen beside the others; default 1. */
  readonly weight?: number;
  /**
   * Reads the input and checks what comes out of it.
   * @returns a word for the way it went, by which ways are told apart
   * @throws As2Error for input that is refused; `Violation` when something is wrong; anything else is wrong too
   */
  run(input: Buffer): Promise<string> | string;
  /** Stops what it started. */
  close?(): Promise<void>;
}

/** What must hold does not. */
export class Violation extends Error {}

export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}

/** The bytes in pieces of random sizes, the same for the same bytes; sometimes with empty ones in between. */
export async function* pieces(bytes: Buffer): AsyncGenerator<Buffer, void> {
  const random = new Random(bytes);
  const most = random.pick([1, 7, 64, 1024, 100_000]);
  // A thousand pieces show what a million would.
  const least = Math.ceil(bytes.length / 1000);
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(least, 1 + random.below(most));
    yield Buffer.from(bytes.subarray(at, at + length));
    if (random.chance(10)) yield Buffer.alloc(0);
    at += length;
  }
}

export type Outcome<T> = { readonly value: T } | { readonly error: As2Error };

/** The result of `work`, or its As2Error; anything else passes. */
export async function outcome<T>(work: () => Promise<T> | T): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (isAs2Error(error)) return { error };
    throw error;
  }
}

/** Reads the same bytes whole and in pieces; both must end alike. */
export async function sameInPieces(
  input: Buffer,
  read: (chunks: Chunks) => Chunks,
): Promise<Outcome<Buffer>> {
  const whole = await outcome(() => collect(read(once(input))));
  const split = await outcome(() => collect(read(pieces(input))));
  if ('value' in whole && 'value' in split) {
    must(whole.value.equals(split.value), 'the result depends on how the input is split');
  } else if ('error' in whole && 'error' in split) {
    must(codeOf(whole) === codeOf(split), `refused as ${codeOf(whole)}, and in pieces as ${codeOf(split)}`);
  } else {
    must(
      false,
      `accepted whole or in pieces, but not both: ${JSON.stringify([codeOf(whole), codeOf(split)])}`,
    );
  }
  return whole;
}

/**
 * The same for decryption: a key block that does not open is replaced by a random key (ENV-05), and what that leads
 * to differs from time to time. So a difference counts only where the same way gives the same result twice.
 */
export async function sameUnlessRandom(
  input: Buffer,
  read: (chunks: Chunks) => Chunks,
): Promise<Outcome<Buffer>> {
  try {
    return await sameInPieces(input, read);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const again = [
      await outcome(() => collect(read(once(input)))),
      await outcome(() => collect(read(once(input)))),
    ];
    const [one, other] = again.map((result) =>
      'value' in result ? result.value.toString('base64') : result.error.code,
    );
    if (one === other && one !== 'decryption-failed' && one !== 'decryption-no-key') throw error;
    return { error: new As2Error('unexpected', { reason: 'a random key' }) };
  }
}

/** The result, or the As2Error once more: the input is refused. */
export function valueOf<T>(result: Outcome<T>): T {
  if ('error' in result) throw result.error;
  return result.value;
}

export function codeOf(result: Outcome<unknown>): string {
  return 'error' in result ? result.error.code : 'ok';
}

/** SEC-03: the two codes differ in what our user is told, not in the receipt. */
export function isFailedDecryption({ code }: As2Error): boolean {
  return code === 'decryption-failed' || code === 'decryption-no-key';
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes;
}

/** SEC-08: what goes into a header, a log line or a message has no line break and no NUL. */
export function mustBeOneLine(text: string | undefined, what: string): void {
  must(text === undefined || !/[\r\n\0]/.test(text), `${what} holds a line break or NUL`);
}
