import { CONNECTION_DEFAULTS, type ConnectionSettings, portOf, proxyFor, urlForLog } from '../../http';
import type { Spool } from '../../store';
import type { Relationship } from '../types';
import { askServer } from './http-step';
import { sendTestMessage } from './message-step';
import { connectToEach, hostOf, resolveName } from './network-steps';
import { checkSettings } from './settings-step';
import { StepRunner } from './step-runner';
import { shakeHands } from './tls-step';
import type { ConnectionTest, ConnectionTestStep } from './types';

export interface ConnectionTestOptions {
  /** What our user calls the partner. */
  readonly partner: string;
  /** @throws As2Error when the settings are not in order, which is then the result of the first step */
  readonly relationship: () => Relationship | Promise<Relationship>;
  /** A test message is sent, too; it is kept in this spool like any other. */
  readonly message?: { readonly spool: () => Promise<Spool> };
  readonly signal?: AbortSignal;
  /** Called after each step. */
  readonly onStep?: (step: ConnectionTestStep) => void;
}

/** Nobody waits longer before a screen, whatever the partner's time-outs are. */
const LONGEST_CONNECT_MS = 30_000;
const LONGEST_ANSWER_MS = 60_000;
const LONGEST_MESSAGE_MS = 180_000;
/** For reading and checking the settings, which asks nobody. */
const SETTINGS_MS = 30_000;

/**
 * Goes the way of a message to a partner step by step: settings, then for each of its URLs name, TCP, TLS and HTTP and, if
 * asked for, a small message with its receipt. After a step that failed the others are skipped. Every step is bounded in time.
 * @returns what became of it; it never throws
 */
export async function testConnection(o: ConnectionTestOptions): Promise<ConnectionTest> {
  const runner = new StepRunner(o.partner, o.signal, o.onStep ?? (() => undefined));
  let ready: Ready | undefined;
  await runner.run({
    step: 'settings',
    facts: {},
    limitMs: SETTINGS_MS,
    async work(notes) {
      const relationship = await o.relationship();
      const urls = checkSettings(notes, relationship);
      const settings = bounded(relationship.partner.connection);
      const servers = urls.map((url) => ({ url, settings, proxy: proxyFor(url, settings.proxy)?.url }));
      ready = { relationship, servers, settings };
    },
  });
  if (ready && runner.ok) await testServers(runner, ready, o.message);
  else
    for (const step of ['dns', 'tcp', 'tls', 'http', 'message'] as const) runner.skip(step, 'failed-before');
  return { ok: runner.ok, partner: o.partner, steps: runner.steps };
}

/** What stands when the settings are in order. */
interface Ready {
  readonly relationship: Relationship;
  readonly servers: readonly Server[];
  readonly settings: BoundedSettings;
}

interface Server {
  readonly url: URL;
  readonly settings: BoundedSettings;
  readonly proxy: URL | undefined;
}

/** Every URL, in the order in which they are tried; then the message, which finds its way by itself. */
async function testServers(
  runner: StepRunner,
  { relationship, servers, settings }: Ready,
  message: ConnectionTestOptions['message'],
): Promise<void> {
  let isReached = false;
  for (const server of servers) {
    const name = servers.length > 1 ? urlForLog(server.url) : undefined;
    const passed = await runner.about(name, async () => testServer(runner, server));
    isReached ||= passed;
  }
  if (!isReached) return runner.skip('message', 'failed-before');
  if (!message) return runner.skip('message', 'not-asked');
  const { responseTimeoutMs } = settings;
  await runner.run({
    step: 'message',
    facts: {},
    limitMs: LONGEST_MESSAGE_MS,
    work: async (notes, signal) =>
      sendTestMessage(notes, { relationship, spool: await message.spool(), responseTimeoutMs }, signal),
  });
}

async function testServer(runner: StepRunner, { url, settings, proxy }: Server): Promise<void> {
  const { connectTimeoutMs, responseTimeoutMs } = settings;
  const target = { url, settings };
  // With a proxy it is the proxy that looks up the partner's name and calls it.
  const first = { url: proxy ?? url, settings };
  let addresses: readonly string[] = [];
  await runner.run({
    step: 'dns',
    facts: { host: hostOf(first.url), ...(proxy ? { proxy: proxy.host } : {}) },
    limitMs: connectTimeoutMs,
    async work(notes) {
      addresses = await resolveName(notes, first);
    },
  });
  await runner.run({
    step: 'tcp',
    facts: { port: portOf(first.url) },
    // The client's own time-out comes first and says more.
    limitMs: 2 * connectTimeoutMs,
    work: async (notes, signal) => connectToEach(notes, first, addresses, signal),
  });
  if (url.protocol === 'https:') {
    await runner.run({
      step: 'tls',
      facts: {},
      limitMs: 2 * connectTimeoutMs,
      work: async (notes, signal) => shakeHands(notes, target, signal),
    });
  } else runner.skip('tls', 'not-needed');
  await runner.run({
    step: 'http',
    facts: { method: 'GET' },
    limitMs: connectTimeoutMs + 2 * responseTimeoutMs,
    work: async (notes, signal) => askServer(notes, target, signal),
  });
}

type BoundedSettings = ConnectionSettings & {
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
};

/** The partner's own settings, with the patience of a test. */
function bounded(settings: ConnectionSettings = {}): BoundedSettings {
  const { connectTimeoutMs, responseTimeoutMs } = { ...CONNECTION_DEFAULTS, ...settings };
  return {
    ...settings,
    connectTimeoutMs: Math.min(connectTimeoutMs, LONGEST_CONNECT_MS),
    responseTimeoutMs: Math.min(responseTimeoutMs, LONGEST_ANSWER_MS),
  };
}
