import { toAs2Error } from '../errors';
import { PRODUCT } from '../exchange';
import { HELP } from './help';
import { readOptions } from './options';
import { runTest } from './test-command';

/** What a program gets from its surroundings. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * @param args without the names of the program
 * @returns the exit code: 0 when all steps passed, 1 when one failed, 2 when the command line cannot be used
 */
export async function runCommandLine(args: readonly string[], around: Surroundings): Promise<number> {
  const [command, ...rest] = args;
  if (command === '--version') {
    around.print(`${PRODUCT.replace('/', ' ')}\n`);
    return 0;
  }
  if (command === undefined || args.includes('--help') || args.includes('-h') || command === 'help') {
    around.print(HELP);
    return 0;
  }
  try {
    return (await runTest(readOptions(command, rest), around)) ? 0 : 1;
  } catch (error) {
    around.complain(`${toAs2Error(error).message}\n`);
    return 2;
  }
}
