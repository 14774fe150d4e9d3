import assert from 'node:assert/strict';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeWire, postWire, receiptIn } from '../partner/wire-message';
import { partyAlice, partyBob } from '../support/alice';
import { type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { packageRoot } from '../support/paths';
import { aliceAndBob } from '../support/stations';
import { withTempDirectory } from '../support/temp';

/** The built package with a Dutch catalogue beside the English one, which only translates these errors. */
async function packageWithDutch(
  directory: string,
  errors: Readonly<Record<string, string>>,
): Promise<string> {
  await cp(join(packageRoot, 'package.json'), join(directory, 'package.json'));
  for (const part of ['nodes', 'src']) {
    await cp(join(packageRoot, 'dist', part), join(directory, 'dist', part), { recursive: true });
  }
  await symlink(join(packageRoot, 'node_modules'), join(directory, 'node_modules'), 'junction');
  const dutch = join(directory, 'dist', 'nodes', 'locales', 'nl');
  await mkdir(dutch, { recursive: true });
  await writeFile(join(dutch, 'as2-out.json'), JSON.stringify({ errors }));
  return directory;
}

describe('a Node-RED with other settings', function () {
  this.timeout(180_000);

  async function withNodeRed(
    settings: Readonly<Record<string, unknown>>,
    work: (nodeRed: NodeRedProcess) => Promise<void>,
    packageDirectory = packageRoot,
  ): Promise<void> {
    const nodeRed = await startNodeRed({ settings, packageDirectory });
    try {
      await work(nodeRed);
    } finally {
      await nodeRed.stop();
    }
  }

  it('serves editor and nodes under paths of their own', async () => {
    await withNodeRed({ httpNodeRoot: '/edi/', httpAdminRoot: '/admin' }, async (nodeRed) => {
      const open = { requireSigned: false, requireEncrypted: false };
      const { nodes, credentials } = await aliceAndBob('', { alice: open });
      await nodeRed.deploy([
        ...nodes.map((node) => ({ ...node, credentials: { ...credentials[node.id] } })),
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'in', type: 'as2-in', z: 'tab', x: 100, y: 100, path: '/as2', wires: [[]] },
      ]);
      assert.deepEqual(await nodeRed.getJson('/as2/endpoints'), [
        { id: 'in', name: '/as2', path: '/as2', url: '/edi/as2' },
      ]);
      const message = await composeWire(await partyAlice(), await partyBob(), {
        protection: 'none',
        contentType: 'application/json',
        payload: Buffer.from('{ }'),
      });
      const answer = await postWire(new URL('/edi/as2', nodeRed.url).href, message);
      const receipt = await receiptIn(answer, (await partyBob()).keyPair.certificate);
      assert.equal(receipt.disposition.type, 'processed');
    });
  });

  it('says errors in its own language when there is a catalogue for it, and in English else', async () => {
    await withTempDirectory(async (directory) => {
      const errors = { 'identity-key-missing': 'Station __identity__ mist zijn sleutel.' };
      const packageDirectory = await packageWithDutch(directory, errors);
      const { nodes } = await aliceAndBob('');
      const [alice, bob] = nodes;
      assert.ok(alice && bob);
      await withNodeRed(
        { lang: 'nl' },
        async (nodeRed) => {
          await nodeRed.deploy([
            // What users and partners write must not become syntax of the catalogue.
            { ...alice, as2Name: '$t(errors.unexpected) __identity__' },
            { ...bob, certificate: '', credentials: { privateKey: 'x' } },
          ]);
          const log = nodeRed.log.join('\n');
          assert.match(log, /Station \$t\(errors\.unexpected\) __identity__ mist zijn sleutel\./);
          assert.match(log, /The identity "Bob B" has a private key but no certificate\./);
        },
        packageDirectory,
      );
    });
  });

  it('has all sentences of errors in its catalogue', async () => {
    const { errorTexts } = await import('../../src/errors/index.js');
    const file = join(packageRoot, 'dist', 'nodes', 'locales', 'en-US', 'as2-out.json');
    const { errors } = JSON.parse(await readFile(file, 'utf8')) as { errors: Record<string, string> };
    assert.deepEqual(Object.keys(errors).toSorted(), Object.keys(errorTexts).toSorted());
  });
});
