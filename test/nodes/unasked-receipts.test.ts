import assert from 'node:assert/strict';
import { withAliceAlone } from '../support/bob-elsewhere';

/** A receipt for a message that nobody has sent; anybody can write one. */
function receiptFor(messageId: string): string {
  return [
    '--x',
    'Content-Type: text/plain',
    '',
    'Hello.',
    '--x',
    'Content-Type: message/disposition-notification',
    '',
    'Final-Recipient: rfc822; Bob',
    `Original-Message-ID: <${messageId}>`,
    'Disposition: automatic-action/MDN-sent-automatically; processed',
    '',
    '--x--',
    '',
  ].join('\r\n');
}

describe('receipts that nobody asked for', () => {
  it('are acknowledged, and do not fill the log, however many come', async () => {
    await withAliceAlone({}, async ({ flow, bob }) => {
      const post = async (messageId: string): Promise<number> => {
        const response = await fetch(`${flow.url}/as2`, {
          method: 'POST',
          headers: {
            'AS2-Version': '1.2',
            'AS2-From': bob.as2Name,
            'AS2-To': 'Alice',
            'Message-ID': '<receipt@bob>',
            'Content-Type': 'multipart/report; report-type=disposition-notification; boundary=x',
          },
          body: receiptFor(messageId),
        });
        await response.arrayBuffer();
        return response.status;
      };
      const of = (level: 'warn' | 'error'): string[] =>
        flow.logged(level, 'all').filter((line) => line.includes('receipt') || line.includes('id-'));
      for (let count = 0; count < 200; count++) assert.equal(await post(`id-${count}@bob`), 200);
      const lines = [...of('warn'), ...of('error')];
      assert.ok(lines.length > 0 && lines.length <= 60, `${lines.length} lines`);
    });
  });
});
