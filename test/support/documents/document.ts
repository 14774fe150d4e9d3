/** What a trading partner would send: made from a seed alone, so that the same call gives the same bytes. */
export interface BusinessDocument {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface DocumentOptions {
  /** Number of line items. */
  readonly lines?: number;
  readonly seed?: number;
}

export interface Party {
  readonly name: string;
  readonly street: string;
  readonly city: string;
  readonly postcode: string;
  readonly country: string;
  /** Global Location Number. */
  readonly gln: string;
  readonly vatId: string;
}

export const buyer: Party = {
  name: 'Lebensmittelhandel Grüß & Söhne GmbH',
  street: 'Königstraße 12',
  city: 'München',
  postcode: '80331',
  country: 'DE',
  gln: gtin('401234500001'),
  vatId: 'DE123456789',
};

export const supplier: Party = {
  name: "Fromagerie d'Évian S.à r.l.",
  street: 'Rue de la Laiterie 7',
  city: 'Évian-les-Bains',
  postcode: '74500',
  country: 'FR',
  gln: gtin('541234500001'),
  vatId: 'FR00123456789',
};

export interface LineItem {
  readonly number: number;
  /** 13 digits with check digit. */
  readonly gtin: string;
  readonly articleNumber: string;
  readonly description: string;
  readonly quantity: number;
  readonly priceCents: number;
  readonly amountCents: number;
}

const products = [
  'Emmentaler 45% i.Tr., 2,5 kg',
  "Crème brûlée 'Grand-mère' 4x100 g",
  'Käsespätzle + Röstzwiebeln: tiefgekühlt',
  'Jalapeño-Soße (scharf?) 250 ml',
  'Crémant d’Alsace brut 0,75 l',
  'Smørrebrød-Mischung 1 kg',
];

/** Line items of an order or invoice; every field follows from the seed. */
export function lineItems(options: DocumentOptions): LineItem[] {
  const random = randomNumbers(options.seed ?? 1);
  return Array.from({ length: options.lines ?? 25 }, (_, index) => {
    const quantity = 1 + random(500);
    const priceCents = 49 + random(20_000);
    const description = products[random(products.length)] ?? '';
    return {
      number: index + 1,
      gtin: gtin(`40${String(random(10 ** 9)).padStart(9, '0')}${index % 10}`),
      articleNumber: `ART-${String(random(10 ** 6)).padStart(6, '0')}`,
      description,
      quantity,
      priceCents,
      amountCents: quantity * priceCents,
    };
  });
}

export function totalCents(items: readonly LineItem[]): number {
  return items.reduce((total, item) => total + item.amountCents, 0);
}

/** `1234` -> `12.34`. */
export function decimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** Whole numbers from 0 up to a bound, exclusive; the same sequence for the same seed (mulberry32). */
export function randomNumbers(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** Adds the check digit of the GS1 numbers: weights 3 and 1 in turn, from the right. */
export function gtin(digits: string): string {
  const weighted = digits
    .split('')
    .reverse()
    .map((digit, at) => Number(digit) * (at % 2 === 0 ? 3 : 1));
  const sum = weighted.reduce((sum, value) => sum + value, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
