/**
 * `npm run test:hostile`: hostile requests and many parallel connections against a running Node-RED. The number of
 * connections is 10,000, or what `-- --connections N` says; `npm test` has 500. Each needs a file handle in both
 * processes (`ulimit -n`).
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './lib/compiled.mts';

const { values } = parseArgs({ options: { connections: { type: 'string', default: '10000' } } });
ensureBuilt();
const { status } = spawnSync(
  'mocha',
  ['--no-config', '--enable-source-maps', 'dist/test/hostile/*.test.js'],
  {
    cwd: root,
    env: { ...process.env, AS2_HOSTILE_CONNECTIONS: values.connections },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  },
);
process.exitCode = status ?? 1;
