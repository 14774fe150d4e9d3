import { writeFileSync } from 'node:fs';
import { reporters, Runner, type MochaOptions, type Test } from 'mocha';

interface Summary {
  readonly passed: string[];
  readonly failed: string[];
}

/**
 * Mocha's own listing, closed by a line with the totals; with AS2_TEST_SUMMARY it also leaves the full titles in a
 * file, from which the conformance table is made.
 */
export default class TotalsReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const summary: Summary = { passed: [], failed: [] };
    runner.on(Runner.constants.EVENT_TEST_PASS, (test: Test) => summary.passed.push(test.fullTitle()));
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test: Test) => summary.failed.push(test.fullTitle()));
    runner.on(Runner.constants.EVENT_RUN_END, () => {
      const file = process.env.AS2_TEST_SUMMARY;
      if (file) writeFileSync(file, JSON.stringify(summary));
      console.log(`${summary.passed.length} passed, ${summary.failed.length} failed`);
    });
  }
}

// Mocha takes a reporter module's export itself.
module.exports = TotalsReporter;
