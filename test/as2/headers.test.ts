import assert from 'node:assert/strict';
import { readAs2Headers, readFeatures } from '../../src/as2';
import { writeAs2Headers } from '../../src/as2/headers';
import { Headers } from '../../src/mime';

function read(fields: Readonly<Record<string, string>>) {
  return readAs2Headers(Headers.fromPairs(Object.entries({ 'AS2-From': 'A', 'AS2-To': 'B', ...fields })));
}

describe('AS2 headers, reading', () => {
  it('HDR-01, HDR-02 a missing version means 1.0, others are kept', () => {
    assert.equal(read({}).version, '1.0');
    assert.equal(read({ 'AS2-Version': '1.7' }).version, '1.7');
    assert.equal(read({ 'AS2-Version': '1.2 (some product)' }).version, '1.2');
    assert.equal(read({ 'AS2-Version': 'x' }).version, '1.0');
  });

  it('HDR-04 features are a set of tokens without letter case; what is no token is ignored', () => {
    assert.deepEqual([...readFeatures('CEM ,multiple-attachments')], ['cem', 'multiple-attachments']);
    assert.deepEqual([...readFeatures('AS2-Reliability,, so me, x;y')], ['as2-reliability']);
    assert.equal(readFeatures(undefined).size, 0);
  });

  for (const header of ['AS2-From', 'AS2-To']) {
    it(`HDR-06 a message without ${header} is none`, () => {
      assert.throws(() => read({ [header]: '' }), { code: 'as2-header-missing' });
    });
  }

  it('HDR-11 keeps the names as they were written beside their values', () => {
    const { from, fromField, to, toField } = read({ 'AS2-From': '"My Co"', 'AS2-To': '"ACME"' });
    assert.deepEqual([from, fromField, to, toField], ['My Co', '"My Co"', 'ACME', '"ACME"']);
  });

  for (const date of ['Tue Sep 29 10:18:18 EDT 2009', 'Di, 21 Aug 2018 10:00:00 MESZ', 'nonsense']) {
    it(`HDR-15 takes the date ${date}`, () => assert.equal(read({ Date: date }).date, date));
  }

  it('HDR-15 decodes a subject in UTF-8 or RFC 2047', () => {
    const bytes = Buffer.from('Bestellung für Köln').toString('latin1');
    assert.equal(read({ Subject: bytes }).subject, 'Bestellung für Köln');
    assert.equal(read({ Subject: '=?UTF-8?B?S8O2bG4=?=' }).subject, 'Köln');
  });

  it('HDR-13, HDR-16 misses nothing when the rest is missing', () => {
    const { messageId, subject, date, userAgent, receipt } = read({});
    assert.deepEqual([messageId, subject, date, userAgent, receipt], Array(5).fill(undefined));
  });
});

describe('AS2 headers, writing', () => {
  const minimal = { from: 'A', to: 'My Co', messageId: '<a@b>', date: new Date(784111777000) };

  it('HDR-01, HDR-06, HDR-15, HDR-16 writes what every message has', () => {
    assert.deepEqual(writeAs2Headers(minimal), [
      ['Date', 'Sun, 06 Nov 1994 08:49:37 GMT'],
      ['MIME-Version', '1.0'],
      ['AS2-Version', '1.1'],
      ['AS2-From', 'A'],
      ['AS2-To', '"My Co"'],
      ['Message-ID', '<a@b>'],
    ]);
  });

  it('HDR-01, HDR-03, HDR-04 announces features with version 1.2', () => {
    const fields = new Map(
      writeAs2Headers({ ...minimal, features: ['multiple-attachments', 'AS2-Reliability'] }),
    );
    assert.equal(fields.get('AS2-Version'), '1.2');
    assert.equal(fields.get('EDIINT-Features'), 'multiple-attachments, AS2-Reliability');
  });

  it('HDR-15 a subject that is not ASCII is encoded, and survives', () => {
    const subject = 'Bestellung 4711 für Köln ✓';
    const headers = Headers.fromPairs(writeAs2Headers({ ...minimal, subject }));
    assert.match(headers.get('Subject') ?? '', /^[\x20-\x7e]+$/);
    assert.equal(readAs2Headers(headers).subject, subject);
  });

  it('SEC-08 a subject cannot start another header', () => {
    assert.throws(() => writeAs2Headers({ ...minimal, subject: 'x\r\nBcc: y' }), {
      code: 'header-injection',
    });
  });
});
