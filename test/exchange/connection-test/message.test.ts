import assert from 'node:assert/strict';
import { type ConnectionTest, formatConnectionTest } from '../../../src/exchange';
import { alphaAndBeta, type PartnerChanges, relationshipOf } from '../../partner/parties';
import { withHttpServer } from '../../partner/servers';
import { type Station, withStation } from '../../partner/station';
import { testKeyPair } from '../../support/keys';
import { done, outline, problems, testedWithMessage } from './tested';

/** ALPHA tests its connection to a real station of Beta Corp. */
async function againstBeta(
  changes: PartnerChanges,
  work: (test: ConnectionTest, station: Station) => void | Promise<void>,
): Promise<void> {
  const { alpha, beta } = await alphaAndBeta();
  await withStation({ relationships: [relationshipOf(beta, alpha)] }, async (station) => {
    await work(await testedWithMessage({ url: station.url, ...changes }), station);
  });
}

describe('connection test: the test message', () => {
  it('arrives signed and encrypted, says that it is a test, and its receipt is verified', async () => {
    await againstBeta({}, async (test, { messages }) => {
      assert.equal(test.ok, true, formatConnectionTest(test));
      assert.equal(outline(test), 'settings dns tcp tls- http message');
      const { signed, encrypted, receipt, messageId } = done(test, 'message').facts;
      assert.deepEqual([signed, encrypted, receipt?.signed, receipt?.micMatches], [true, true, true, true]);
      assert.equal(messages.length, 1);
      assert.equal(messages[0]?.messageId, messageId);
      assert.equal(messages[0]?.subject, 'AS2 connection test');
      assert.match(formatConnectionTest(test), /content confirmed\)[^]*passed[^]*: messages arrive\.\n$/);
    });
  });

  it('fails when the partner does not know our AS2 name, or has another one itself', async () => {
    for (const changes of [{ as2Name: 'BETA' }, { identity: { as2Name: 'Alpha' } }]) {
      await againstBeta(changes, (test, { messages }) => {
        assert.equal(outline(test), 'settings dns tcp tls- http message!');
        assert.equal(messages.length, 0);
        assert.match(JSON.stringify(done(test, 'message').error), /unknown-trading-relationship/);
      });
    }
  });

  it('fails when a certificate is not the one the other side has', async () => {
    const other = await testKeyPair('Other');
    const cases: readonly (readonly [PartnerChanges, RegExp])[] = [
      [{ encryptionCertificate: other.certificate }, /decryption-failed/],
      [{ identity: { keyPairs: [other] } }, /authentication-failed/],
      [{ signingCertificates: [other.certificate] }, /receipt-/],
    ];
    for (const [changes, expected] of cases) {
      await againstBeta(changes, (test) => {
        assert.equal(outline(test), 'settings dns tcp tls- http message!');
        assert.match(JSON.stringify(done(test, 'message').error), expected);
      });
    }
  });

  it('asks for the receipt at once also where it usually comes later, and says so', async () => {
    const sending = { receiptDelivery: 'async', receiptUrl: 'https://alpha.example/as2' } as const;
    await againstBeta({ sending }, (test) => {
      assert.equal(test.ok, true, formatConnectionTest(test));
      assert.deepEqual(problems(test).message, ['test-receipt-at-once']);
    });
  });

  it('fails at a web server that is no AS2 station, although the server answers', async () => {
    await withHttpServer(
      (request, response) => {
        request.resume();
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Welcome</title>');
      },
      async (url) => {
        const test = await testedWithMessage({ url });
        assert.equal(outline(test), 'settings dns tcp tls- http message!');
        assert.deepEqual(problems(test), {
          settings: ['test-without-tls'],
          http: ['test-web-page'],
          message: ['receipt-missing'],
        });
      },
    );
  });

  it('is not sent when the way to the server fails before', async () => {
    const test = await testedWithMessage({ url: 'https://127.0.0.1:9/' });
    assert.equal(outline(test), 'settings dns tcp! tls- http- message-');
  });
});
