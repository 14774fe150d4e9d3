import assert from 'node:assert/strict';
import { As2Error, errorTexts, isAs2Error, safeText, toAs2Error } from '../../src/errors';

describe('errors', () => {
  it('an error carries its code as an own property, its facts, its cause, and a filled sentence', () => {
    const cause = new Error('below');
    const error = new As2Error('truncated', { expected: 12 }, { cause });
    assert.ok(Object.hasOwn(error, 'code'));
    assert.equal(error.code, 'truncated');
    assert.deepEqual(error.facts, { expected: 12 });
    assert.equal(error.cause, cause);
    assert.match(error.message, /\b12 more bytes/);
    assert.ok(isAs2Error(error));
  });

  it('SEC-08 SEC-13 texts from outside cannot break a log line or grow without bound', () => {
    const { facts, message } = new As2Error('unexpected', {
      reason: 'a\r\nWARN forged\u0000\u202e' + 'x'.repeat(1000),
    });
    assert.equal(/[\r\n\u0000\u202e]/.test(`${String(facts.reason)}${message}`), false);
    assert.ok(String(facts.reason).length < 320);
    assert.equal(safeText('plain – ünïcode'), 'plain – ünïcode');
  });

  it('a foreign error becomes `unexpected` and keeps its words', () => {
    assert.equal(toAs2Error(new TypeError('x is not y')).code, 'unexpected');
    assert.match(toAs2Error('odd').message, /odd/);
    const own = new As2Error('truncated', { expected: 1 });
    assert.equal(toAs2Error(own), own);
  });

  it('every sentence is one: it begins with a capital or a place, ends with a full stop, says more than the code', () => {
    for (const [code, text] of Object.entries(errorTexts)) {
      assert.match(code, /^[a-z][a-z0-9-]+$/);
      // A remedy is a sentence itself.
      assert.match(text, /^[A-Z{].*(?:[.!]|[.!] \{remedy\})$/, `${code}: ${text}`);
      assert.ok(text.length > 30, code);
    }
  });
});
