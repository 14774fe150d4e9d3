import assert from 'node:assert/strict';
import { statusError } from '../../src/http';
import { Headers } from '../../src/mime';

const url = new URL('https://user:canary@as2.example/in');

describe('http: what a status means', () => {
  const cases: readonly (readonly [number, string | undefined, RegExp?])[] = [
    [200, undefined],
    [202, undefined],
    [204, undefined],
    [206, undefined],
    [301, 'http-redirected', /enter it as URL/],
    [308, 'http-redirected'],
    [400, 'http-refused', /status 400.*both AS2 names/],
    [402, 'http-refused', /suspended/],
    [406, 'http-refused', /which kind of receipt/],
    [407, 'http-refused', /proxy on the way/],
    [409, 'http-refused', /has a message with this Message-ID/],
    [410, 'http-not-found', /Check the path/],
    [412, 'http-refused', /what is missing/],
    [414, 'http-refused', /too long/],
    [415, 'http-refused', /this kind of content.*signed, encrypted or compressed/],
    [418, 'http-refused', /name this status/],
    [421, 'http-refused', /another server/],
    [426, 'http-refused', /https:/],
    [431, 'http-refused', /shorter subject/],
    [451, 'http-refused', /legal/],
    [495, 'http-refused', /TLS client certificate/],
    [496, 'http-refused', /TLS client certificate/],
    [497, 'http-refused', /https:/],
    [401, 'http-unauthorized', /credentials/],
    [403, 'http-forbidden', /Bad gateway.*admit the address.*do not know them/],
    [404, 'http-not-found', /https:\/\/as2\.example\/in.*do not know the AS2 names/],
    [405, 'http-method-refused', /Check the path/],
    [408, 'http-busy'],
    [411, 'http-length-required', /Content-Length/],
    [413, 'http-too-large', /message of 1234 bytes/],
    [422, 'http-refused', /status 422.*does not know the AS2 names or the certificate/],
    [425, 'http-busy'],
    [429, 'http-busy'],
    [500, 'http-server-error', /compare names and certificates/],
    [501, 'http-server-error', /check the path/],
    [502, 'http-server-error', /Bad gateway.*proxy in front/],
    [504, 'http-server-error', /asynchronous receipts/],
    [505, 'http-server-error', /HTTP\/1\.1/],
    [507, 'http-server-error', /no room/],
    [511, 'http-server-error', /your own network/],
    [521, 'http-server-error', /cannot reach it/],
    [522, 'http-server-error', /cannot reach it/],
    [523, 'http-server-error', /cannot reach it/],
    [524, 'http-server-error', /asynchronous receipts/],
    [525, 'http-server-error', /secure connection/],
    [526, 'http-server-error', /its certificate/],
    [599, 'http-server-error', /If it stays so/],
    [503, 'http-busy', /again later/],
    [999, 'http-server-error'],
  ];
  for (const [status, code, text] of cases) {
    it(`${status} is ${code ?? 'a success'}`, () => {
      const body = Buffer.from('<html><title>Bad gateway</title><body>x</body></html>');
      const error = statusError(url, 1234, { status, headers: Headers.fromPairs([]), body });
      assert.equal(error?.code, code);
      if (text) assert.match(error?.message ?? '', text);
      assert.doesNotMatch(error?.message ?? '', /canary/);
    });
  }

  it('reads Retry-After in seconds and as a date', () => {
    const waits = ['120', new Date(Date.now() + 90_000).toUTCString(), 'soon', '-5'].map((value) => {
      const headers = Headers.fromPairs([['Retry-After', value]]);
      return statusError(url, 0, { status: 503, headers, body: Buffer.alloc(0) })?.facts.retryAfterSeconds;
    });
    assert.equal(waits[0], 120);
    assert.ok(Math.abs(Number(waits[1]) - 90) <= 2, String(waits[1]));
    assert.equal(waits[2], undefined);
  });

  it('shows no password of a redirect', () => {
    const headers = Headers.fromPairs([['Location', 'https://u:canary@elsewhere/']]);
    const error = statusError(url, 0, { status: 307, headers, body: Buffer.alloc(0) });
    assert.equal(error?.facts.location, 'https://elsewhere/');
  });

  it('repeats the words of an answer, short and without markup', () => {
    const body = Buffer.from(`<style>p{}</style><p>No such\r\npartner</p>${'x'.repeat(5000)}`);
    const error = statusError(url, 0, { status: 400, headers: Headers.fromPairs([]), body });
    assert.match(String(error?.facts.page), /^“No such partner x+…”$/);
    assert.ok(String(error?.facts.page).length < 200);
  });
});
