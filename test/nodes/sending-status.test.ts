import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeAPI, NodeStatus } from 'node-red';
import { SendingStatus } from '../../nodes/shared/sending/sending-status';
import type { StatusLine } from '../../nodes/shared/status';
import { packageRoot } from '../support/paths';

/** The line as it is, without its pauses; texts are those of the catalogue. */
function shownBy(): { readonly status: SendingStatus; readonly shown: NodeStatus[] } {
  const file = join(packageRoot, 'nodes', 'as2-out', 'locales', 'en-US.json');
  const { 'as2-out': texts } = JSON.parse(readFileSync(file, 'utf8')) as {
    'as2-out': { status: Record<string, string> };
  };
  const shown: NodeStatus[] = [];
  const line = {
    show: (fill: 'blue', shape: 'ring', text: () => string) => shown.push({ fill, shape, text: text() }),
  } as unknown as StatusLine;
  const RED = {
    _: (key: string, values: Record<string, unknown>) =>
      (texts.status[key.replace('as2-out.status.', '')] ?? key).replace(
        /__(\w+?)__/g,
        (_place, name: string) => String(values[name]),
      ),
  } as unknown as NodeAPI;
  return { status: new SendingStatus(RED, line), shown };
}

describe('the line under an as2-out node', () => {
  it('says what the one message does', () => {
    const { status, shown } = shownBy();
    status.set('1', { doing: 'queued' });
    status.set('1', { doing: 'sending' });
    status.set('1', { doing: 'sending', percent: 45 });
    status.set('1', { doing: 'sending', percent: 62, resumed: true });
    const at = new Date(2030, 0, 1, 14, 5);
    status.set('1', { doing: 'retrying', attempt: 2, attempts: 10, at, code: 'http-host-unknown' });
    status.set('1', { doing: 'awaiting-receipt' });
    assert.deepEqual(shown, [
      { fill: 'blue', shape: 'ring', text: 'waiting' },
      { fill: 'blue', shape: 'dot', text: 'sending' },
      { fill: 'blue', shape: 'dot', text: 'sending 45 %' },
      { fill: 'blue', shape: 'dot', text: 'sending 62 %, gone on with after a break' },
      { fill: 'yellow', shape: 'ring', text: 'retry 2/10 at 14:05 (host unknown)' },
      { fill: 'blue', shape: 'ring', text: 'waiting for receipt' },
    ]);
  });

  it('says how many there are, and in yellow when one of them does not get through', () => {
    const { status, shown } = shownBy();
    status.set('1', { doing: 'sending' });
    status.set('2', { doing: 'queued' });
    status.set('3', { doing: 'retrying', attempt: 2 });
    assert.deepEqual(shown.slice(1), [
      { fill: 'blue', shape: 'dot', text: '2 waiting' },
      { fill: 'yellow', shape: 'dot', text: '3 waiting' },
    ]);
  });

  it('shows an outcome only when nothing else is on its way', () => {
    const { status, shown } = shownBy();
    const last: string[] = [];
    status.set('1', { doing: 'sending' });
    status.set('2', { doing: 'awaiting-receipt' });
    status.remove('1', () => last.push('1'));
    assert.deepEqual([last, shown.at(-1)?.text], [[], 'waiting for receipt']);
    status.remove('2', () => last.push('2'));
    assert.deepEqual(last, ['2']);
  });

  it('counts a message once, by whatever name', () => {
    const { status, shown } = shownBy();
    status.set('token', { doing: 'sending' });
    status.set('exchange', { doing: 'sending', percent: 1 });
    status.rename('token', 'exchange');
    status.set('exchange', { doing: 'sending', percent: 2 });
    assert.equal(shown.at(-1)?.text, 'sending 2 %');
  });
});
