import assert from 'node:assert/strict';
import { withTempDirectory } from '../support/temp';
import { crashCampaign, tell } from './campaign';

describe('crash test, the short one', function () {
  this.timeout(900_000);

  it('REL-01, REL-02: stations that are killed lose nothing and give nothing twice unmarked', async () => {
    await withTempDirectory(async (directory) => {
      const phases = await crashCampaign(
        { random: 10, nodeRed: 2, stepsEach: 1 },
        directory,
        () => undefined,
      );
      for (const phase of phases) {
        const { lost, duplicated, problems } = phase;
        assert.deepEqual(
          { lost, duplicated, problems },
          { lost: [], duplicated: [], problems: [] },
          tell(phase),
        );
      }
      const kills = phases.reduce((sum, phase) => sum + phase.kills, 0);
      assert.equal(kills, 20);
    });
  });
});
