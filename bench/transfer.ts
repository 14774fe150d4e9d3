import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { issueSelfSigned } from '../src/pki';
import { type CuttingProxy, openCuttingProxy, randomCuts } from '../test/support/cutting-proxy';
import type { Material, Station } from './material';
import type { StationMessage, StationReport, StationTask } from './station';

/** A line that is cut so often, over TLS, between stations that go on. */
export interface BrokenLine {
  readonly cuts: number;
}

export interface Transfer {
  /** Octets on the line, and cuts that were made; without a broken line none are counted. */
  readonly sentBytes: number;
  readonly cuts: number;
  readonly sender: StationReport;
  readonly receiver: StationReport;
}

/** Sends a file over HTTP, or over a broken line, from one station process to another, up to the verified receipt. */
export async function transfer(material: Material, file: string, broken?: BrokenLine): Promise<Transfer> {
  const tls = broken ? await issueSelfSigned({ commonName: 'localhost', keyType: 'rsa-2048' }) : undefined;
  const receiver = await StationProcess.start({
    ...(await task(material, 'receiver', 'sender')),
    ...(tls ? { tls } : {}),
  });
  let line: CuttingProxy | undefined;
  try {
    const { port } = await receiver.next('port');
    if (broken) line = await openCuttingProxy(port, randomCuts(broken.cuts, (await stat(file)).size));
    const url = line ? `https://localhost:${line.port}/as2` : `http://127.0.0.1:${port}/as2`;
    const sender = await StationProcess.start({
      ...(await task(material, 'sender', 'receiver')),
      send: { file, url, ...(tls ? { ca: tls.certificatePem } : {}) },
    });
    try {
      const sent = await sender.next('report');
      receiver.ask('report');
      const { sentBytes = 0, cuts = 0 } = line ?? {};
      return { sentBytes, cuts, sender: sent.report, receiver: (await receiver.next('report')).report };
    } finally {
      await sender.end();
    }
  } finally {
    await line?.close();
    await receiver.end();
    for (const name of ['sender', 'receiver']) {
      await rm(join(material.directory, `${name}-spool`), { recursive: true, force: true });
    }
  }
}

async function task(material: Material, own: 'sender' | 'receiver', other: 'sender' | 'receiver') {
  const station: Station = material[own];
  return {
    directory: join(material.directory, `${own}-spool`),
    as2Name: own,
    certificatePem: await readFile(station.certificateFile, 'utf8'),
    privateKeyPem: await readFile(station.keyFile, 'utf8'),
    partner: { as2Name: other, certificatePem: await readFile(material[other].certificateFile, 'utf8') },
  };
}

class StationProcess {
  private readonly messages: StationMessage[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => this.messages.push(message as StationMessage));
  }

  static async start(of: StationTask): Promise<StationProcess> {
    const child = fork(join(__dirname, 'station.js'));
    await once(child, 'spawn');
    child.send(of);
    return new StationProcess(child);
  }

  ask(message: 'report'): void {
    this.child.send(message);
  }

  /** The next message with this field. @throws when the station reports a failure or ends */
  async next<K extends 'port' | 'report'>(field: K): Promise<Extract<StationMessage, Record<K, unknown>>> {
    for (;;) {
      const message = this.messages.shift();
      if (message && 'failure' in message) throw new Error(message.failure);
      if (message && field in message) return message as Extract<StationMessage, Record<K, unknown>>;
      if (this.child.exitCode !== null) throw new Error(`the station ended with ${this.child.exitCode}`);
      if (this.messages.length === 0)
        await Promise.race([once(this.child, 'message'), once(this.child, 'exit')]);
    }
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.send('end');
    const hard = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await exit;
    clearTimeout(hard);
  }
}
