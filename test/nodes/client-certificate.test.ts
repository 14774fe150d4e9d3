import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import { aliceAndBob } from '../support/stations';
import { withTempDirectory } from '../support/temp';
import { type TlsFront, withTlsInFront } from '../support/tls-front';

interface Running {
  readonly flow: RunningFlow;
  readonly front: TlsFront;
  put(keyPair: Pick<TestKeyPair, 'certificatePem' | 'privateKeyPem'>): Promise<void>;
  /** Flows start again, without the partner and its TLS configuration. */
  start(name: string): Promise<void>;
}

/** Alice, whose client certificate lies in files, sends to Bob behind a server that wants one. */
async function withAlice(now: TestKeyPair, next: TestKeyPair, work: (running: Running) => Promise<void>) {
  const { certificate } = await testKeyPair('some other name');
  await withTempDirectory(async (directory) => {
    const [cert, key] = [join(directory, 'client.pem'), join(directory, 'client.key')];
    const put: Running['put'] = async ({ certificatePem, privateKeyPem }) => {
      await Promise.all([writeFile(cert, certificatePem), writeFile(key, privateKeyPem)]);
    };
    await put(now);
    await withTlsInFront([now.certificatePem, next.certificatePem], async (front) => {
      const bob = { tls: 'client', pins: certificate.fingerprintSha256 };
      const { nodes, credentials } = await aliceAndBob(`https://localhost:${front.port}/as2`, { bob });
      const all = (name: string) => [
        ...nodes,
        {
          id: 'client',
          type: 'tls-config',
          name: '',
          certType: 'files',
          cert,
          key,
          ca: '',
          verifyservercert: true,
        },
        ...onTab(
          { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
          { id: 'sent', type: 'helper' },
          { id: 'in', type: 'as2-in', path: '/as2', name, wires: [['received']] },
          { id: 'received', type: 'helper' },
          { id: 'catch', type: 'catch', wires: [['caught']] },
          { id: 'caught', type: 'helper' },
        ),
      ];
      await withFlow(
        async (url) => {
          front.target = url;
          return { nodes: all(''), credentials };
        },
        async (flow) => {
          const start = async (name: string) => flow.deploy(all(name), 'nodes', credentials);
          await work({ flow, front, put, start });
        },
      );
    });
  });
}

async function send({ flow }: Running): Promise<void> {
  flow.send('out', { payload: 'order' });
  assert.equal((await flow.next('sent')).as2.receipt?.micMatches, true);
}

describe('as2-partner: its client certificate rotated while running', () => {
  let now: TestKeyPair;
  let next: TestKeyPair;
  before(async () => {
    now = await testKeyPair('client');
    next = await testKeyPair('client of next year');
  });

  it('TLS-05: another one in the files of the tls-config is shown from then on, without a deploy of the partner', () =>
    withAlice(now, next, async (running) => {
      const { flow, front, put, start } = running;
      await send(running);
      await put(next);
      // It is looked at every 15 seconds, and whenever flows start.
      await start('deployed');
      await flow.logs('info', /as2-partner\.log\.renewed/);
      await send(running);
      const fingerprints = [now, next].map(({ certificate }) => certificate.x509.fingerprint256);
      assert.deepEqual(front.shown, fingerprints);
    }));

  it('one without its key is told, and that of before is shown until they fit', () =>
    withAlice(now, next, async (running) => {
      const { flow, front, put, start } = running;
      await put({ ...now, certificatePem: next.certificatePem });
      await start('deployed');
      await flow.logs('error', /^The TLS settings for .* cannot be used/);
      await send(running);
      await put(next);
      await start('deployed again');
      await flow.logs('info', /as2-partner\.log\.renewed/);
      await send(running);
      const fingerprints = [now, next].map(({ certificate }) => certificate.x509.fingerprint256);
      assert.deepEqual(front.shown, fingerprints);
    }));
});
