import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { formatDisposition } from '../../src/as2';
import { Headers } from '../../src/mime';
import { postWire } from '../partner/wire-message';
import { messageOfAlice, receiptOfBob } from '../support/alice';
import { AUTOMATIC, isStillThere, withBob } from '../support/bob';
import { packageRoot } from '../support/paths';

describe('as2-in refuses at once', () => {
  it('HTTP-01: other methods than POST, without a word to the flow', async () => {
    await withBob({}, async (flow) => {
      const response = await fetch(`${flow.url}/as2`);
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
      assert.ok(flow.isSilent('caught'));
      assert.equal(flow.status('in').fill, 'green');
    });
  });

  it('HDR-06: what is no AS2 message, without a word to the flow', async () => {
    await withBob({}, async (flow) => {
      const response = await postWire(`${flow.url}/as2`, {
        headers: Headers.fromPairs([['Content-Type', 'text/plain']]),
        body: Buffer.from('hello'),
      });
      assert.equal(response.status, 400);
      assert.ok(flow.isSilent('caught'));
    });
  });

  it('HTTP-09: a message larger than the limit, and says so to a Catch node', async () => {
    await withBob({ maxSize: '0.001' }, async (flow) => {
      const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
      assert.equal(response.status, 413);
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'request-too-large');
      assert.match(error?.message ?? '', /larger than the limit of 1048(\.576)? bytes.*raise the limit/);
    });
  });

  it('a message larger than settings.js allows', async () => {
    const settings = { as2: { maxMessageSize: 1000 } };
    await withBob(
      {},
      async (flow) => {
        assert.equal((await postWire(`${flow.url}/as2`, await messageOfAlice())).status, 413);
      },
      {},
      settings,
    );
  });

  it('HTTP-03: a message whose sender goes away before its end, and nothing is processed', async () => {
    await withBob({}, async (flow) => {
      const { headers, body } = await messageOfAlice();
      await sendPart(flow.url, headers, body.subarray(0, 100), body.length);
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'request-cut-off');
      await isStillThere(flow);
    });
  });

  it('messages for an identity that this node is not for', async () => {
    await withBob({ identity: 'alice' }, async (flow) => {
      const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
      const { disposition } = await receiptOfBob(response);
      assert.equal(
        formatDisposition(disposition),
        `${AUTOMATIC}; processed/error: unknown-trading-relationship`,
      );
      assert.equal((await flow.next('caught')).error?.code, 'stations-unknown');
    });
  });

  it('with 503 while our own station is not in order, so that the partner comes again', async () => {
    await withBob(
      {},
      async (flow) => {
        const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
        assert.equal(response.status, 503);
        assert.ok(Number(response.headers.get('retry-after')) > 0);
        const { error } = await flow.next('caught');
        assert.equal(error?.code, 'partner-certificate-missing');
      },
      { alice: { certificate: '' } },
    );
  });

  it('with 503 while the spool cannot be used', async () => {
    await withBob(
      {},
      async (flow) => {
        const response = await postWire(`${flow.url}/as2`, await messageOfAlice());
        assert.equal(response.status, 503);
        assert.match(flow.logged('error').join('\n'), /^The spool directory does not work: .*package\.json/);
        assert.deepEqual(flow.status('in'), { fill: 'red', shape: 'ring', text: 'store unavailable' });
      },
      {},
      { as2: { spoolDirectory: join(packageRoot, 'package.json', 'spool') } },
    );
  });
});

describe('as2-in and a partner that sends much that is bad', () => {
  it('tells so many of one kind a minute, and the journal has all of them', async () => {
    await withBob({}, async (flow) => {
      const message = await messageOfAlice({ protection: 'none' });
      for (let count = 0; count < 30; count++) {
        assert.equal((await postWire(`${flow.url}/as2`, message)).status, 200);
      }
      for (let count = 0; count < 20; count++) {
        assert.equal((await flow.next('caught')).error?.code, 'message-not-signed');
      }
      const listed = await flow.admin.get('/as2/exchanges?direction=in');
      assert.equal((listed.body as { exchanges: unknown[] }).exchanges.length, 30);
      await isStillThere(flow);
      assert.ok(flow.isSilent('caught'));
    });
  });
});

/** Sends a request that promises more than it holds, and hangs up. */
async function sendPart(url: string, headers: Headers, part: Buffer, promised: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const fields = [...headers.entries(), ['Host', hostname], ['Content-Length', promised]];
  socket.write(
    `POST /as2 HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  await new Promise<void>((resolve) => void socket.write(part, () => resolve()));
  socket.destroy();
}
