import assert from 'node:assert/strict';
import { readAs2Headers } from '../../../src/as2';
import type { Arrival } from '../../../src/exchange/receiving/arrival';
import { openStored } from '../../../src/exchange/receiving/open-message';
import { relationshipOf } from '../../partner/parties';
import { composeWire } from '../../partner/wire-message';
import { restarting } from '../../partner/restarting';
import { endingTheThread } from '../../support/ending-the-thread';

describe('exchange: the thread that takes digests ends again and again', () => {
  it('law 2: that is not the fault of the message, which is postponed and not refused', async () => {
    await restarting(async ({ alpha, beta, start }) => {
      const { spool } = await start();
      const { headers, body } = await composeWire(alpha, beta, {
        payload: Buffer.alloc(4 * 1024 * 1024, 'x'),
      });
      const arrival = {
        receiver: { options: { spool }, spill: () => spool.spill },
        headers,
        request: readAs2Headers(headers),
        relationship: relationshipOf(beta, alpha, {}),
      } as unknown as Arrival;
      const opening = (times: number) =>
        openStored({ arrival, folder: undefined as never, body: endingTheThread(body, times) });
      await assert.rejects(opening(Infinity), { code: 'digests-lost' });
      assert.ok('opened' in (await opening(1)));
    });
  });
});
