import assert from 'node:assert/strict';
import { bufferSource } from '../../src/bytes';
import { createHttpClient } from '../../src/http';
import { postWire } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from '../support/alice';
import { type RunningListener, withBobOnListener } from '../support/bob-on-listener';
import { free, freePort, occupy } from '../support/free-port';
import { testKeyPair } from '../support/keys';
import { beginUpload } from '../support/slow-upload';

const LISTENING = { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' } as const;

async function arrives({ flow, url }: RunningListener, path = '/as2'): Promise<void> {
  const answer = await postWire(url + path, await messageOfAlice());
  assert.equal(answer.status, 200);
  await receiptOfBob(answer);
  await flow.next('received');
}

describe('as2-listener', () => {
  it('is a port of its own for as2-in nodes; Node-RED’s own has nothing of it', async () => {
    await withBobOnListener({}, async (running) => {
      const { flow, url } = running;
      await flow.statusBecomes('in', LISTENING);
      await arrives(running);
      await arrives(running, '/AS2/?x=1');
      assert.equal((await postWire(`${url}/other`, await messageOfAlice())).status, 404);
      assert.equal((await postWire(`${flow.url}/as2`, await messageOfAlice())).status, 404);
      const { body } = (await flow.admin.get('/as2/endpoints')) as { body: unknown };
      assert.deepEqual(body, [
        { id: 'in', name: '/as2', path: '/as2', url: '/as2', port: running.port, secure: false },
      ]);
    });
  });

  it('works where Node-RED serves no HTTP nodes at all', async () => {
    await withBobOnListener({ settings: { httpNodeRoot: false } }, async (running) => {
      await running.flow.statusBecomes('in', LISTENING);
      await arrives(running);
    });
  });

  it('speaks TLS with the certificate of a tls-config, whatever that one says about checking servers', async () => {
    const { certificatePem: ca } = await testKeyPair('localhost');
    await withBobOnListener({ tls: true }, async ({ flow, url }) => {
      await flow.statusBecomes('in', LISTENING);
      const { headers, body } = await messageOfAlice();
      const client = createHttpClient({ tls: { ca } });
      const answer = await client.post({ url: `${url}/as2`, headers, body: bufferSource(body) });
      client.close();
      assert.equal(answer.status, 200);
      await flow.next('received');
    });
  });

  it('says a friendly word to a browser, and to its health check whether messages can come', async () => {
    await withBobOnListener({ listener: { healthPath: '/health' } }, async ({ flow, url }) => {
      await flow.statusBecomes('in', LISTENING);
      const seen = await fetch(`${url}/as2`);
      assert.equal(seen.status, 405);
      assert.match(await seen.text(), /takes AS2 messages .* It is working\./);
      assert.equal((await fetch(`${url}/as2`, { method: 'HEAD' })).status, 405);
      const health = await fetch(`${url}/health`);
      assert.deepEqual([health.status, await health.text()], [200, 'ok\n']);
    });
  });

  it('shows at the nodes that its port is in use, and takes it once it is free and the flows are deployed', async () => {
    const port = await freePort();
    const other = await occupy(port);
    const listener = { port: String(port) };
    await withBobOnListener({ listener }, async ({ flow, deploy }) => {
      await flow.statusBecomes('in', { fill: 'red', shape: 'ring', text: 'listener port taken' });
      const said = flow.logged('error').join('\n');
      assert.match(said, new RegExp(`^Port ${port} is in use by another program or another listener\\.`));
      await free(other);
      await deploy({ listener, as2In: { name: 'deployed again' } });
      await flow.statusBecomes('in', LISTENING);
      assert.equal((await postWire(`http://127.0.0.1:${port}/as2`, await messageOfAlice())).status, 200);
    });
  });

  for (const [what, listener, status, sentence] of [
    [
      'an address that this machine does not have',
      { host: '192.0.2.1' },
      'listener address unavailable',
      /^The listener cannot use the address 192\.0\.2\.1/,
    ],
    ['a port that is none', { port: '70000' }, 'setting invalid', /^The setting "port" has the value/],
    [
      'client certificates without TLS',
      { clientCertificate: 'required' },
      'listener tls needed',
      /^The listener "port \d+" asks senders for certificates/,
    ],
    [
      'a TLS configuration that is gone',
      { tls: 'gone' },
      'listener tls missing',
      /^The TLS configuration chosen/,
    ],
    [
      'a proxy that is no address',
      { proxies: '10.0.0.0/8, proxy' },
      'address range invalid',
      /^The entry "proxy" is no IP/,
    ],
  ] as const) {
    it(`shows at the nodes that it cannot work with ${what}`, async () => {
      await withBobOnListener({ listener }, async ({ flow }) => {
        await flow.statusBecomes('in', { fill: 'red', shape: 'ring', text: status });
        assert.match(flow.logged('error').join('\n'), sentence);
      });
    });
  }

  it('that is gone is missed by its as2-in nodes', async () => {
    await withBobOnListener({ as2In: { listener: 'gone' } }, async ({ flow }) => {
      await flow.statusBecomes('in', { fill: 'red', shape: 'ring', text: 'listener missing' });
      assert.match(flow.logged('error').join('\n'), /^The listener chosen in this node does not exist/);
    });
  });

  it('keeps its port when only an as2-in is deployed', async () => {
    await withBobOnListener({}, async (running) => {
      await arrives(running);
      await running.deploy({ as2In: { name: 'another name' } });
      await running.flow.statusBecomes('in', LISTENING);
      await arrives(running);
      await running.deploy({ as2In: { path: '/elsewhere' } });
      await arrives(running, '/elsewhere');
      assert.equal((await postWire(`${running.url}/as2`, await messageOfAlice())).status, 404);
    });
  });

  it('answers what is coming in while it is deployed, and opens again', async () => {
    await withBobOnListener({}, async (running) => {
      const { flow, url, deploy } = running;
      await flow.statusBecomes('in', LISTENING);
      const upload = beginUpload(`${url}/as2`, await messageOfAlice());
      await upload.arrived;
      const deployed = deploy({ listener: { maxConnections: '900' } }, 'full');
      await flow.isClosing('in');
      assert.equal(await upload.finish(), 503);
      await deployed;
      assert.ok(flow.isSilent('received'));
      await flow.statusBecomes('in', LISTENING);
      await arrives(running);
    });
  });
});
