import {
  type BusinessDocument,
  decimal,
  type DocumentOptions,
  gtin,
  type LineItem,
  lineItems,
  totalCents,
} from './document';

/** A purchase order, ANSI X12 850 004010, as one line. */
export function x12PurchaseOrder(options: DocumentOptions = {}): BusinessDocument {
  const items = lineItems(options);
  const segments = [
    'BEG*00*SA*PO4711**20260303',
    'REF*DP*0042',
    'PER*OC*JANE DOE*TE*5550100',
    'DTM*002*20260317',
    ...party('BY', 'ACORN RETAIL INC', gtin('012345678001')),
    ...party('ST', 'ACORN RETAIL DC 7', gtin('012345678002')),
    ...items.flatMap((item) => [
      `PO1*${item.number}*${item.quantity}*EA*${decimal(item.priceCents)}*PE*UP*${upc(item)}*VN*${item.articleNumber}`,
      `PID*F****${description(item)}`,
    ]),
    `CTT*${items.length}`,
    `AMT*TT*${decimal(totalCents(items))}`,
  ];
  return x12Document('850', 'PO', 'PO4711.x12', segments, '');
}

/** An invoice, ANSI X12 810 004010, every segment on a line of its own. */
export function x12Invoice(options: DocumentOptions = {}): BusinessDocument {
  const items = lineItems(options);
  const segments = [
    'BIG*20260318*INV0815*20260303*PO4711',
    'CUR*SE*USD',
    'REF*BM*BOL123456',
    ...party('RE', 'BIRCH FOODS LLC', gtin('098765432001')),
    ...party('BT', 'ACORN RETAIL INC', gtin('012345678001')),
    'ITD*01*3*2**10**30',
    'DTM*011*20260317',
    ...items.flatMap((item) => [
      `IT1*${item.number}*${item.quantity}*EA*${decimal(item.priceCents)}**UP*${upc(item)}*VN*${item.articleNumber}`,
      `PID*F****${description(item)}`,
    ]),
    // TDS01 has two implied decimals.
    `TDS*${totalCents(items)}`,
    `CTT*${items.length}`,
  ];
  return x12Document('810', 'IN', 'INV0815.x12', segments, '\r\n');
}

function party(code: string, name: string, gln: string): string[] {
  return [`N1*${code}*${name}*UL*${gln}`, 'N3*1 MARKET STREET', 'N4*SPRINGFIELD*IL*62701*US'];
}

/** 12 digits with check digit. */
function upc(item: LineItem): string {
  return gtin(item.gtin.slice(1, 12));
}

/** X12's basic character set knows capitals only, and neither accents nor its own separators. */
function description(item: LineItem): string {
  return item.description
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9 .,()%-]/g, '')
    .slice(0, 80);
}

/** Envelopes around one transaction set: ISA has fixed widths and 106 characters, SE counts from ST to SE. */
function x12Document(
  set: string,
  functionalGroup: string,
  filename: string,
  segments: readonly string[],
  lineEnd: string,
): BusinessDocument {
  const sender = 'ACORNRETAIL';
  const receiver = 'BIRCHFOODS';
  const blank = ' '.repeat(10);
  const interchange = [
    `ISA*00*${blank}*00*${blank}*ZZ*${sender.padEnd(15)}*ZZ*${receiver.padEnd(15)}*260303*1015*U*00401*000004711*0*P*>`,
    `GS*${functionalGroup}*${sender}*${receiver}*20260303*1015*4711*X*004010`,
    `ST*${set}*0001`,
    ...segments,
    `SE*${segments.length + 2}*0001`,
    'GE*1*4711',
    'IEA*1*000004711',
  ];
  const text = interchange.map((segment) => `${segment}~${lineEnd}`).join('');
  return { filename, contentType: 'application/EDI-X12', bytes: Buffer.from(text, 'latin1') };
}
