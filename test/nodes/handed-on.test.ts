import assert from 'node:assert/strict';
import { handedOn } from '../../nodes/shared/handed-on';
import { withBob } from '../support/bob';

describe('a message that a node has sent', () => {
  it('is with the next node before anybody is told that the flow has it', async () => {
    await withBob({}, async (flow) => {
      flow.node('in').send({ payload: 'an order' });
      assert.ok(flow.isSilent('received'), 'Node-RED delivers at once now: handedOn is needed no longer');
      await handedOn();
      assert.ok(!flow.isSilent('received'));
    });
  });
});
