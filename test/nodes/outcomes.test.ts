import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { OutcomeInfo, SendOutcome } from '../../src/exchange';
import { type HeldMessage, lighten } from '../../nodes/shared/sending/held-message';
import { HeldMessages } from '../../nodes/shared/sending/held-messages';
import { Sender } from '../../nodes/shared/sending/sender';
import type { State } from '../../nodes/shared/state';
import { StatusLine } from '../../nodes/shared/status';

const outcome = { ok: true, messageId: '<1@alice>', from: 'Alice', to: 'Bob' } as SendOutcome;

const RED = {
  _: (key: string) => key,
  util: {
    getMessageProperty: (message: Record<string, unknown>, name: string) => message[name],
    setMessageProperty: (message: Record<string, unknown>, name: string, value: unknown) => {
      if (value === undefined) delete message[name];
      else message[name] = value;
    },
  },
} as unknown as NodeAPI;

const opened: Node[] = [];

/** An as2-out node, and a gate that is closed in the middle of a deploy. */
function senderWith(gate: () => Promise<void>) {
  const sent: NodeMessage[] = [];
  const node = Object.assign(new EventEmitter(), {
    id: 'out',
    send: (message: NodeMessage) => sent.push(message),
    status: () => undefined,
  }) as unknown as Node;
  opened.push(node);
  const held = new HeldMessages();
  const exchanges = { held, use: () => undefined, release: async () => undefined, flowsRun: gate };
  const state = { exchanges } as unknown as State;
  return { sender: new Sender(RED, node, state, new StatusLine(node)), held, node, sent };
}

/** A message without its document, which comes when it is let go. */
function waiting(node: Node) {
  const reading = Promise.withResolvers<Buffer>();
  const message: NodeMessageInFlow = { _msgid: 'm1' };
  const payload = { property: 'payload', kind: 'buffer' } as const;
  const done = (): void => undefined;
  const light = new Set([payload]);
  const holding: HeldMessage = { message, done, node, owner: 'out', documents: [payload], report: {}, light };
  const info = {
    exchangeId: 'e1',
    redelivered: false,
    context: { token: 't1', message: {}, missing: [], documents: [payload], report: {} },
    payload: async () => ({ read: () => reading.promise }),
  } as unknown as OutcomeInfo;
  return { reading, message, holding, info };
}

describe('as2-out: outcomes', () => {
  afterEach(() => {
    for (const node of opened.splice(0)) (node as EventEmitter).emit('close', false, () => undefined);
  });

  it('a node that is closed while the document is read tells nothing; the next one has the message', async () => {
    const { sender, held, node, sent } = senderWith(async () => undefined);
    const { reading, message, holding, info } = waiting(node);
    held.hold('t1', holding);
    held.name('t1', 'e1');
    const telling = sender.outcome(outcome, info);
    await sender.close(false);
    reading.resolve(Buffer.from('the document'));
    await assert.rejects(telling);
    assert.deepEqual([sent.length, held.of('e1')], [0, holding]);

    const next = senderWith(async () => undefined);
    const handed = next.held;
    handed.hold('t1', holding);
    await next.sender.outcome(outcome, info);
    assert.equal(next.sent[0], message);
    assert.deepEqual([message.payload, handed.count], [Buffer.from('the document'), 0]);
  });

  it('nor does it while flows are stopped, even when that begins while the document is read', async () => {
    const gate = Promise.withResolvers<void>();
    let isOpen = true;
    const { sender, held, node, sent } = senderWith(async () => (isOpen ? undefined : gate.promise));
    const { reading, holding, info } = waiting(node);
    held.hold('t1', holding);
    const telling = sender.outcome(outcome, info);
    isOpen = false;
    reading.resolve(Buffer.from('the document'));
    await new Promise(setImmediate);
    assert.equal(sent.length, 0);
    gate.resolve();
    await telling;
    assert.equal(sent.length, 1);
  });

  it('of very many messages that wait, only small documents stay in memory', () => {
    const light = (bytes: number, count: number): boolean => {
      const { holding, message } = waiting(senderWith(async () => undefined).node);
      message.payload = Buffer.alloc(bytes);
      holding.light.clear();
      lighten(RED, holding, count);
      return message.payload === undefined;
    };
    assert.deepEqual([light(100_000, 1), light(60_000, 1), light(60_000, 1_000)], [true, false, true]);
    assert.deepEqual([light(1_000, 10_000), light(5_000, 10_000)], [false, true]);
  });
});
