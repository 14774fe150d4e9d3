/**
 * `npm run test:transfer`: messages through real servers, clients and proxies of other makers, which are started on
 * ports of their own. What Debian's packages are called is said when something is missing. The last line is
 * `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ensureBuilt, root } from './lib/compiled.mts';

const TOOLS = ['nginx', 'squid', 'tinyproxy', 'curl', 'openssl'];
/** Servers lie in folders that not everybody looks into. */
const path = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);

const missing = TOOLS.filter(
  (tool) => !path.split(delimiter).some((folder) => existsSync(join(folder, tool))),
);
if (missing.length > 0) {
  console.error(`These tests need ${missing.join(', ')}:`);
  console.error(`  apt-get install --no-install-recommends ${missing.join(' ')}`);
  process.exit(1);
}

ensureBuilt();
const spec = 'dist/test/transfer/*.transfer.js';
const options = '--no-config --enable-source-maps --timeout 120000 --forbid-only --forbid-pending'.split(' ');
const { status } = spawnSync('mocha', [...options, '--reporter', 'dist/test/support/reporter.js', spec], {
  cwd: root,
  env: { ...process.env, PATH: path },
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
