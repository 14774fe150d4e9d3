import assert from 'node:assert/strict';
import { ListenerServer } from '../../nodes/shared/listener-server';

describe('the server of an as2-listener', () => {
  it('says when it is well again, also when it listened all the time', async () => {
    const states: (string | undefined)[] = [];
    let isWell = false;
    const server = new ListenerServer({
      settings: { ready: { port: 0, host: '127.0.0.1' } },
      clientCertificates: () => {
        if (isWell) return [];
        throw new Error('a certificate that cannot be read');
      },
      onState: (problem) => states.push(problem?.code),
      onProblem: () => undefined,
      onRenewed: () => undefined,
    });
    try {
      await server.flowsRun();
      await server.open();
      isWell = true;
      await server.open();
      await server.open();
      assert.deepEqual(states, ['unexpected', undefined]);
    } finally {
      await server.close();
    }
  });
});
