import assert from 'node:assert/strict';
import { formatConnectionTest, testConnection } from '../../../src/exchange';
import { alphaAndBeta, relationshipOf } from '../../partner/parties';
import { withHttpServer, withRawServer } from '../../partner/servers';
import { withBlackHole } from '../../support/black-hole';
import { testKeyPair } from '../../support/keys';
import { patiently } from '../../support/patiently';
import { done, outline, problems, tested } from './tested';

const DAY_MS = 24 * 3_600_000;

describe('connection test: the way to the web server', () => {
  it('passes where a web server answers, and tells what it found', async () => {
    await withHttpServer(
      (_request, response) => void response.writeHead(405, { Server: 'Contoso/1' }).end(),
      async (url) => {
        const test = await tested({ url: `${url}/as2` });
        assert.equal(test.ok, true, formatConnectionTest(test));
        assert.equal(outline(test), 'settings dns tcp tls- http message-');
        assert.deepEqual(done(test, 'dns').facts, { host: '127.0.0.1', addresses: ['127.0.0.1'] });
        assert.equal(done(test, 'tcp').facts.addresses?.[0]?.reached, true);
        assert.deepEqual(done(test, 'http').facts, { method: 'GET', status: 405, server: 'Contoso/1' });
        assert.deepEqual(problems(test), { settings: ['test-without-tls'] });
      },
    );
  });

  it('asks with a GET without content, which nobody takes for a message', async () => {
    const seen: unknown[] = [];
    await withHttpServer(
      (request, response) => {
        const { method, url, headers } = request;
        seen.push([
          method,
          url,
          headers['content-length'],
          headers['transfer-encoding'],
          headers['as2-from'],
        ]);
        response.end();
      },
      async (url) => void (await tested({ url: `${url}/as2?x=1` })),
    );
    assert.deepEqual(seen, [['GET', '/as2?x=1', undefined, undefined, undefined]]);
  });

  it('fails at the settings when nothing could be sent with them', async () => {
    const expired = await testKeyPair('Expired', {
      notBefore: new Date(Date.now() - 9 * DAY_MS),
      validDays: 2,
    });
    const cases = [
      [{}, 'partner-url-missing'],
      [{ url: 'as2.example.com' }, 'http-url-invalid'],
      [{ url: 'https://as2.example', identity: { keyPairs: [] } }, 'identity-keys-missing'],
      [{ url: 'https://as2.example', encryptionCertificate: expired.certificate }, 'certificate-expired'],
      [{ url: 'http://us:er@as2.example' }, 'http-credentials-need-tls'],
      [{ url: 'https://as2.example', connection: { proxy: { url: 'socks://x' } } }, 'proxy-url-invalid'],
    ] as const;
    for (const [changes, code] of cases) {
      const test = await tested(changes);
      assert.equal(outline(test), 'settings! dns- tcp- tls- http- message-', code);
      assert.equal(done(test, 'settings').error?.code, code);
      const skipped = test.steps.flatMap((step) => (step.state === 'skipped' ? [step.skipped] : []));
      assert.deepEqual(new Set(skipped), new Set(['failed-before']));
    }
  });

  it('TLS-02: warns of what everyone can read, and of what ends soon', async () => {
    const ending = await testKeyPair('Ending', { validDays: 10 });
    await withHttpServer(
      (_request, response) => void response.end(),
      async (url) => {
        const test = await tested({
          url,
          identity: { keyPairs: [ending] },
          signingCertificates: [ending.certificate],
          sending: { encrypt: 'none', receipt: 'none' },
        });
        assert.equal(test.ok, true);
        assert.deepEqual(problems(test).settings, [
          'test-expiry',
          'test-expiry',
          'test-readable',
          'test-without-receipt',
        ]);
        assert.equal(done(test, 'settings').facts.ownCertificate?.state, 'expires-soon');
      },
    );
  });

  it('fails at the name when it does not exist', async () => {
    const test = await tested({ url: 'https://as2.partner.invalid/as2' });
    assert.equal(outline(test), 'settings dns! tcp- tls- http- message-');
    assert.deepEqual(problems(test), { dns: ['http-host-unknown'] });
  });

  it('fails at TCP when nobody listens', async () => {
    const url = await withHttpServer(
      (_request, response) => void response.end(),
      async (open) => open,
    );
    const test = await tested({ url });
    assert.equal(outline(test), 'settings dns tcp! tls- http- message-');
    assert.deepEqual(problems(test).tcp, ['http-connection-refused']);
    assert.deepEqual(
      done(test, 'tcp').facts.addresses?.map(({ address, reached, reason }) => [address, reached, reason]),
      [['127.0.0.1', false, 'ECONNREFUSED']],
    );
  });

  it('tells which of several addresses does not answer', async () => {
    await withHttpServer(
      (_request, response) => void response.end(),
      async (url) => {
        const port = new URL(url).port;
        const addresses = [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.99', family: 4 },
        ];
        const test = await tested({
          url: `http://as2.partner.example:${port}/`,
          connection: {
            lookup: (_host, { all }, answer) =>
              all ? answer(null, addresses) : answer(null, '127.0.0.1', 4),
          },
        });
        assert.equal(test.ok, true, formatConnectionTest(test));
        assert.deepEqual(done(test, 'dns').facts.addresses, ['127.0.0.1', '127.0.0.99']);
        assert.deepEqual(problems(test).tcp, ['test-address-silent']);
      },
    );
  });

  describe('of several URLs', () => {
    const EACH = 'dns tcp tls- http';

    it('tests each, in the order in which they are tried, and says which one it is about', async () => {
      await withHttpServer(
        (_request, response) => void response.end(),
        async (url) => {
          const urls = [`${url}/standby`, `${url}/third`];
          const test = await tested({ url: `${url}/first`, urls });
          assert.equal(outline(test), `settings ${EACH} ${EACH} ${EACH} message-`);
          assert.equal(test.ok, true);
          assert.deepEqual(done(test, 'settings').facts.moreUrls, urls);
          const places = [`${url}/first`, ...urls];
          const about = test.steps.slice(1, -1).map((step) => step.url);
          assert.deepEqual(
            about,
            places.flatMap((place) => [place, place, place, place]),
          );
          const text = formatConnectionTest(test);
          for (const place of places) assert.ok(text.includes(`\n${place}\nok      Name`), text);
        },
      );
    });

    it('goes on after one that fails, and has failed then', async () => {
      await withHttpServer(
        (_request, response) => void response.end(),
        async (url) => {
          const first = 'http://nowhere.invalid/as2';
          const test = await tested({ url: first, urls: [url] });
          assert.equal(outline(test), `settings dns! tcp- tls- http- ${EACH} message-`);
          assert.equal(test.ok, false);
          assert.match(
            formatConnectionTest(test),
            /failed at the step “Name” of http:\/\/nowhere\.invalid\/as2\.\n$/,
          );
          const [message] = test.steps.slice(-1);
          assert.ok(message?.state === 'skipped' && message.skipped === 'not-asked');
        },
      );
    });

    it('takes no further one when it is stopped', async () => {
      const { alpha, beta } = await alphaAndBeta();
      const stop = new AbortController();
      const test = await testConnection({
        partner: 'beta',
        relationship: () =>
          relationshipOf(alpha, beta, { url: 'http://localhost:9', urls: ['http://localhost:9'] }),
        signal: stop.signal,
        onStep: () => stop.abort(),
      });
      assert.equal(outline(test), 'settings dns! tcp- tls- http- dns- tcp- tls- http- message-');
    });
  });

  it('gives up on a server that says nothing: at TLS, and at HTTP', () =>
    patiently(async (factor) => {
      const connection = { connectTimeoutMs: 300 * factor, responseTimeoutMs: 300 * factor };
      await withRawServer(
        () => undefined,
        async (url) => {
          const secure = await tested({ url: url.replace('http:', 'https:'), connection });
          assert.equal(outline(secure), 'settings dns tcp tls! http- message-');
          assert.deepEqual(problems(secure).tls, ['http-connect-timeout']);
          const plain = await tested({ url, connection });
          assert.equal(outline(plain), 'settings dns tcp tls- http! message-');
          assert.deepEqual(problems(plain).http, ['http-response-timeout']);
        },
      );
    }));

  it('ends with the time-out, in words, where a firewall drops what comes without a word', async () => {
    await withBlackHole(async (port) => {
      const test = await tested({
        url: `http://127.0.0.1:${port}/as2`,
        connection: { connectTimeoutMs: 500 },
      });
      assert.equal(outline(test), 'settings dns tcp! tls- http- message-');
      assert.deepEqual(problems(test).tcp, ['http-connect-timeout']);
      assert.match(formatConnectionTest(test), /error: .*127\.0\.0\.1.* port \d+ .*0\.5 seconds/);
    });
  });

  it('gives up on a server that never comes to an end', () =>
    patiently(async (factor) => {
      await withRawServer(
        (socket) => {
          socket.write('HTTP/1.1 200 OK\r\nX: ');
          const drip = setInterval(() => socket.write('x'), 20);
          socket.on('close', () => clearInterval(drip));
        },
        async (url) => {
          const connection = { connectTimeoutMs: 400 * factor, responseTimeoutMs: 400 * factor };
          const test = await tested({ url, connection });
          assert.deepEqual(problems(test).http, ['test-too-slow']);
        },
      );
    }));

  it('stops when it is told to, and says how far it came', async () => {
    const { alpha, beta } = await alphaAndBeta();
    const stop = new AbortController();
    await withRawServer(
      (socket) => void socket.on('data', () => stop.abort()),
      async (url) => {
        const test = await testConnection({
          partner: 'beta',
          relationship: () => relationshipOf(alpha, beta, { url }),
          signal: stop.signal,
        });
        assert.equal(outline(test), 'settings dns tcp tls- http! message-');
        assert.deepEqual(problems(test).http, ['test-stopped']);
      },
    );
  });

  it('fails where no web server is behind the port', async () => {
    await withRawServer(
      (socket) => void socket.write('220 mail.example ESMTP\r\n'),
      async (url) => assert.deepEqual(problems(await tested({ url })).http, ['http-response-malformed']),
    );
  });

  const statuses: readonly (readonly [number, Record<string, string>, string[] | undefined, boolean])[] = [
    [200, {}, undefined, true],
    [200, { 'Content-Type': 'text/html; charset=utf-8' }, ['test-web-page'], true],
    [400, {}, undefined, true],
    [405, {}, undefined, true],
    [501, {}, undefined, true],
    [403, {}, ['test-status-unclear'], true],
    [404, {}, ['test-status-unclear'], true],
    [500, {}, ['test-status-unclear'], true],
    [301, { Location: '/as2/' }, ['test-redirect'], true],
    [302, { Location: 'https://elsewhere.example/as2' }, ['http-redirected'], false],
    [401, {}, ['http-unauthorized'], false],
    [502, {}, ['http-server-error'], false],
    [503, {}, ['http-busy'], false],
  ];
  for (const [status, headers, codes, ok] of statuses) {
    const about = Object.values(headers).map((value) => ` (${value})`);
    it(`HTTP-13: takes ${status}${about.join('')} for ${ok ? 'an answer' : 'a failure'}`, async () => {
      await withHttpServer(
        (_request, response) => void response.writeHead(status, headers).end(),
        async (url) => {
          const test = await tested({ url });
          assert.equal(test.ok, ok);
          assert.deepEqual(problems(test).http, codes);
          assert.equal(done(test, 'http').facts.status, status);
        },
      );
    });
  }

  it('SEC-13: keeps secrets out of its result, which is plain JSON', async () => {
    const { alpha } = await alphaAndBeta();
    const server = await testKeyPair('localhost');
    const test = await tested({
      url: 'https://guest:open-sesame@127.0.0.1:9/as2',
      connection: {
        credentials: { username: 'guest', password: 'open-sesame' },
        headers: { 'X-Api-Key': 'open-sesame' },
        tls: { cert: server.certificatePem, key: server.privateKeyPem, passphrase: 'open-sesame' },
      },
    });
    const text = JSON.stringify(test) + formatConnectionTest(test);
    assert.equal(done(test, 'settings').facts.url, 'https://127.0.0.1:9/as2');
    assert.ok(!text.includes('open-sesame') && !text.includes('PRIVATE KEY'));
    for (const { privateKeyPem } of [alpha.keyPair, server]) {
      assert.ok(!text.includes(privateKeyPem.split('\n')[1]?.slice(0, 40) ?? ''));
    }
    assert.deepEqual(JSON.parse(JSON.stringify(test)), test);
  });
});
