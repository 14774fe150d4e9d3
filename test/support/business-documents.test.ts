import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  edifactInvoice,
  edifactOrders,
  pdfLike,
  ublInvoice,
  writeLargeFile,
  x12Invoice,
  x12PurchaseOrder,
} from './business-documents';
import { withTempDirectory } from './temp';

// Comes with Node-RED, without types.
const { parseStringPromise } = require('xml2js') as {
  readonly parseStringPromise: (xml: string) => Promise<unknown>;
};

/** Segments -> data elements -> components, read by the rules of ISO 9735 with the separators of UNA. */
function readEdifact(bytes: Buffer): string[][][] {
  const text = bytes.toString('latin1');
  assert.equal(text.slice(0, 9), "UNA:+.? '");
  const segments: string[][][] = [];
  let elements: string[][] = [['']];
  for (let at = 9; at < text.length; at += 1) {
    const components = elements.at(-1) ?? [];
    const released = text[at] === '?';
    if (released) at += 1;
    const character = text[at] ?? '';
    const begun = elements.length > 1 || components.join('') !== '';
    if (!released && character === ':') {
      components.push('');
    } else if (!released && character === '+') {
      elements.push(['']);
    } else if (!released && character === "'") {
      segments.push(elements);
      elements = [['']];
    } else if (begun || character !== '\n') {
      components.push(`${components.pop() ?? ''}${character}`);
    }
  }
  assert.deepEqual(elements, [['']], 'ends with a segment terminator');
  return segments;
}

function named(segments: readonly string[][][], name: string): string[][][] {
  return segments.filter(([tag]) => tag?.[0] === name);
}

function amount(segments: readonly string[][][], qualifier: string): number {
  return named(segments, 'MOA')
    .filter(([, element]) => element?.[0] === qualifier)
    .reduce((sum, [, element]) => sum + Math.round(Number(element?.[1]) * 100), 0);
}

function checkDigitIsRight(number: string): boolean {
  const weighted = number
    .split('')
    .reverse()
    .map((digit, at) => Number(digit) * (at % 2 === 0 ? 1 : 3));
  return weighted.reduce((sum, value) => sum + value) % 10 === 0;
}

