import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createReceiver, type Receiver, type Relationship } from '../../../src/exchange';
import { openSpool, type Spool } from '../../../src/store';
import { byteMutations, dictionary } from '../mutate/bytes';
import { mimeMutation } from '../mutate/mime';
import type { Samples } from '../samples';
import { must, type Target } from '../target';
import type { Messages } from './as2';

const words = dictionary([
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Encoding: gzip\r\n',
  'Expect: 100-continue\r\n',
  'Receipt-Delivery-Option: http://127.0.0.1:1/\r\n',
  'Disposition-Notification-To: x\r\n',
  'GET ',
  '\r\n\r\n',
]);
const mutations = [...byteMutations, words, words, ...Array.from({ length: 15 }, () => mimeMutation)];

/** Everything that is answered on purpose; a 500 is not. */
const STATUSES = /^HTTP\/1\.1 (?:100|200|204|400|403|404|405|408|411|413|415|417|431|501|503)\b/;

/** Whole requests over a real socket, to a receiver that knows everybody. */
export function httpTargets(all: Samples, messages: Messages, directory: string): Target[] {
  const station = new FuzzedStation(all, messages, directory);
  return [
    {
      name: 'http/receiver',
      samples: all.messages.map(asRequest),
      mutations,
      run: (input) => station.take(input),
      close: () => station.close(),
      budgetMs: 3000,
    },
  ];
}

function asRequest(message: Buffer): Buffer {
  const bodyBytes = message.length - message.indexOf('\r\n\r\n') - 4;
  const head = `POST /as2 HTTP/1.1\r\nHost: own.example\r\nConnection: close\r\nContent-Length: ${bodyBytes}\r\n`;
  return Buffer.concat([Buffer.from(head), message]);
}

/** With a body that is as long as it says, unless its length was the point. */
function withTrueLength(input: Buffer): Buffer {
  const end = input.indexOf('\r\n\r\n');
  if (end < 0 || input.length % 4 === 0) return input;
  const head = input.toString('latin1', 0, end);
  const corrected = head.replace(/(\r\nContent-Length: )\d+/, `$1${input.length - end - 4}`);
  return Buffer.concat([Buffer.from(corrected, 'latin1'), input.subarray(end)]);
}

/** A Message-ID of its own, the same for the same input: a repeat is answered without being opened. Some repeat. */
function withOwnMessageId(input: Buffer): Buffer {
  if (input.length % 8 === 0) return input;
  const id = createHash('sha256').update(input).digest('hex').slice(0, 24);
  return Buffer.from(
    input.toString('latin1').replace(/<1@partner\.example>/, `<${id}@partner.example>`),
    'latin1',
  );
}

interface Running {
  readonly receiver: Receiver;
  readonly server: Server;
  readonly spool: Spool;
}

/** Requests a station takes before a new one with an empty spool takes its place. */
const REQUESTS_PER_STATION = 1000;

class FuzzedStation {
  private running: Promise<Running> | undefined;
  private requests = 0;
  private failure: unknown;
  private unsigned: string | undefined;

  constructor(
    private readonly all: Samples,
    private readonly messages: Messages,
    private readonly directory: string,
  ) {}

  async take(input: Buffer): Promise<string> {
    if (this.requests >= REQUESTS_PER_STATION) await this.close();
    this.requests += 1;
    this.running ??= this.start();
    const { server } = await this.running;
    const { port } = server.address() as AddressInfo;
    const answer = await exchange(port, withTrueLength(withOwnMessageId(input)));
    must(this.failure === undefined, `handle() rejects: ${String(this.failure)}`);
    must(this.unsigned === undefined, `handed over what the partner never signed: ${this.unsigned}`);
    must(answer === '' || STATUSES.test(answer), `answered with ${answer.slice(0, 60)}`);
    const disposition = /^Disposition: (.*)$/m.exec(answer)?.[1] ?? '';
    return `${answer.slice(0, 12)} ${disposition.slice(0, 80)}`;
  }

  private async start(): Promise<Running> {
    const { own, ownEc, partner, partnerEc } = this.all.keys;
    const relationship: Relationship = {
      identity: { as2Name: 'Own Station', keyPairs: [own, ownEc] },
      partner: {
        name: 'Partner',
        as2Name: 'Partner',
        signingCertificates: [partner.certificate, partnerEc.certificate],
        sending: { sign: 'none', encrypt: 'none', receipt: 'none' },
        requires: { requireSigned: true },
      },
    };
    const spool = await openSpool({ directory: this.spoolDirectory });
    const receiver = createReceiver({
      directory: { find: () => relationship },
      spool,
      handOver: async ({ payload, signed }) => {
        const content = await payload.read();
        if (!signed || !(await this.messages.knows(content)))
          this.unsigned = content.toString('latin1', 0, 80);
        return { accept: true };
      },
      maxMessageBytes: 1024 * 1024,
      idleTimeoutMs: 2000,
    });
    const server = createServer((request, response) => {
      receiver.handle(request, response).catch((error: unknown) => (this.failure = error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { receiver, server, spool };
  }

  async close(): Promise<void> {
    const running = await this.running;
    if (!running) return;
    this.running = undefined;
    this.requests = 0;
    await running.receiver.close(0);
    running.server.closeAllConnections();
    await new Promise((resolve) => running.server.close(resolve));

    await running.spool.close();
    await rm(this.spoolDirectory, { recursive: true, force: true });
  }

  private get spoolDirectory(): string {
    return join(this.directory, 'spool');
  }
}

function exchange(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const answer: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', (chunk) => answer.push(chunk));
    // A server that has enough of it resets the connection.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(answer).toString('latin1')));
    socket.end(request);
  });
}
