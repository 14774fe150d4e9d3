import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { As2Error } from '../../src/errors';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { type OpenListener, serverKey, withHttpListener } from './listeners';

interface Visit {
  readonly fingerprint: string;
  readonly resumed: boolean;
  /** For the next visit. */
  readonly session: Buffer | undefined;
  /** The whole HTTP answer. */
  readonly answer: string;
}

const HEAD = 'POST /as2 HTTP/1.1\r\nHost: station\r\n';

describe('http: certificates of an own listener, exchanged while it runs', () => {
  let now: TestKeyPair;
  let next: TestKeyPair;
  before(async () => {
    now = await testKeyPair('localhost');
    next = await testKeyPair('localhost', { validDays: 90 });
  });

  it('new handshakes get the new one, and a connection in the middle of a message ends in peace', async () => {
    await withHttpListener({ tls: { options: serverKey(now) } }, async (open) => {
      const old = await secured(open, { servername: 'localhost' });
      old.write(`${HEAD}Content-Length: 10\r\n\r\nhalf `);
      open.listener.showCertificate(serverKey(next));
      assert.equal((await visit(open, { servername: 'localhost' })).fingerprint, shown(next));
      assert.equal((await visit(open)).fingerprint, shown(next), 'who calls an address gets it, too');
      old.write('whole');
      assert.match(await answerOf(old), /^HTTP\/1\.1 200 [^]*10 bytes/);
      old.write(`${HEAD}Content-Length: 1\r\n\r\nx`);
      assert.match(await answerOf(old), /^HTTP\/1\.1 200 [^]*1 bytes/);
      old.destroy();
    });
  });

  it('who comes back with a session of before is shown the new one', async () => {
    await withHttpListener({ tls: { options: serverKey(now) } }, async (open) => {
      const first = await visit(open, { servername: 'localhost' });
      const { session } = first;
      assert.ok(session);
      assert.ok((await visit(open, { servername: 'localhost', session })).resumed);
      open.listener.showCertificate(serverKey(next));
      const after = await visit(open, { servername: 'localhost', session });
      assert.deepEqual([after.resumed, after.fingerprint], [false, shown(next)]);
    });
  });

  it('TLS-05: the senders that were let in before still are', async () => {
    const sender = await testKeyPair('sender');
    const tls = { options: serverKey(now), clientCertificate: 'required' } as const;
    await withHttpListener({ tls }, async (open) => {
      open.listener.trustClients([sender.certificatePem]);
      open.listener.showCertificate(serverKey(next));
      for (const servername of ['localhost', '']) {
        const comes = await visit(open, { servername, ...serverKey(sender) });
        assert.equal(comes.fingerprint, shown(next));
        assert.match(comes.answer, /^HTTP\/1\.1 200 /);
        assert.equal((await visit(open, { servername, ...serverKey(next) })).answer, '');
      }
    });
  });

  it('one with the key of another is refused, and the one of before stays', async () => {
    await withHttpListener({ tls: { options: serverKey(now) } }, async (open) => {
      assert.throws(
        () => open.listener.showCertificate({ cert: next.certificatePem, key: now.privateKeyPem }),
        (error: unknown) => error instanceof As2Error && error.code === 'listener-tls-unusable',
      );
      assert.equal((await visit(open)).fingerprint, shown(now));
      assert.equal((await visit(open, { servername: 'localhost' })).fingerprint, shown(now));
    });
  });
});

function shown({ certificate }: TestKeyPair): string {
  return certificate.x509.fingerprint256;
}

/** One message on a connection of its own. */
async function visit(open: OpenListener, options: ConnectionOptions = {}): Promise<Visit> {
  let session: Buffer | undefined;
  const socket = await secured(open, options, (one) => (session = one));
  const { fingerprint256: fingerprint } = socket.getPeerCertificate();
  const resumed = socket.isSessionReused();
  socket.write(`${HEAD}Connection: close\r\nContent-Length: 1\r\n\r\nx`);
  const answer = await answerOf(socket);
  if (!socket.closed) await once(socket, 'close');
  return { fingerprint, resumed, session, answer };
}

async function secured(
  { listener }: OpenListener,
  options: ConnectionOptions,
  onSession: (session: Buffer) => void = () => undefined,
): Promise<TLSSocket> {
  const socket = connect({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('session', onSession);
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** What comes until the body of an answer is there, or the connection is closed. */
async function answerOf(socket: TLSSocket): Promise<string> {
  let answer = '';
  return new Promise((resolve) => {
    const take = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      if (/ bytes\n/.test(answer)) over();
    };
    const over = (): void => {
      socket.off('data', take).off('close', over);
      resolve(answer);
    };
    socket.on('data', take).on('close', over);
  });
}
