import { spawn } from 'node:child_process';

/**
 * Runs the `openssl` command: the peer that is on every machine.
 * @returns what it wrote to standard output
 */
export async function openssl(args: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  // It may end without having read everything; its exit code tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (exitCode !== 0) throw new Error(`openssl ${args.join(' ')}: exit code ${exitCode}\n${complaints}`);
  return Buffer.concat(output);
}
