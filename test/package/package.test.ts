import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { installPackage, type PackedPackage, packPackage } from '../support/packed-package';
import { packageRoot } from '../support/paths';

const run = promisify(execFile);
const nodeTypes = ['as2-identity', 'as2-in', 'as2-listener', 'as2-mdn', 'as2-out', 'as2-partner'];
const examples = [
  '01 - Loopback',
  '02 - Folder to partner',
  '03 - Receive and save, receipt after saving',
  '04 - Several documents, receipt later',
];

/** What Node-RED itself warns about in a fresh user directory. */
const ownWarnings = [/Projects disabled/, /Encrypted credentials not found/];

/** Everything the tarball may hold; what is not named here does not belong in it. */
const belonging = [
  /^package\.json$/,
  /^(README|CHANGELOG|SECURITY)\.md$/,
  /^LICENSE$/,
  /^docs\/(decisions\/)?([a-z0-9-]+|README)\.md$/,
  /^examples\/\d\d - [\w ,]+\.json$/,
  /^dist\/src\/([a-z0-9-]+\/)*[a-z0-9-]+\.(js|d\.ts)$/,
  /^dist\/test\/partner\/mock\/[a-z-]+\.(js|d\.ts)$/,
  /^dist\/nodes\/as2-[a-z]+\.(js|html)$/,
  /^dist\/nodes\/(as2-[a-z]+|shared)\/([a-z]+\/)?[a-z0-9-]+\.(js|d\.ts)$/,
  /^dist\/nodes\/locales\/[a-z]{2}(-[A-Z]{2})?\/as2-[a-z]+\.(json|html)$/,
  /^dist\/nodes\/icons\/as2-[a-z]+\.svg$/,
];

interface NodeSet {
  readonly id: string;
  readonly module: string;
  readonly types: readonly string[];
  readonly enabled: boolean;
  readonly err?: unknown;
}

