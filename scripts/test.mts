/** `npm test`: build, types, lint, all tests. The last line holds the totals; the exit code is 0 only if all is well. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const started = Date.now();

for (const step of ['build', 'types', 'lint', 'docs:check']) {
  console.log(`\n> ${step}`);
  const { status } = run('npm', ['run', '--silent', step]);
  if (status !== 0) {
    console.log(`\n${step} failed, so no test was run`);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}
console.log('\n> tests');
const { status } = run('mocha', process.argv.slice(2));
console.error(`(${Math.round((Date.now() - started) / 1000)} s)`);
process.exit(status ?? 1);

function run(command: string, args: string[]) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
}
