import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs `openssl` commands joined by the system's own pipes. @throws when one of them fails */
export async function openssl(...commands: readonly (readonly string[])[]): Promise<void> {
  const line = commands.map((command) => ['openssl', ...command].map(quoted).join(' ')).join(' | ');
  const child = spawn('bash', ['-c', `set -o pipefail; ${line}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${line} ended with ${code}: ${said}`);
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
