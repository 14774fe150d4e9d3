import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withTempDirectory } from '../../support/temp';
import type { WireAnswer, WireMessage } from '../../partner/wire-message';
import { parseAnswer } from './openssl-client';

export interface CurlAnswer {
  /** Undefined, when there was no HTTP answer. */
  readonly answer?: WireAnswer;
  readonly exitCode: number | null;
  readonly complaints: string;
}

/** Posts a message with curl. @param words more of its own, such as `-0` */
export async function postByCurl(
  url: string,
  { headers, body }: WireMessage,
  words: readonly string[] = [],
): Promise<CurlAnswer> {
  return withTempDirectory(async (directory) => {
    const file = join(directory, 'body');
    await writeFile(file, body);
    const fields = headers.entries().flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    return curl([...fields, '--data-binary', `@${file}`, ...words, url]);
  });
}

/** One request of curl without what the user of this machine has configured for it. */
export async function curl(words: readonly string[]): Promise<CurlAnswer> {
  const child = spawn('curl', ['-q', '-sS', '-i', '--noproxy', '*', ...words]);
  const said: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString('latin1')));
  child.stdin.end();
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const answer = lastAnswer(Buffer.concat(said));
  return { ...(answer ? { answer } : {}), exitCode, complaints };
}

/** curl shows the heads of all answers it got, and the body of the last one. */
function lastAnswer(bytes: Buffer): WireAnswer | undefined {
  const answer = parseAnswer(bytes);
  return answer?.body.toString('latin1', 0, 7) === 'HTTP/1.' ? lastAnswer(answer.body) : answer;
}
