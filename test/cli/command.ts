import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** The program as it is built beside the tests. */
const PROGRAM = join(__dirname, '..', '..', 'src', 'cli', 'main.js');

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line program as a process of its own, in a directory. */
export function runProgram(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const { cwd, env = {} } = options;
    const settings = { ...(cwd === undefined ? {} : { cwd }), env: { ...process.env, ...env } };
    execFile(process.execPath, [PROGRAM, ...args], settings, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}
