/**
 * One AS2 station in a process of its own, as lean as it can be: the core, a spool, a server. `StationProcess` starts
 * it, tells it what to send, and kills it.
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { bufferSource } from '../../src/bytes';
import { toAs2Error } from '../../src/errors';
import {
  createReceiver,
  type ExchangeEvent,
  type Identity,
  Outbox,
  type Partner,
  stationDirectory,
} from '../../src/exchange';
import { Spool } from '../../src/store';
import { makeKeyPair, readCertificates } from '../../src/pki';
import type * as Instants from './instants';
import { Ledger } from './ledger';
import { makeOrder, orderId, sha256 } from './order';

export interface StationTask {
  readonly as2Name: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly port: number;
  /** Of the spool. */
  readonly directory: string;
  readonly ledger: string;
  readonly partner: { readonly as2Name: string; readonly certificatePem: string; readonly port: number };
}

/** What a station is asked; each is answered. */
export type Request =
  | { readonly ask: 'send'; readonly id: string; readonly sizeBytes: number; readonly delivery: Delivery }
  /** Sends one message after the other, so many at a time; 0 ends it. */
  | { readonly ask: 'traffic'; readonly parallel: number; readonly prefix: string }
  /** The process kills itself at this step; 0: it does not. */
  | { readonly ask: 'arm'; readonly chosen: number }
  /** Exchanges that are not at their end, and outcomes that were not told. */
  | { readonly ask: 'busy' }
  /** Since `arm`. */
  | { readonly ask: 'steps' }
  | { readonly ask: 'end' };

export type Delivery = 'sync' | 'async';

export const OWNER = 'crash';
/** Larger payloads go through files. */
export const THRESHOLD_BYTES = 64 * 1024;
/** A partner that was killed is back soon; nothing is given up. */
const PAUSES_MS = [20, 40, 80, 160];
const ATTEMPTS = 100_000;

async function run(task: StationTask): Promise<void> {
  const ledger = new Ledger(task.ledger);
  const spool = await Spool.open({ directory: task.directory, thresholdBytes: THRESHOLD_BYTES });
  const { identity, partnerFor } = stations(task);
  const directory = stationDirectory([{ identity, partner: partnerFor('sync') }]);
  const outcomes = new Map<string, () => void>();
  const outbox = Outbox.open({ spool, directory, pausesMs: PAUSES_MS, onEvent: log });
  outbox.attach(OWNER, {
    outcome: ({ ok, error }, { context, redelivered }) => {
      const { id } = context as { id: string };
      ledger.note({ kind: 'outcome', id, ok, redelivered, ...(error ? { code: error.code } : {}) });
      outcomes.get(id)?.();
    },
  });
  const receiver = createReceiver({
    directory,
    spool,
    outbox,
    owner: OWNER,
    onEvent: log,
    receiptPausesMs: PAUSES_MS,
    receiptAttempts: ATTEMPTS,
    handOver: async ({ payload, redelivered }) => {
      const bytes = await payload.read();
      ledger.note({ kind: 'delivered', id: orderId(bytes), sha256: sha256(bytes), redelivered });
      return { accept: true };
    },
  });
  const server = createServer((request, response) => void receiver.handle(request, response));
  server.listen(task.port, '127.0.0.1');
  await receiver.resume();

  let parallel = 0;

  /** @returns when the outcome is there, or the outbox did not take it */
  async function send(id: string, sizeBytes: number, delivery: Delivery): Promise<void> {
    const payload = makeOrder(id, sizeBytes);
    ledger.note({ kind: 'intended', id, sha256: sha256(payload), sizeBytes, delivery });
    const outcome = new Promise<void>((resolve) => outcomes.set(id, resolve));
    try {
      await outbox.submit({
        identity,
        partner: partnerFor(delivery),
        payload: { content: bufferSource(payload), contentType: 'application/octet-stream', filename: id },
        owner: OWNER,
        context: { id },
      });
      ledger.note({ kind: 'submitted', id });
    } catch (error) {
      ledger.note({ kind: 'refused', id, code: toAs2Error(error).code });
      return;
    }
    await outcome;
    outcomes.delete(id);
  }

  async function traffic(prefix: string, lane: number): Promise<void> {
    for (let number = 0; lane < parallel; number++) {
      const sizeBytes = anySize();
      const delivery = Math.random() < 0.5 ? 'sync' : 'async';
      await send(`${prefix}-${lane}-${number}`, sizeBytes, delivery);
      await delay(10 * Math.random());
    }
  }

  async function answer(request: Request): Promise<number> {
    if (request.ask === 'send') await send(request.id, request.sizeBytes, request.delivery);
    if (request.ask === 'traffic') {
      parallel = request.parallel;
      for (let lane = 0; lane < parallel; lane++) void traffic(request.prefix, lane);
    }
    if (request.ask === 'arm') instants()?.arm(request.chosen);
    if (request.ask === 'steps') return instants()?.counted() ?? 0;
    if (request.ask === 'busy') return busy();
    if (request.ask === 'end') {
      server.closeAllConnections();
      server.close();
      await Promise.all([receiver.close(), outbox.close()]);
      await spool.close();
      process.disconnect();
    }
    return 0;
  }

  async function busy(): Promise<number> {
    const due = await Promise.all([spool.nextDue('in'), spool.nextDue('out')]);
    const unfinished = await spool.list({ direction: 'out', states: [...UNFINISHED_OUT], limit: 100 });
    const untold = await spool.unreported('out', OWNER);
    return due.filter((at) => at !== undefined).length + unfinished.length + untold.length + receiver.inWork;
  }

  process.on('message', ({ question, request }: { question: number; request: Request }) => {
    void answer(request).then(
      (figure) => process.connected && process.send?.({ question, figure }),
      (error: unknown) => process.send?.({ question, failure: toAs2Error(error).stack }),
    );
  });
  process.send?.('ready');
}