describe('the packed package', function () {
  this.timeout(300_000);

  let directory: string;
  let packed: PackedPackage;
  let nodeRed: NodeRedProcess;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'as2-package-'));
    packed = await packPackage(directory);
    const userDirectory = join(directory, 'user');
    await mkdir(userDirectory);
    await writeFile(join(userDirectory, 'package.json'), '{ "name": "node-red-project", "private": true }');
    await installPackage(packed.tarball, userDirectory);
    nodeRed = await startNodeRed({ userDirectory, packageDirectory: 'none' });
  });

  after(async () => {
    await nodeRed?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  it('holds nothing that does not belong in it', () => {
    const strangers = packed.files
      .map(({ path }) => path)
      .filter((path) => !belonging.some((b) => b.test(path)));
    assert.deepEqual(strangers, []);
    assert.ok(packed.sizeBytes < 1_000_000, `${packed.sizeBytes} bytes`);
  });

  it('holds the core, every node with its editor, catalogue and help, the examples and the documents', () => {
    const paths = new Set(packed.files.map(({ path }) => path));
    const expected = [
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'SECURITY.md',
      'LICENSE',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/test/partner/mock/index.js',
      'dist/test/partner/mock/index.d.ts',
      ...examples.map((name) => `examples/${name}.json`),
      ...nodeTypes.flatMap((type) => [
        `dist/nodes/${type}.js`,
        `dist/nodes/${type}.html`,
        `dist/nodes/locales/en-US/${type}.json`,
        `dist/nodes/locales/en-US/${type}.html`,
      ]),
      ...['as2-in', 'as2-mdn', 'as2-out'].map((type) => `dist/nodes/icons/${type}.svg`),
    ];
    assert.deepEqual(
      expected.filter((path) => !paths.has(path)),
      [],
    );
  });

  it('has a compiled file only where there is a source', () => {
    const orphans = packed.files
      .map(({ path }) => path)
      .filter((path) => /^dist\/(src|nodes\/[a-z0-9-]+)\/.*\.js$/.test(path))
      .filter((path) => !existsSync(join(packageRoot, path.slice('dist/'.length).replace(/\.js$/, '.ts'))));
    assert.deepEqual(orphans, []);
  });

  it('holds no private key', () => {
    for (const { path } of packed.files) {
      assert.doesNotMatch(
        readFileSync(join(packageRoot, path), 'latin1'),
        /-----BEGIN [A-Z ]*PRIVATE KEY-----[\r\n]/,
        path,
      );
    }
  });

  it('gives programs its public API', async () => {
    const program = "console.log(Object.keys(require('node-red-contrib-as2')).length)";
    const { stdout } = await run(process.execPath, ['--eval', program], { cwd: nodeRed.userDirectory });
    assert.ok(Number(stdout) > 5, stdout);
  });

  it('gives the command line its program', async () => {
    const bin = join(nodeRed.userDirectory, 'node_modules', '.bin', 'node-red-contrib-as2');
    const { stdout } = await run(bin, ['--version'], { shell: process.platform === 'win32' });
    assert.match(stdout, /^node-red-contrib-as2 \d+\.\d+\.\d+\n$/);
  });

  it('finds the thread of its journal, and warns of nothing', async () => {
    const program = `
      const { openSpool } = require('node-red-contrib-as2');
      openSpool({ directory: 'spool' }).then(async (spool) => {
        const key = { from: 'A', to: 'B', messageId: 'm' };
        await spool.settle(await spool.begin('in', key, 'received', {}));
        console.log((await spool.find('in', key)).record.state);
        await spool.close();
      });`;
    const { stdout, stderr } = await run(process.execPath, ['--eval', program], {
      cwd: nodeRed.userDirectory,
    });
    assert.equal(stdout, 'received\n');
    assert.equal(stderr, '');
  });

  it('gives programs a trading partner for their tests', async () => {
    const program = `
      const { TradingPartner } = require('node-red-contrib-as2/testing');
      TradingPartner.start({ peer: { as2Name: 'ALPHA' } }).then(async (partner) => {
        console.log(partner.as2Name);
        await partner.stop();
      });`;
    const { stdout } = await run(process.execPath, ['--eval', program], { cwd: nodeRed.userDirectory });
    assert.equal(stdout, 'Test Partner\n');
  });

  it('loads in Node-RED without a warning', () => {
    const warnings = nodeRed.log.filter((line) => /\[(warn|error)\]/.test(line));
    const ours = warnings.filter((line) => !ownWarnings.some((own) => own.test(line)));
    assert.deepEqual(ours, []);
  });

  it('gives Node-RED five node sets without errors', async () => {
    const sets = (await nodeRed.getJson<NodeSet[]>('/nodes')).filter(
      ({ module }) => module === 'node-red-contrib-as2',
    );
    assert.deepEqual(
      sets
        .map(({ types, enabled, err }) => ({ types, enabled, err }))
        .sort((a, b) => (a.types[0] ?? '').localeCompare(b.types[0] ?? '')),
      nodeTypes.map((type) => ({ types: [type], enabled: true, err: undefined })),
    );
  });

  it('lists its examples in the import dialog, and each can be read', async () => {
    const address = '/library/examples/flows/';
    assert.deepEqual(
      (await nodeRed.getJson<string[]>(address)).filter((module) => module === 'node-red-contrib-as2'),
      ['node-red-contrib-as2'],
    );
    assert.deepEqual(
      await nodeRed.getJson(`${address}node-red-contrib-as2`),
      examples.map((fn) => ({ fn })),
    );
    for (const name of examples) {
      const flow = await nodeRed.getJson<unknown[]>(
        `${address}node-red-contrib-as2/${encodeURIComponent(name)}`,
      );
      assert.ok(Array.isArray(flow) && flow.length > 5, name);
    }
  });

  it('serves its icons', async () => {
    const icons = await nodeRed.getJson<Record<string, string[]>>('/icons');
    assert.deepEqual(icons['node-red-contrib-as2']?.sort(), ['as2-in.svg', 'as2-mdn.svg', 'as2-out.svg']);
    for (const icon of icons['node-red-contrib-as2'] ?? []) {
      const response = await nodeRed.request(`/icons/node-red-contrib-as2/${icon}`);
      assert.match(response.headers.get('content-type') ?? '', /^image\/svg\+xml/);
      assert.match(await response.text(), /<svg/);
    }
  });

  it('serves its texts', async () => {
    for (const type of nodeTypes) {
      const catalogue = await nodeRed.getJson<Record<string, unknown>>(
        `/locales/node-red-contrib-as2/${type}?lng=en-US`,
      );
      assert.ok(catalogue[type], type);
    }
  });

  it('serves every node with its dialog and help', async () => {
    for (const type of nodeTypes) {
      const response = await nodeRed.request(`/nodes/node-red-contrib-as2/${type}`, {
        headers: { Accept: 'text/html', 'Accept-Language': 'en-US' },
      });
      const html = await response.text();
      assert.match(html, new RegExp(`data-template-name="${type}"`));
      assert.match(html, new RegExp(`data-help-name="${type}"`));
      assert.match(html, new RegExp(`registerType\\(["']${type}["'], \\{`), 'literal, for the flow library');
    }
  });
});
