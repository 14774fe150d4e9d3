import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { plainMessage } from '../../nodes/shared/sending/kept-message';

const keep = (message: Readonly<Record<string, unknown>>) => plainMessage({ _msgid: 'm', ...message });

describe('what of a message is kept while its document is on its way', () => {
  it('is everything that JSON can say', () => {
    const plain = {
      text: 'ü',
      number: 1.5,
      yes: true,
      nothing: null,
      list: [1, [2]],
      deep: { a: { b: 'c' } },
    };
    assert.deepEqual(keep(plain), { message: { _msgid: 'm', ...plain }, missing: [] });
  });

  it('is the same of objects that function nodes make, in a realm of their own', () => {
    const made = runInNewContext('({ a: [{ b: 1 }], d: new Date(0) })') as object;
    const { message, missing } = keep({ made });
    assert.equal(JSON.stringify(message.made), '{"a":[{"b":1}],"d":"1970-01-01T00:00:00.000Z"}');
    assert.deepEqual(missing, []);
  });

  it('SEC-13: leaves out what somebody logs in with', () => {
    const { message, missing } = keep({
      headers: { Authorization: 'Bearer canary', accept: '*/*', 'set-cookie': ['canary'] },
      cookies: { session: 'canary' },
      responseCookies: { session: 'canary' },
      request: { nested: { 'proxy-authorization': 'canary' } },
    });
    assert.deepEqual(message, { _msgid: 'm', headers: { accept: '*/*' }, request: { nested: {} } });
    assert.deepEqual(missing, ['headers', 'cookies', 'responseCookies', 'request']);
  });

  it('names what is left out, whole or in part', () => {
    const timer = setTimeout(() => undefined, 0).unref();
    const circular: Record<string, unknown> = { a: 1 };
    circular.self = circular;
    const { message, missing } = keep({
      req: { url: '/' },
      res: {},
      callback: () => 1,
      buffer: Buffer.from('x'),
      handle: timer,
      map: new Map(),
      symbol: Symbol('x'),
      big: 1n,
      infinite: Infinity,
      nan: new Date(NaN),
      circular,
      part: { kept: 1, lost: timer },
      list: [1, () => 2, 3],
      gap: undefined,
    });
    assert.deepEqual(message, { _msgid: 'm', circular: { a: 1 }, part: { kept: 1 }, list: [1, null, 3] });
    assert.deepEqual(missing, [
      'req',
      'res',
      'callback',
      'buffer',
      'handle',
      'map',
      'symbol',
      'big',
      'infinite',
      'nan',
      'circular',
      'part',
      'list',
    ]);
  });

  it('is bounded: what is too large or too deep is left out, and the rest stays', () => {
    let deep: object = {};
    for (let level = 0; level < 100; level++) deep = { deep };
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_none, index) => [`p${index}`, index]));
    const { message, missing } = keep({ long: 'x'.repeat(600_000), wide, deep, small: 'kept' });
    assert.deepEqual(missing, ['long', 'wide', 'deep']);
    assert.equal(message.small, 'kept');
    const twice = keep({ one: 'x'.repeat(300_000), two: 'y'.repeat(300_000), three: 'z' });
    assert.deepEqual([Object.keys(twice.message), twice.missing], [['_msgid', 'one', 'three'], ['two']]);
  });

  it('takes no property for a prototype', () => {
    const evil = JSON.parse('{ "a": { "__proto__": { "polluted": true } } }') as Record<string, unknown>;
    const { message } = keep({ evil });
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.equal(JSON.stringify(message.evil), '{"a":{"__proto__":{"polluted":true}}}');
  });
});