describe('support: business documents', () => {
  const generators = { edifactOrders, edifactInvoice, x12PurchaseOrder, x12Invoice, ublInvoice, pdfLike };

  for (const [name, generate] of Object.entries(generators)) {
    it(`${name}: the same seed gives the same bytes, another seed others`, () => {
      assert.deepEqual(generate(), generate());
      assert.deepEqual(generate({ seed: 7 }), generate({ seed: 7 }));
      assert.notDeepEqual(generate({ seed: 7 }).bytes, generate({ seed: 8 }).bytes);
    });
  }

  for (const [type, generate] of [
    ['ORDERS', edifactOrders],
    ['INVOIC', edifactInvoice],
  ] as const) {
    for (const lines of [1, 25, 1000]) {
      it(`EDIFACT ${type} of ${lines} lines: envelopes and counts are right`, () => {
        const { bytes, contentType, filename } = generate({ lines });
        assert.equal(contentType, 'application/EDIFACT');
        assert.match(filename, /^[\w-]+\.edi$/);
        const segments = readEdifact(bytes);
        const tags = segments.map(([tag]) => tag?.[0]);
        assert.deepEqual(tags.slice(0, 3), ['UNB', 'UNH', 'BGM']);
        assert.deepEqual(tags.slice(-2), ['UNT', 'UNZ']);
        assert.ok(tags.every((tag) => /^[A-Z]{3}$/.test(tag ?? '')));
        const [unb, unh, unt, unz] = ['UNB', 'UNH', 'UNT', 'UNZ'].map((tag) => named(segments, tag)[0] ?? []);
        assert.deepEqual(unb?.[1], ['UNOC', '3']);
        assert.deepEqual(unh?.[2], [type, 'D', '96A', 'UN', 'EAN008']);
        assert.equal(Number(unt?.[1]?.[0]), tags.indexOf('UNT') - tags.indexOf('UNH') + 1);
        assert.deepEqual(unt?.[2], unh?.[1]);
        assert.equal(unz?.[1]?.[0], '1');
        assert.deepEqual(unz?.[2], unb?.[5]);
        assert.equal(named(segments, 'LIN').length, lines);
        assert.deepEqual(named(segments, 'CNT')[0]?.[1], ['2', String(lines)]);
        for (const line of named(segments, 'LIN')) {
          const gtin = line[3]?.[0] ?? '';
          assert.match(gtin, /^\d{13}$/);
          assert.ok(checkDigitIsRight(gtin), gtin);
        }
      });
    }
  }

  it('EDIFACT: amounts add up', () => {
    const invoice = readEdifact(edifactInvoice({ lines: 40 }).bytes);
    assert.equal(amount(invoice, '203'), amount(invoice, '79'));
    assert.equal(amount(invoice, '77'), amount(invoice, '125') + amount(invoice, '124'));
    const order = readEdifact(edifactOrders({ lines: 40 }).bytes);
    const quantities = named(order, 'QTY').map(([, element]) => Number(element?.[1]));
    const prices = named(order, 'PRI').map(([, element]) => Math.round(Number(element?.[1]) * 100));
    const total = quantities.reduce((sum, quantity, at) => sum + quantity * (prices[at] ?? 0), 0);
    assert.equal(amount(order, '86'), total);
  });

  it('EDIFACT: umlauts are single bytes of ISO 8859-1, separators in texts are released', () => {
    const { bytes } = edifactOrders();
    assert.ok(bytes.includes(Buffer.from([0x4d, 0xfc, 0x6e, 0x63, 0x68, 0x65, 0x6e])), 'München');
    assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const note = named(readEdifact(bytes), 'FTX')[0]?.[4]?.[0];
    assert.equal(note, 'Anlieferung nur 6:00-9:30 Uhr; Rückfragen? Tel. +49 89 123-0');
    assert.ok(bytes.includes('R\u00fcckfragen?? Tel. ?+49', 0, 'latin1'));
  });

  it('EDIFACT: one document without line breaks, one with bare line feeds', () => {
    assert.equal(edifactOrders().bytes.includes('\n'), false);
    const invoice = edifactInvoice().bytes.toString('latin1');
    assert.ok(invoice.includes("'\nUNH+") && invoice.endsWith("'\n") && !invoice.includes('\r'));
  });

  for (const [set, group, generate] of [
    ['850', 'PO', x12PurchaseOrder],
    ['810', 'IN', x12Invoice],
  ] as const) {
    for (const lines of [1, 25, 1000]) {
      it(`X12 ${set} of ${lines} lines: ISA has 106 bytes, the counts of SE, GE, IEA are right`, () => {
        const { bytes, contentType } = generate({ lines });
        assert.equal(contentType, 'application/EDI-X12');
        const text = bytes.toString('latin1');
        assert.match(text, /^[\r\n\x20-\x7e]*$/);
        assert.equal(text.indexOf('~') + 1, 106);
        // Element separator and component separator stand where every reader looks for them.
        assert.equal(`${text[3]}${text[104]}${text[105]}`, '*>~');
        assert.deepEqual(
          text
            .slice(0, 105)
            .split('*')
            .map((element) => element.length),
          [3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1],
        );
        const segments = text.split('~').map((segment) => segment.trim().split('*'));
        assert.deepEqual(segments.pop(), ['']);
        const find = (tag: string) => segments.find(([name]) => name === tag) ?? [];
        const indexOf = (tag: string) => segments.indexOf(find(tag));
        assert.equal(find('GS')[1], group);
        assert.equal(find('ST')[1], set);
        assert.equal(Number(find('SE')[1]), indexOf('SE') - indexOf('ST') + 1);
        assert.equal(find('SE')[2], find('ST')[2]);
        assert.deepEqual(find('GE').slice(1), ['1', find('GS')[6]]);
        assert.deepEqual(find('IEA').slice(1), ['1', find('ISA')[13]]);
        const items = segments.filter(([tag]) => tag === 'PO1' || tag === 'IT1');
        assert.equal(items.length, lines);
        assert.equal(find('CTT')[1], String(lines));
        assert.ok(items.every((item) => checkDigitIsRight(item[7] ?? '') && item[7]?.length === 12));
        const total = items.reduce(
          (sum, item) => sum + Number(item[2]) * Math.round(Number(item[4]) * 100),
          0,
        );
        assert.equal(
          set === '810' ? Number(find('TDS')[1]) : Math.round(Number(find('AMT')[2]) * 100),
          total,
        );
      });
    }
  }

  it('X12: one document without line breaks, one with CRLF', () => {
    assert.equal(x12PurchaseOrder().bytes.includes('\n'), false);
    assert.ok(x12Invoice().bytes.toString().endsWith('~\r\n'));
  });

  it('UBL invoice: well-formed, UTF-8 beyond latin1, totals right', async () => {
    const { bytes, contentType, filename } = ublInvoice({ lines: 30 });
    assert.equal(contentType, 'application/xml');
    assert.match(filename, /ü/);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { Invoice: invoice } = (await parseStringPromise(text)) as {
      Invoice: Record<string, Record<string, { _: string }[]>[]> & { $: { xmlns: string } };
    };
    assert.equal(invoice.$.xmlns, 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2');
    assert.match(JSON.stringify(invoice['cbc:Note']), /発注番号 4711 <Ελλάδα> 🧀/u);
    const cents = (amount: { _: string } | undefined) => Math.round(Number(amount?._) * 100);
    const lines = invoice['cac:InvoiceLine'] ?? [];
    assert.equal(lines.length, 30);
    const net = lines.reduce((sum, line) => sum + cents(line['cbc:LineExtensionAmount']?.[0]), 0);
    const totals = invoice['cac:LegalMonetaryTotal']?.[0];
    assert.equal(cents(totals?.['cbc:TaxExclusiveAmount']?.[0]), net);
    assert.equal(
      cents(totals?.['cbc:PayableAmount']?.[0]),
      net + cents(invoice['cac:TaxTotal']?.[0]?.['cbc:TaxAmount']?.[0]),
    );
  });

  it('PDF: header, offsets that point at their objects, every byte value, lines that resemble delimiters', () => {
    for (const sizeBytes of [1, 100_000, 1_000_000]) {
      const { bytes, contentType, filename } = pdfLike({ sizeBytes });
      assert.equal(contentType, 'application/pdf');
      assert.match(filename, /^Lieferschein .*\.pdf$/);
      assert.ok(Math.abs(bytes.length - sizeBytes) < 2000 + sizeBytes / 10, `${bytes.length} bytes`);
      const text = bytes.toString('latin1');
      assert.ok(text.startsWith('%PDF-1.7') && text.endsWith('%%EOF'));
      const xref = Number(/startxref\n(\d+)\n%%EOF$/.exec(text)?.[1]);
      assert.equal(text.slice(xref, xref + 5), 'xref\n');
      const entries = [...text.slice(xref).matchAll(/^(\d{10}) 00000 n/gm)];
      assert.ok(entries.length >= 3);
      entries.forEach(([, offset], at) => assert.ok(text.startsWith(`${at + 1} 0 obj\n`, Number(offset))));
      const streams = [...text.matchAll(/\/Length (\d+) >>\nstream\r\n/g)];
      assert.ok(streams.length >= 1);
      for (const { 0: head, 1: length, index } of streams) {
        assert.ok(text.startsWith('\r\nendstream', index + head.length + Number(length)));
      }
      assert.equal(new Set(bytes).size, 256);
      for (const trap of ['\r\n--boundary--\r\n', '\n------=_Part_', '\u0000', '\r\r', '\n\n']) {
        assert.ok(text.includes(trap), JSON.stringify(trap));
      }
    }
  });

  it('large files: size and digest are as told, and so is the content for a seed', async () => {
    await withTempDirectory(async (directory) => {
      const path = join(directory, 'large.bin');
      const file = await writeLargeFile(path, { sizeBytes: 5 * 1024 * 1024 + 3 });
      const bytes = await readFile(path);
      assert.equal(bytes.length, 5 * 1024 * 1024 + 3);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), file.sha256);
      assert.equal((await writeLargeFile(path, { sizeBytes: file.sizeBytes })).sha256, file.sha256);
      assert.notEqual(
        (await writeLargeFile(path, { sizeBytes: file.sizeBytes, seed: 2 })).sha256,
        file.sha256,
      );
      const whole = await writeLargeFile(path);
      assert.equal((await stat(path)).size, 25 * 1024 * 1024);
      assert.equal(whole.filename, 'catalogue.bin');
    });
  });
});
