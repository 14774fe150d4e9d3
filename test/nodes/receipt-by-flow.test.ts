import assert from 'node:assert/strict';
import { formatDisposition } from '../../src/as2';
import { postWire } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from '../support/alice';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';
import { aliceAndBob } from '../support/stations';

type Properties = Readonly<Record<string, unknown>>;

const AUTOMATIC = 'automatic-action/MDN-sent-automatically';

/** Bob's as2-in, and an as2-mdn that is given messages by the test. */
function bobsFlow(as2In: Properties, as2Mdn: Properties): FlowNode[] {
  return onTab(
    { id: 'in', type: 'as2-in', path: '/as2', receipt: 'flow', ...as2In, wires: [['received']] },
    { id: 'received', type: 'helper' },
    { id: 'mdn', type: 'as2-mdn', ...as2Mdn },
    { id: 'catch', type: 'catch', wires: [['caught']] },
    { id: 'caught', type: 'helper' },
    { id: 'complete', type: 'complete', scope: ['mdn'], wires: [['completed']] },
    { id: 'completed', type: 'helper' },
  );
}

async function withDecision(
  { as2In = {}, as2Mdn = {} }: { readonly as2In?: Properties; readonly as2Mdn?: Properties },
  work: (flow: RunningFlow) => Promise<void>,
): Promise<void> {
  await withFlow(async (url) => {
    const { nodes, credentials } = await aliceAndBob(`${url}/as2`);
    return { nodes: [...nodes, ...bobsFlow(as2In, as2Mdn)], credentials };
  }, work);
}

/** What Alice reads in the receipt. */
async function receiptFor(flow: RunningFlow): Promise<{ disposition: string; text: string }> {
  const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
  const { disposition, text } = await receiptOfBob(response);
  return { disposition: formatDisposition(disposition), text };
}

describe('as2-mdn', () => {
  const decisions: {
    readonly what: string;
    readonly as2Mdn: Properties;
    readonly message?: Properties;
    readonly disposition: string;
    readonly text?: RegExp;
  }[] = [
    { what: 'accepts', as2Mdn: { action: 'accept' }, disposition: 'processed' },
    {
      what: 'accepts with a text',
      as2Mdn: { action: 'accept', text: 'booked as 4711', textType: 'str' },
      disposition: 'processed',
      text: /booked as 4711/,
    },
    {
      what: 'DSP-09: rejects, with a text of the message',
      as2Mdn: { action: 'reject', text: 'reason', textType: 'msg' },
      message: { reason: 'The article 4711 is not known.' },
      disposition: 'processed/error: unexpected-processing-error',
      text: /The article 4711 is not known\./,
    },
    {
      what: 'rejects with another modifier',
      as2Mdn: { action: 'reject', modifier: 'insufficient-message-security' },
      disposition: 'processed/error: insufficient-message-security',
    },
    {
      what: 'accepts when the message says so',
      as2Mdn: { action: 'msg', decision: 'ok' },
      message: { ok: true },
      disposition: 'processed',
    },
    {
      what: 'accepts when the message says it in a word',
      as2Mdn: { action: 'msg', decision: 'payload.verdict', decisionType: 'msg' },
      message: { payload: { verdict: 'Accept' } },
      disposition: 'processed',
    },
    {
      what: 'rejects when the message does not say yes',
      as2Mdn: { action: 'msg', decision: 'ok' },
      message: { ok: 'reject' },
      disposition: 'processed/error: unexpected-processing-error',
    },
    {
      what: 'rejects when the message holds something else there',
      as2Mdn: { action: 'msg', decision: 'ok' },
      message: { ok: { error: 'not in stock' } },
      disposition: 'processed/error: unexpected-processing-error',
    },
    {
      what: 'rejects when the message says nothing',
      as2Mdn: { action: 'msg', decision: 'ok' },
      disposition: 'processed/error: unexpected-processing-error',
    },
  ];
  for (const { what, as2Mdn, message = {}, disposition, text = /./ } of decisions) {
    it(what, async () => {
      await withDecision({ as2Mdn }, async (flow) => {
        const receipt = receiptFor(flow);
        const { as2 } = await flow.next('received');
        assert.deepEqual(as2.receipt, { requested: 'signed', delivery: 'sync', mode: 'flow' });
        flow.send('mdn', { ...message, as2 });
        const { disposition: said, text: words } = await receipt;
        assert.equal(said, `${AUTOMATIC}; ${disposition}`);
        assert.match(words, text);
        await flow.next('completed');
        assert.ok(flow.isSilent('caught'));
        const accepted = disposition === 'processed';
        await flow.statusTextBecomes('mdn', `as2-mdn.status.${accepted ? 'accepted' : 'rejected'}`);
      });
    });
  }

  it('decides once: the second time a Catch node is told', async () => {
    await withDecision({}, async (flow) => {
      const receipt = receiptFor(flow);
      const { as2 } = await flow.next('received');
      flow.send('mdn', { as2 });
      await receipt;
      flow.send('mdn', { as2 });
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'receipt-not-pending');
      assert.match(error?.message ?? '', /^No receipt waits for a decision about the exchange /);
      assert.equal(error?.source.id, 'mdn');
    });
  });

  it('does not know what to do with a message of another node', async () => {
    await withDecision({}, async (flow) => {
      for (const message of [{}, { as2: null }, { as2: { exchange: 5 } }]) {
        flow.send('mdn', message);
        const { error } = await flow.next('caught');
        assert.equal(error?.code, 'receipt-exchange-missing');
        assert.match(error?.message ?? '', /msg\.as2\.exchange is missing/);
      }
    });
  });

  it('tells a Catch node when its decision cannot be read, and the message stays open', async () => {
    const as2Mdn = { action: 'msg', decision: '$number("x")', decisionType: 'jsonata' };
    await withDecision({ as2Mdn, as2In: { receiptTimeout: '0.2' } }, async (flow) => {
      const receipt = receiptFor(flow);
      flow.send('mdn', { as2: (await flow.next('received')).as2 });
      assert.equal((await flow.next('caught')).error?.code, 'property-unreadable');
      assert.match((await receipt).disposition, /unexpected-processing-error$/);
    });
  });
});

