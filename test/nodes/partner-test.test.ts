import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { withRawServer } from '../partner/servers';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';
import { aliceAndBob, identityNode, partnerNode } from '../support/stations';
import type { ShownTest } from '../../nodes/shared/shown-test';

async function ask(
  { admin }: RunningFlow,
  partner: string,
  body: object = {},
  status = 200,
): Promise<ShownTest & { readonly code?: string; readonly message?: string }> {
  const answer = await admin.post(`/as2/partners/${partner}/test`).send(body).expect(status);
  assert.equal(answer.headers['cache-control'], 'no-store');
  return answer.body as ShownTest;
}

const states = ({ steps }: ShownTest): string[] => steps.map(({ step, state }) => `${step} ${state}`);

describe('POST as2/partners/:id/test', () => {
  const receiving: FlowNode = { id: 'in', type: 'as2-in', name: '', path: '/as2', wires: [['got']] };

  it('tests the deployed partner up to its web server, and says so as text, too', async () => {
    const plan = async (url: string) => {
      const { nodes, credentials } = await aliceAndBob(`${url}/as2`);
      return { nodes: [...nodes, ...onTab(receiving, { id: 'got', type: 'helper' })], credentials };
    };
    await withFlow(plan, async (flow) => {
      const test = await ask(flow, 'to-bob');
      assert.equal(test.ok, true, test.text);
      assert.deepEqual(states(test), [
        'settings passed',
        'dns passed',
        'tcp passed',
        'tls skipped',
        'http passed',
        'message skipped',
      ]);
      assert.match(test.text, /^ok {6}Settings {6}“Alice” to “Bob B” at http:/);
      assert.ok(flow.isSilent('got'));
      assert.ok(!JSON.stringify(test).includes('PRIVATE KEY'));
    });
  });

  it('sends a test message when that is asked for: it arrives, and its receipt is verified', async () => {
    const plan = async (url: string) => {
      const { nodes, credentials } = await aliceAndBob(`${url}/as2`);
      return { nodes: [...nodes, ...onTab(receiving, { id: 'got', type: 'helper' })], credentials };
    };
    await withFlow(plan, async (flow) => {
      const test = await ask(flow, 'to-bob', { message: true });
      assert.equal(test.ok, true, test.text);
      const { payload, as2 } = await flow.next('got');
      assert.match(String(payload), /This is a test of the AS2 connection/);
      assert.equal(as2.subject, 'AS2 connection test');
      const exchanges = (await flow.admin.get('/as2/exchanges?direction=out').expect(200)).body as {
        exchanges: { messageId: string; state: string }[];
      };
      assert.deepEqual(
        exchanges.exchanges.map(({ messageId, state }) => [messageId, state]),
        [[as2.messageId, 'completed']],
      );
    });
  });

  it('sends one also where no node of a flow uses the spool, and leaves nothing open', async () => {
    const plan = async (url: string) => {
      const { nodes, credentials } = await aliceAndBob(`${url}/as2`);
      return { nodes, credentials };
    };
    await withFlow(plan, async (flow) => {
      const test = await ask(flow, 'to-bob', { message: true });
      assert.equal(test.ok, false);
      assert.deepEqual(states(test).at(-1), 'message failed');
      assert.match(test.text, /error: .*HTTP status 404/);
    });
  });

  it('tells what is wrong with the settings of a partner that is not in order', async () => {
    const nodes = [
      identityNode('own', 'OWN', ''),
      partnerNode('lame', 'Lame', { as2Name: 'LAME', identity: 'own', url: 'https://as2.lame.example' }),
    ];
    await withFlow({ nodes }, async (flow) => {
      const test = await ask(flow, 'lame');
      assert.equal(test.ok, false);
      assert.deepEqual(states(test).slice(0, 2), ['settings failed', 'dns skipped']);
      assert.match(test.text, /error: The partner "Lame" has no certificate/);
    });
  });

  it('tests one partner once at a time, and stops when the browser is gone', async () => {
    const asked = Promise.withResolvers<Socket>();
    let answer = '';
    const onConnection = (socket: Socket): void => {
      socket.on('data', () => {
        if (answer === '') asked.resolve(socket);
        else socket.end(answer);
      });
    };
    await withRawServer(onConnection, async (url) => {
      await withFlow(await aliceAndBob(url), async (flow) => {
        const first = flow.admin.post('/as2/partners/to-bob/test').send({});
        first.end(() => undefined);
        const socket = await asked.promise;
        assert.equal((await ask(flow, 'to-bob', {}, 409)).code, 'test-running');
        const closed = once(socket, 'close');
        first.abort();
        // Supertest closes the server of a request when it ends, which this one never does.
        (first as unknown as { _server: Server })._server.close();
        await closed;
        answer = 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n';
        const test = await ask(flow, 'to-bob');
        assert.equal(test.ok, true, test.text);
      });
    });
  });

  it('answers 404 with a sentence for a partner that is not deployed', async () => {
    await withFlow({ nodes: [identityNode('own', 'OWN', '')] }, async (flow) => {
      for (const id of ['none', 'own']) {
        const { code, message } = await ask(flow, id, {}, 404);
        assert.equal(code, 'partner-not-deployed');
        assert.match(message ?? '', /Press Deploy first/);
      }
    });
  });
});
