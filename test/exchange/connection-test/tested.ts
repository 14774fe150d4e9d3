import { type ConnectionTest, type ConnectionTestStep, testConnection } from '../../../src/exchange';
import { openSpool } from '../../../src/store';
import { alphaAndBeta, type PartnerChanges, relationshipOf } from '../../partner/parties';
import { withTempDirectory } from '../../support/temp';

/** ALPHA tests its connection to Beta Corp, and sends no message. */
export async function tested(changes: PartnerChanges): Promise<ConnectionTest> {
  const { alpha, beta } = await alphaAndBeta();
  return testConnection({ partner: 'beta', relationship: () => relationshipOf(alpha, beta, changes) });
}

/** The same with a test message. */
export async function testedWithMessage(changes: PartnerChanges): Promise<ConnectionTest> {
  const { alpha, beta } = await alphaAndBeta();
  return withTempDirectory(async (directory) => {
    const spool = await openSpool({ directory });
    try {
      return await testConnection({
        partner: 'beta',
        relationship: () => relationshipOf(alpha, beta, changes),
        message: { spool: async () => spool },
      });
    } finally {
      await spool.close();
    }
  });
}

type Done = Exclude<ConnectionTestStep, { state: 'skipped' }>;

/** A step that was done, with its own kind of facts. */
export function done<Step extends Done['step']>(
  test: ConnectionTest,
  name: Step,
): Extract<Done, { step: Step }> {
  const found = test.steps.find(({ step }) => step === name);
  if (!found || found.state === 'skipped') throw new Error(`${name} was not done: ${outline(test)}`);
  return found as Extract<Done, { step: Step }>;
}

/** Such as `settings dns tcp! tls-`: what failed has a `!`, what was skipped a `-`. */
export function outline({ steps }: ConnectionTest): string {
  const marks = { passed: '', failed: '!', skipped: '-' };
  return steps.map(({ step, state }) => step + marks[state]).join(' ');
}

/** Codes of errors and warnings, by step. */
export function problems({ steps }: ConnectionTest): Record<string, string[]> {
  const codes = (one: ConnectionTestStep): string[] => [
    ...('error' in one && one.error ? [one.error.code] : []),
    ...one.warnings.map(({ code }) => code),
  ];
  return Object.fromEntries(
    steps.map((one) => [one.step, codes(one)] as const).filter(([, found]) => found.length > 0),
  );
}
