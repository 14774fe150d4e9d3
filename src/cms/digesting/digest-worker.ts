import { parentPort } from 'node:worker_threads';
import type { DigestName } from '../algorithms/digests';
import { type Digests, LocalDigests } from './local-digests';

/*
 * The other end of digest-thread.ts. The memory with the bytes is handed over and given back, so that never two
 * threads have it.
 */

/** What this thread is asked to do; `id` says for which of several messages. */
export type DigestOrder =
  | { readonly id: number; readonly names: readonly DigestName[] }
  | { readonly id: number; readonly memory: ArrayBuffer; readonly bytes: number }
  | { readonly id: number; readonly end: 'finish' | 'abandon' };

export type DigestAnswer =
  | 'ready'
  | { readonly id: number; readonly memory: ArrayBuffer }
  | { readonly id: number; readonly digests: Digests }
  | { readonly id: number; readonly failure: Error };

const running = new Map<number, LocalDigests>();

parentPort?.on('message', (order: DigestOrder) => {
  try {
    obey(order);
  } catch (error) {
    answer({ id: order.id, failure: error instanceof Error ? error : new Error(String(error)) });
  }
});

function obey(order: DigestOrder): void {
  const { id } = order;
  if ('names' in order) {
    running.set(id, new LocalDigests(order.names));
  } else if ('memory' in order) {
    running.get(id)?.update(Buffer.from(order.memory, 0, order.bytes));
    answer({ id, memory: order.memory }, [order.memory]);
  } else {
    const digests = running.get(id);
    running.delete(id);
    if (digests && order.end === 'finish') answer({ id, digests: digests.finish() });
  }
}

function answer(message: DigestAnswer, handedOver: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, handedOver);
}

answer('ready');
