import assert from 'node:assert/strict';
import { assertMessageId, newMessageId, normalizeMessageId, sameMessageId } from '../../src/as2';

describe('Message-ID', () => {
  it('HDR-13 10 000 generated ids are unique, well formed and short', () => {
    const ids = Array.from({ length: 10_000 }, () => newMessageId('alpha.example'));
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) {
      assert.match(id, /^<[^<>\s@]+@[^<>\s@]+>$/);
      assert.ok(id.length < 255);
    }
  });

  it('HDR-13, HDR-14 drops from a host what does not belong into an id', () => {
    assert.match(newMessageId('My Company "GmbH"'), /^<[^<>\s@]+\.as2@MyCompanyGmbH>$/);
    assert.match(newMessageId('a\r\nBcc: b'), /@aBccb>$/);
    assert.match(newMessageId(' '), /@localhost>$/);
    assert.ok(newMessageId('h'.repeat(2000)).length < 255);
  });

  for (const id of ['<a@b>', `<${'a'.repeat(500)}@${'b'.repeat(400)}>`]) {
    it(`HDR-13 sends ${id.slice(0, 20)} (${id.length} characters)`, () => assertMessageId(id));
  }

  for (const id of [
    'a@b',
    '<a b@c>',
    '<ab>',
    '<a@b',
    '',
    `<${'a'.repeat(1000)}@b>`,
    '<ä@b>',
    '<a@b>\r\nX: y',
  ]) {
    it(`HDR-14 does not send ${JSON.stringify(id.slice(0, 20))}`, () => {
      assert.throws(() => assertMessageId(id), { code: 'message-id-invalid' });
    });
  }

  it('MDN-09 compares without brackets and outer blanks, and case-sensitively', () => {
    assert.ok(sameMessageId('<a@b>', 'a@b'));
    assert.ok(sameMessageId(' <a@b> ', '<a@b>'));
    assert.ok(!sameMessageId('<A@b>', '<a@b>'));
    assert.equal(normalizeMessageId('<<a@b>>'), '<a@b>');
  });
});
