import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Headers } from '../../../src/mime';
import type { WireAnswer, WireMessage } from '../../partner/wire-message';
import type { Issued } from './tls-authority';
import { words } from './words';

export interface OpensslClientOptions {
  readonly port: number;
  /** Authorities it trusts. */
  readonly trusts: Issued;
  /** The certificate it shows. */
  readonly shows?: Issued;
  /** More of its own words, such as `-tls1_2`. */
  readonly words?: readonly string[];
}

export interface OpensslConversation {
  /** Undefined, when there was no HTTP answer. */
  readonly answer?: WireAnswer;
  /** What openssl wrote about it. */
  readonly complaints: string;
}

/** Posts a message to `/as2` over `openssl s_client`, which checks chain and name, too. */
export async function postByOpenssl(
  { headers, body }: WireMessage,
  { port, trusts, shows, words: more = [] }: OpensslClientOptions,
): Promise<OpensslConversation> {
  const own = shows ? ['-cert', shows.certificateFile, '-key', shows.keyFile] : [];
  const child = spawn('openssl', [
    ...words(`s_client -quiet -connect 127.0.0.1:${port} -servername localhost`),
    ...words(`-CAfile ${trusts.certificateFile} -verify_return_error -verify_hostname localhost`),
    ...own,
    ...more,
  ]);
  const said: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString('latin1')));
  child.stdin.on('error', () => undefined);
  const fields = [
    ['Host', `localhost:${port}`],
    ...headers.entries(),
    ['Content-Length', String(body.length)],
    ['Connection', 'close'],
  ];
  child.stdin.write(
    `POST /as2 HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    'latin1',
  );
  child.stdin.write(body);
  await once(child, 'close');
  const answer = parseAnswer(Buffer.concat(said));
  return { ...(answer ? { answer } : {}), complaints };
}

/** A whole HTTP answer with a length or until the end, without interim ones before it. */
export function parseAnswer(bytes: Buffer): WireAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(bytes.toString('latin1', 0, 12))?.[1]);
  if (end < 0 || Number.isNaN(status)) return undefined;
  const rest = bytes.subarray(end + 4);
  if (status < 200) return parseAnswer(rest);
  const firstLine = bytes.indexOf('\r\n') + 2;
  return { status, headers: Headers.parse(bytes.subarray(firstLine, end + 2)), body: rest };
}
