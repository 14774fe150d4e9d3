import assert from 'node:assert/strict';
import { As2Error } from '../../src/errors';
import { type HttpAnswer, busyAnswer, refusalAnswer, type Route, sendAnswer } from '../../src/http';
import { withHttpServer } from '../partner/servers';
import { uploadBlindly } from '../support/blind-upload';
import { testKeyPair } from '../support/keys';
import { serverKey, withHttpListener } from './listeners';

const MEGABYTE = 1024 * 1024;
const remoteAddress = '127.0.0.1';

const REFUSALS: readonly (readonly [number, HttpAnswer])[] = [
  [401, refusalAnswer(new As2Error('request-login-missing', { remoteAddress }))],
  [403, refusalAnswer(new As2Error('request-address-refused', { remoteAddress }))],
  [413, refusalAnswer(new As2Error('request-too-large', { remoteAddress, limitBytes: 1000 }))],
  [429, refusalAnswer(new As2Error('request-too-often', { remoteAddress, what: 'requests', limit: 1 }))],
  [503, busyAnswer()],
];

/** Refuses as soon as the head is there. */
function refusing(answer: HttpAnswer): Route {
  return async (request, response) => void (await sendAnswer(request, response, answer));
}

describe('http: HTTP-09: a sender that writes everything before it reads gets the answer to what is refused at once', () => {
  for (const [status, answer] of REFUSALS) {
    const isAnswer = new RegExp(`^HTTP/1\\.1 ${status} [^]*Connection: close`);

    it(`${status} to 50 MB, on an own listener and on another server`, async () => {
      await withHttpListener(
        {},
        async ({ url }) => assert.match(await uploadBlindly(`${url}/as2`, [], 50 * MEGABYTE), isAnswer),
        refusing(answer),
      );
      await withHttpServer(refusing(answer), async (url) => {
        assert.match(await uploadBlindly(`${url}/as2`, [], 50 * MEGABYTE), isAnswer);
      });
    });
  }

  it('with TLS, too', async () => {
    const tls = { options: serverKey(await testKeyPair('localhost')) };
    for (const [status, answer] of REFUSALS) {
      await withHttpListener(
        { tls },
        async ({ url }) => {
          const said = await uploadBlindly(`${url}/as2`, [], 8 * MEGABYTE);
          assert.match(said, new RegExp(`^HTTP/1\\.1 ${status} `));
        },
        refusing(answer),
      );
    }
  });

  it('SEC-11: but not for ever: who goes on and on, or says nothing more, is let go of', async () => {
    for (const written of [1024 * MEGABYTE, 0]) {
      await withHttpListener(
        {},
        async ({ url, listener }) => {
          await uploadBlindly(`${url}/as2`, [], written, 1024 * MEGABYTE);
          while (listener.inUse > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        },
        refusing(busyAnswer()),
      );
    }
  });
});
