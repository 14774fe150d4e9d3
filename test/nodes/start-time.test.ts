import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../support/paths';

interface Loading {
  /** Of work: on a busy machine time passes without any. */
  readonly milliseconds: number;
  readonly files: readonly string[];
}

/** Loads the node files as Node-RED does at its start, in a process of its own. */
async function loadNodes(): Promise<Loading> {
  const script = `
    const { join } = require('node:path');
    const before = process.cpuUsage();
    for (const type of ['as2-identity', 'as2-partner', 'as2-listener', 'as2-out', 'as2-in', 'as2-mdn']) {
      require(join(process.argv[1], type + '.js'));
    }
    const { user, system } = process.cpuUsage(before);
    const milliseconds = (user + system) / 1000;
    console.log(JSON.stringify({ milliseconds, files: Object.keys(require.cache) }));`;
  const directory = join(packageRoot, 'dist', 'nodes');
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, directory]);
  return JSON.parse(stdout) as Loading;
}

describe('loading the nodes', () => {
  it('leaves everything heavy for when it is needed', async () => {
    const { files } = await loadNodes();
    const rooms = files.map((file) => /dist[\\/](src[\\/]\w+|nodes)|node_modules[\\/][\w-]+/.exec(file)?.[0]);
    const allowed = ['nodes', 'errors', 'bytes'];
    assert.deepEqual(
      [...new Set(rooms)].filter((room) => !allowed.some((name) => room?.endsWith(name))),
      [],
    );
  });

  it('takes less than 150 ms', async () => {
    // The fastest run is the one that was disturbed least by what else the machine does.
    let best = Number.POSITIVE_INFINITY;
    for (let runs = 0; runs < 15 && best >= 150; runs++) {
      best = Math.min(best, (await loadNodes()).milliseconds);
    }
    assert.ok(best < 150, `${best} ms`);
  });
});
