/**
 * One AS2 station in a process of its own, started by `StationProcess`: it listens, or sends one file and ends. What it
 * reports is its own memory and its own event loop, undisturbed by the other side.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileSource } from '../src/bytes';
import { createReceiver, type Identity, type Partner, sendMessage, stationDirectory } from '../src/exchange';
import { readCertificates } from '../src/pki';
import { openSpool } from '../src/store';
import { keyPairFrom } from './material';

export interface StationTask {
  readonly directory: string;
  readonly as2Name: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly partner: { readonly as2Name: string; readonly certificatePem: string };
  /** To send; otherwise the station listens. */
  readonly send?: {
    readonly file: string;
    readonly url: string;
    /** PEM; with it the line may break. */
    readonly ca?: string;
  };
  /** To listen with. */
  readonly tls?: { readonly certificatePem: string; readonly privateKeyPem: string };
}

export interface StationReport {
  /** Largest resident memory so far. */
  readonly peakBytes: number;
  /** How long the event loop kept others waiting, 99th percentile since the last report. */
  readonly loopDelayP99Ms: number;
  /** How often it went on after a break. */
  readonly resumed: number;
}

export type StationMessage =
  { readonly port: number } | { readonly report: StationReport } | { readonly failure: string };

const RESOLUTION_MS = 1;
let resumed = 0;
const loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

process.once('message', (task: StationTask) => {
  loopDelay.enable();
  run(task).catch((error: unknown) => tell({ failure: String(error) }));
});
process.on('message', (message: unknown) => {
  if (message === 'report') tell({ report: report() });
  if (message === 'end') process.disconnect();
});

async function run(task: StationTask): Promise<void> {
  const spool = await openSpool({ directory: task.directory });
  const identity: Identity = {
    as2Name: task.as2Name,
    keyPairs: [keyPairFrom(task.certificatePem, task.privateKeyPem)],
  };
  const certificates = readCertificates(task.partner.certificatePem);
  const partner: Partner = {
    name: task.partner.as2Name,
    as2Name: task.partner.as2Name,
    ...(task.send ? { url: task.send.url } : {}),
    ...(certificates[0] ? { encryptionCertificate: certificates[0] } : {}),
    signingCertificates: certificates,
    sending: {
      sign: 'sha-256',
      encrypt: 'aes-256-cbc',
      receipt: 'signed',
      restart: task.send?.ca !== undefined,
    },
    ...(task.send?.ca === undefined ? {} : { connection: { tls: { ca: task.send.ca } } }),
  };
  if (task.send) {
    const outcome = await sendMessage({
      identity,
      partner,
      spool,
      payload: { content: await fileSource(task.send.file), contentType: 'application/octet-stream' },
      onEvent: ({ type }) => {
        if (type === 'send-resumed') resumed++;
      },
    });
    tell(outcome.ok ? { report: report() } : { failure: outcome.error.message });
    return;
  }
  const receiver = createReceiver({
    directory: stationDirectory([{ identity, partner }]),
    spool,
    handOver: () => ({ accept: true }),
    maxMessageBytes: 2 ** 40,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void receiver.handle(request, response);
  const server = task.tls
    ? createTlsServer({ cert: task.tls.certificatePem, key: task.tls.privateKeyPem }, handle)
    : createServer(handle);
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
  process.once('disconnect', () => {
    server.closeAllConnections();
    server.close();
    void receiver.close(0).then(() => process.exit());
  });
}

function report(): StationReport {
  const p99Ms = loopDelay.percentile(99) / 1e6 - RESOLUTION_MS;
  loopDelay.reset();
  return { peakBytes: process.resourceUsage().maxRSS * 1024, loopDelayP99Ms: Math.max(0, p99Ms), resumed };
}

function tell(message: StationMessage): void {
  process.send?.(message);
}