describe('as2-in whose receipts the flow decides', () => {
  it('rejects when the flow does not answer in time, and tells a Catch node', async () => {
    await withDecision({ as2In: { receiptTimeout: '0.1' } }, async (flow) => {
      const { disposition } = await receiptFor(flow);
      assert.equal(disposition, `${AUTOMATIC}; processed/error: unexpected-processing-error`);
      const { as2 } = await flow.next('received');
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'receipt-decision-timeout');
      assert.match(
        error?.message ?? '',
        /did not decide about the message .* from "Alice" within 0\.1 seconds/,
      );
      flow.send('mdn', { as2 });
      assert.equal((await flow.next('caught')).error?.code, 'receipt-not-pending');
    });
  });

  it('accepts instead, when told so', async () => {
    await withDecision({ as2In: { receiptTimeout: '0.1', onTimeout: 'accept' } }, async (flow) => {
      assert.equal((await receiptFor(flow)).disposition, `${AUTOMATIC}; processed`);
      assert.equal((await flow.next('caught')).error?.code, 'receipt-decision-timeout');
    });
  });

  it('sends the partner away with 503 when it is deployed anew, and gives the message again', async () => {
    await withDecision({}, async (flow) => {
      const request = await messageOfAlice();
      const first = postWire(`${flow.url}/as2`, request);
      await flow.next('received');
      const { nodes, credentials } = await aliceAndBob(`${flow.url}/as2`);
      await flow.deploy([...nodes, ...bobsFlow({}, {})], 'full', credentials);
      const refused = await first;
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);

      const second = postWire(`${flow.url}/as2`, request);
      const { as2 } = await flow.next('received');
      assert.equal(as2.redelivered, true);
      flow.send('mdn', { as2 });
      assert.equal(
        formatDisposition((await receiptOfBob(await second)).disposition),
        `${AUTOMATIC}; processed`,
      );
    });
  });

  it('goes on waiting while other nodes are deployed', async () => {
    await withDecision({}, async (flow) => {
      const receipt = receiptFor(flow);
      const { as2 } = await flow.next('received');
      const { nodes } = await aliceAndBob(`${flow.url}/as2`);
      await flow.deploy([...nodes, ...bobsFlow({}, { text: 'changed', textType: 'str' })], 'nodes');
      flow.send('mdn', { as2 });
      const { disposition, text } = await receipt;
      assert.equal(disposition, `${AUTOMATIC}; processed`);
      assert.match(text, /changed/);
    });
  });
});
