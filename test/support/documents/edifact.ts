import {
  type BusinessDocument,
  buyer,
  decimal,
  type DocumentOptions,
  type LineItem,
  lineItems,
  type Party,
  supplier,
  totalCents,
} from './document';

const VAT_PERCENT = 7;

/** A purchase order, EDIFACT ORDERS D.96A: one line from UNA to UNZ, letters of ISO 8859-1 as UNOC says. */
export function edifactOrders(options: DocumentOptions = {}): BusinessDocument {
  const items = lineItems(options);
  const segments = [
    'BGM+220+B4711+9',
    'DTM+137:20260303:102',
    'DTM+2:20260317:102',
    `FTX+AAI+++${escape('Anlieferung nur 6:00-9:30 Uhr; Rückfragen? Tel. +49 89 123-0')}`,
    'RFF+CT:RV2026-77',
    nameAndAddress('BY', buyer),
    'CTA+OC+:Frau Weiß',
    'COM+bestellung@buyer.example:EM',
    nameAndAddress('SU', supplier),
    `NAD+DP+${buyer.gln}::9`,
    'CUX+2:EUR:9',
    ...items.flatMap(orderLine),
    'UNS+S',
    `MOA+86:${decimal(totalCents(items))}`,
    `CNT+2:${items.length}`,
  ];
  return edifactDocument('ORDERS', 'ORDERS_B4711.edi', segments, '');
}

/** An invoice, EDIFACT INVOIC D.96A: every segment on a line of its own, ended by a bare line feed. */
export function edifactInvoice(options: DocumentOptions = {}): BusinessDocument {
  const items = lineItems(options);
  const net = totalCents(items);
  const vat = Math.round((net * VAT_PERCENT) / 100);
  const tax = `TAX+7+VAT+++:::${VAT_PERCENT}+S`;
  const segments = [
    'BGM+380+R2026-0815+9',
    'DTM+137:20260318:102',
    'DTM+35:20260317:102',
    'RFF+ON:B4711',
    'DTM+171:20260303:102',
    nameAndAddress('SU', supplier),
    `RFF+VA:${supplier.vatId}`,
    nameAndAddress('BY', buyer),
    `RFF+VA:${buyer.vatId}`,
    `NAD+IV+${buyer.gln}::9`,
    tax,
    'CUX+2:EUR:4',
    'PAT+1++5::D:30',
    ...items.flatMap((item) => [...invoiceLine(item), tax]),
    'UNS+S',
    `CNT+2:${items.length}`,
    `MOA+79:${decimal(net)}`,
    `MOA+77:${decimal(net + vat)}`,
    tax,
    `MOA+125:${decimal(net)}`,
    `MOA+124:${decimal(vat)}`,
  ];
  return edifactDocument('INVOIC', 'INVOIC_R2026-0815.edi', segments, '\n');
}

function orderLine(item: LineItem): string[] {
  return [...itemHead(item), `QTY+21:${item.quantity}:PCE`, `PRI+AAA:${decimal(item.priceCents)}`];
}

function invoiceLine(item: LineItem): string[] {
  return [
    ...itemHead(item),
    `QTY+47:${item.quantity}:PCE`,
    `MOA+203:${decimal(item.amountCents)}`,
    `PRI+AAA:${decimal(item.priceCents)}`,
  ];
}

function itemHead(item: LineItem): string[] {
  return [
    `LIN+${item.number}++${item.gtin}:EN`,
    `PIA+1+${item.articleNumber}:SA`,
    // 35 characters are what the data element takes.
    `IMD+F++:::${escape(item.description.slice(0, 35))}`,
  ];
}

function nameAndAddress(qualifier: string, party: Party): string {
  const { gln, name, street, city, postcode, country } = party;
  return `NAD+${qualifier}+${gln}::9++${escape(name)}+${escape(street)}+${escape(city)}++${postcode}+${country}`;
}

/** Service segments around one message (ISO 9735): UNT counts the segments from UNH to UNT. */
function edifactDocument(
  type: string,
  filename: string,
  segments: readonly string[],
  lineEnd: string,
): BusinessDocument {
  const interchange = [
    `UNB+UNOC:3+${buyer.gln}:14+${supplier.gln}:14+260303:1015+IC4711++${type}`,
    `UNH+1+${type}:D:96A:UN:EAN008`,
    ...segments,
    `UNT+${segments.length + 2}+1`,
    'UNZ+1+IC4711',
  ];
  const text = ["UNA:+.? '", ...interchange.map((segment) => `${segment}'`)].join(lineEnd) + lineEnd;
  return { filename, contentType: 'application/EDIFACT', bytes: Buffer.from(toLatin1(text), 'latin1') };
}

/** Release character (ISO 9735 §7). */
function escape(text: string): string {
  return text.replace(/[:+'?]/g, '?$&');
}

/** UNOC is ISO 8859-1: what it lacks is replaced as bookkeeping systems do it. */
function toLatin1(text: string): string {
  return text.replaceAll('’', '´').replace(/[^\u0000-\u00ff]/g, ' ');
}
