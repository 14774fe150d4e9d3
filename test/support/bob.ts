import assert from 'node:assert/strict';
import { formatDisposition } from '../../src/as2';
import { postWire } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from './alice';
import { onTab, type RunningFlow, withFlow } from './node-red-flow';
import { aliceAndBob, type StationChanges } from './stations';

type Properties = Readonly<Record<string, unknown>>;

export const AUTOMATIC = 'automatic-action/MDN-sent-automatically';
export const PROCESSED = `${AUTOMATIC}; processed`;

/** Bob's as2-in with these properties. */
export async function withBob(
  as2In: Properties,
  work: (flow: RunningFlow) => Promise<void>,
  changes: StationChanges = {},
  settings: Properties = {},
  /** Of nodes by their id, beside the keys. */
  more: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Promise<void> {
  await withFlow(async (url) => {
    const { nodes, credentials } = await aliceAndBob(`${url}/as2`, changes);
    const flow = onTab(
      { id: 'in', type: 'as2-in', path: '/as2', ...as2In, wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    return { nodes: [...nodes, ...flow], credentials: { ...credentials, ...more }, settings };
  }, work);
}

/** The next message goes through as if nothing had been, and nothing of the bad one reached the flow. */
export async function isStillThere(flow: RunningFlow): Promise<void> {
  assert.ok(flow.isSilent('received'));
  const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
  assert.equal(formatDisposition((await receiptOfBob(response)).disposition), PROCESSED);
  await flow.next('received');
}
