import assert from 'node:assert/strict';
import { ediTypeOf, mediaTypeOf } from '../../src/mime';

describe('mime: media types', () => {
  for (const [name, type] of [
    ['invoice.xml', 'application/xml'],
    ['INVOICE.PDF', 'application/pdf'],
    ['list.csv', 'text/csv'],
    ['a.tar.gz', 'application/gzip'],
    ['order.edifact', 'application/EDIFACT'],
    ['order.x12', 'application/EDI-X12'],
    ['order.EDI', 'application/EDI-X12'],
    ['delivery.vda', 'application/edi-consent'],
    ['/tmp/order.json', 'application/json'],
    ['order.nobody-knows', undefined],
    ['order', undefined],
    ['xml', undefined],
    ['dir.xml/order', undefined],
    ['', undefined],
  ] as const) {
    it(`HDR-17: ${name || 'no name'} is ${type ?? 'of no known type'}`, async () => {
      assert.equal(await mediaTypeOf(name), type);
    });
  }

  it('HDR-17: the first segment tells which standard an .edi file follows', async () => {
    assert.equal(await mediaTypeOf('order.edi', Buffer.from("UNB+UNOC:3+A+B'")), 'application/EDIFACT');
    assert.equal(await mediaTypeOf('order.edi', Buffer.from('ISA*00*')), 'application/EDI-X12');
    assert.equal(await mediaTypeOf('order.edi', Buffer.from('whatever')), 'application/EDI-X12');
    assert.equal(await mediaTypeOf('order.xml', Buffer.from('UNB+')), 'application/xml');
    assert.equal(ediTypeOf(Buffer.from("\r\n UNA:+.? '")), 'application/EDIFACT');
    assert.equal(ediTypeOf(Buffer.from('STX=ANA:1')), 'application/edi-consent');
    assert.equal(ediTypeOf(Buffer.from('<?xml')), undefined);
    assert.equal(ediTypeOf(Buffer.from("\ufeffUNA:+.? '")), 'application/EDIFACT');
    assert.equal(ediTypeOf(Buffer.from('ISAAC Newton')), undefined);
    assert.equal(ediTypeOf(Buffer.alloc(0)), undefined);
  });
});
