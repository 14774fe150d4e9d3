/**
 * Loaded with `node --require` before a station: counts the steps that leave the process or reach the disk, in all of
 * its threads, and ends the process with SIGKILL at the one that was chosen. The product knows nothing of it.
 */
import { appendFileSync } from 'node:fs';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import http from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { getEnvironmentData, isMainThread, MessagePort, setEnvironmentData } from 'node:worker_threads';

const SHARED = 'as2-crash-instants';
const COUNT = 0;
const CHOSEN = 1;
const cells = new Int32Array(sharedMemory());

type Callable = (this: unknown, ...args: unknown[]) => unknown;

function sharedMemory(): SharedArrayBuffer {
  if (!isMainThread) return getEnvironmentData(SHARED) as SharedArrayBuffer;
  const memory = new SharedArrayBuffer(8);
  setEnvironmentData(SHARED, memory);
  return memory;
}

/** Starts counting; the step with this number, from 1 on, is not made any more. */
export function arm(chosen: number): void {
  Atomics.store(cells, COUNT, 0);
  Atomics.store(cells, CHOSEN, chosen);
}

export function disarm(): void {
  Atomics.store(cells, CHOSEN, 0);
}

/** How many steps there were since `arm`. */
export function counted(): number {
  return Atomics.load(cells, COUNT);
}

function instant(what: string): void {
  const chosen = Atomics.load(cells, CHOSEN);
  if (chosen === 0 || Atomics.add(cells, COUNT, 1) + 1 !== chosen) return;
  disarm();
  const file = process.env.AS2_CRASH_INSTANTS;
  if (file) appendFileSync(file, `${chosen}: ${isMainThread ? '' : 'in the worker, '}${what}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Makes calls of a method instants: before it, and where it matters after it too. Those without a name do not count. */
function watch(
  target: object,
  method: string,
  name: (self: unknown, args: unknown[]) => string | undefined,
  after = false,
): void {
  const methods = target as Record<string, Callable>;
  const original = methods[method];
  if (!original) throw new Error(`there is no ${method}`);
  const watched: Callable = function (...args) {
    const called = name(this, args);
    if (called !== undefined) instant(`before ${called}`);
    const result = original.apply(this, args);
    if (after && called !== undefined) instant(`after ${called}`);
    return result;
  };
  methods[method] = watched;
}

const pathOf = (method: string) => (_self: unknown, args: unknown[]) =>
  `${method} ${typeof args[0] === 'string' ? args[0] : ''}`;

for (const method of [
  'open',
  'rename',
  'mkdir',
  'rm',
  'unlink',
  'writeFile',
  'copyFile',
  'link',
  'rmdir',
] as const)
  watch(promises, method, pathOf(method));
for (const method of ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'mkdirSync', 'rmSync'] as const)
  watch(fs, method, pathOf(method));
// The ledger of the station: what the flow does with a message.
watch(fs, 'appendFileSync', (_self, args) => `a note in the ledger: ${String(args[1])}`, true);
watch(
  DatabaseSync.prototype,
  'exec',
  (_self, args) => (args[0] === 'COMMIT' ? 'a commit of the journal' : undefined),
  true,
);
watch(MessagePort.prototype, 'postMessage', () => 'a message between threads');
const { OutgoingMessage, ClientRequest, Server } = http;
const direction = (self: unknown): string => (self instanceof ClientRequest ? 'a request' : 'an answer');
watch(OutgoingMessage.prototype, 'write', (self) => `bytes of ${direction(self)}`, true);
watch(OutgoingMessage.prototype, 'end', (self) => `the end of ${direction(self)}`, true);
watchEvent(ClientRequest.prototype, 'response');
watchEvent(Server.prototype, 'request');
watchFileHandles();

function watchEvent(target: object, event: string): void {
  const emitter = target as { emit: (event: string, ...args: unknown[]) => boolean };
  const { emit } = emitter;
  emitter.emit = function (this: unknown, name: string, ...args: unknown[]) {
    if (name === event) instant(`before a ${event} is looked at`);
    return emit.call(this, name, ...args);
  };
}

/** The class is not exported: the first file that is opened shows it. */
function watchFileHandles(): void {
  const methods = promises as unknown as Record<'open', (...args: unknown[]) => Promise<object>>;
  const { open } = methods;
  let seen = false;
  methods.open = async (...args) => {
    const handle = await open(...args);
    if (!seen) {
      seen = true;
      const prototype = Object.getPrototypeOf(handle) as object;
      for (const method of ['write', 'writev', 'writeFile', 'sync', 'datasync'] as const)
        watch(prototype, method, () => `${method} on a file`);
    }
    return handle;
  };
}