export const UNFINISHED_OUT = ['queued', 'sending', 'retrying', 'awaiting-receipt'] as const;

function stations(task: StationTask): { identity: Identity; partnerFor: (delivery: Delivery) => Partner } {
  const [certificate] = readCertificates(task.certificatePem);
  if (!certificate) throw new Error('no certificate');
  const keyPair = makeKeyPair(certificate, createPrivateKey(task.privateKeyPem));
  const certificates = readCertificates(task.partner.certificatePem);
  const partnerFor = (delivery: Delivery): Partner => ({
    name: task.partner.as2Name,
    as2Name: task.partner.as2Name,
    url: `http://127.0.0.1:${task.partner.port}/as2`,
    ...(certificates[0] ? { encryptionCertificate: certificates[0] } : {}),
    signingCertificates: certificates,
    sending: {
      sign: 'sha-256',
      encrypt: 'aes-256-cbc',
      receipt: 'signed',
      receiptDelivery: delivery,
      receiptUrl: `http://127.0.0.1:${task.port}/as2`,
    },
    retry: { attempts: ATTEMPTS, pausesMs: PAUSES_MS },
  });
  return { identity: { as2Name: task.as2Name, keyPairs: [keyPair] }, partnerFor };
}

/** Most lie in the journal, some in files, and a few are longer on their way than buffers of the system can hide. */
function anySize(): number {
  const kind = Math.random();
  if (kind < 0.87) return 2_000;
  return Math.round(THRESHOLD_BYTES * (kind < 0.97 ? 1 + 4 * Math.random() : 64 + 64 * Math.random()));
}

/** For whoever has to find out why a message is missing. */
function log({ at, direction, type, messageId = '', error }: ExchangeEvent): void {
  const failure = error ? `${error.code}: ${error.message}` : '';
  process.stderr.write(`${at} ${direction} ${type} ${messageId} ${failure}\n`);
}

/** Only where the process was started with them. */
function instants(): typeof Instants | undefined {
  return process.env.AS2_CRASH_INSTANTS === undefined
    ? undefined
    : (require('./instants') as typeof Instants);
}

const [, , taskFile] = process.argv;
if (taskFile !== undefined) void run(JSON.parse(readFileSync(taskFile, 'utf8')) as StationTask);
