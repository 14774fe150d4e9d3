import { encodeOid } from '../../../src/asn1';
import type { Random } from '../random';
import { byteMutations, type Mutation, LONGEST_INPUT } from './bytes';

/** BER as a tree that may say anything: unlike the parser of the core it keeps what is wrong, and writes it again. */
interface Element {
  /** Identifier octets. */
  identifier: Buffer;
  form: 'definite' | 'indefinite' | { readonly lengthOctets: number };
  /** Added to the true length. */
  lie: number;
  /** What it holds: elements, or octets. */
  content: Element[] | Buffer;
  /** Octets of a primitive element (an OCTET STRING, a BIT STRING) in front of the elements inside it. */
  prefix?: Buffer;
}

const DEEPEST = 40;
const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;
const OID = 0x06;

/** Undefined when the bytes are not a series of whole elements. */
function read(bytes: Buffer, depth = 0): Element[] | undefined {
  const elements: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const found = readOne(bytes, at, depth);
    if (!found) return undefined;
    elements.push(found.element);
    at = found.end;
  }
  return elements;
}

function readOne(bytes: Buffer, start: number, depth: number): { element: Element; end: number } | undefined {
  let at = start + 1;
  if (((bytes[start] ?? 0) & 0x1f) === 0x1f) while ((bytes[at++] ?? 0) >= 0x80);
  const identifier = bytes.subarray(start, at);
  const first = bytes[at++];
  if (first === undefined || depth > DEEPEST) return undefined;
  if (first === 0x80) return readIndefinite(bytes, identifier, at, depth);
  const octets = first > 0x80 ? first & 0x7f : 0;
  if (octets > 6 || at + octets > bytes.length) return undefined;
  const length = octets > 0 ? bytes.readUIntBE(at, octets) : first;
  const end = at + octets + length;
  if (end > bytes.length) return undefined;
  const content = bytes.subarray(at + octets, end);
  const element: Element = { identifier, form: 'definite', lie: 0, content };
  if (((identifier[0] ?? 0) & 0x20) !== 0) element.content = read(content, depth + 1) ?? content;
  else enterString(element, content, depth);
  return { element, end };
}

function readIndefinite(bytes: Buffer, identifier: Buffer, start: number, depth: number) {
  const content: Element[] = [];
  let at = start;
  while (bytes[at] !== 0 || bytes[at + 1] !== 0) {
    const found = readOne(bytes, at, depth + 1);
    if (!found) return undefined;
    content.push(found.element);
    at = found.end;
  }
  return { element: { identifier, form: 'indefinite', lie: 0, content } satisfies Element, end: at + 2 };
}

/** Extensions, keys and PKCS#12 hold elements inside strings. */
function enterString(element: Element, content: Buffer, depth: number): void {
  const [identifier = 0] = element.identifier;
  const prefix = identifier === BIT_STRING && content[0] === 0 ? 1 : 0;
  if ((identifier !== OCTET_STRING && prefix === 0) || content[prefix] !== 0x30) return;
  const inside = read(content.subarray(prefix), depth + 1);
  if (!inside || inside.length === 0) return;
  element.content = inside;
  element.prefix = content.subarray(0, prefix);
}

function write(elements: readonly Element[]): Buffer {
  return Buffer.concat(elements.map(writeOne));
}

function writeOne({ identifier, form, lie, content, prefix }: Element): Buffer {
  const inside = Buffer.isBuffer(content)
    ? content
    : Buffer.concat([prefix ?? Buffer.alloc(0), write(content)]);
  if (form === 'indefinite') return Buffer.concat([identifier, Buffer.from([0x80]), inside, Buffer.alloc(2)]);
  const length = Math.max(0, inside.length + lie);
  return Buffer.concat([
    identifier,
    lengthOctets(length, form === 'definite' ? 0 : form.lengthOctets),
    inside,
  ]);
}

function lengthOctets(length: number, atLeast: number): Buffer {
  if (length < 0x80 && atLeast === 0) return Buffer.from([length]);
  const digits = length.toString(16);
  const octets = Math.max(atLeast, Math.ceil(digits.length / 2));
  return Buffer.concat([Buffer.from([0x80 | octets]), Buffer.from(digits.padStart(octets * 2, '0'), 'hex')]);
}

function copy(element: Element): Element {
  const { content } = element;
  return { ...element, content: Buffer.isBuffer(content) ? content : content.map(copy) };
}

interface Place {
  readonly siblings: Element[];
  readonly index: number;
  readonly element: Element;
}

function places(elements: Element[]): Place[] {
  return elements.flatMap((element, index) => [
    { siblings: elements, index, element },
    ...(Buffer.isBuffer(element.content) ? [] : places(element.content)),
  ]);
}

/** Algorithms and types: one in the place of another is how readers get confused. */
const OIDS = [
  '1.2.840.113549.1.1.1',
  '1.2.840.113549.1.1.5',
  '1.2.840.113549.1.1.7',
  '1.2.840.113549.1.1.8',
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.7.1',
  '1.2.840.113549.1.7.2',
  '1.2.840.113549.1.7.3',
  '1.2.840.113549.1.9.3',
  '1.2.840.113549.1.9.4',
  '1.2.840.113549.1.9.5',
  '1.2.840.113549.1.9.16.1.9',
  '1.2.840.113549.1.9.16.1.23',
  '1.2.840.113549.1.9.16.3.18',
  '1.2.840.113549.1.5.13',
  '1.2.840.113549.1.12.1.3',
  '1.2.840.113549.3.7',
  '1.2.840.113549.2.5',
  '1.2.840.10045.2.1',
  '1.2.840.10045.4.1',
  '1.2.840.10045.4.3.2',
  '1.3.14.3.2.26',
  '1.3.101.110',
  '1.3.101.112',
  '1.3.101.113',
  '1.3.132.1.11.1',
  '2.16.840.1.101.3.4.1.2',
  '2.16.840.1.101.3.4.1.5',
  '2.16.840.1.101.3.4.1.6',
  '2.16.840.1.101.3.4.1.7',
  '2.16.840.1.101.3.4.1.42',
  '2.16.840.1.101.3.4.1.46',
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.3',
  '2.16.840.1.101.3.4.2.12',
  '2.5.4.3',
  '2.5.29.14',
].map(encodeOid);

const IDENTIFIERS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x18, 0x1c, 0x1e, 0x24, 0x30, 0x31, 0x80, 0x81, 0xa0, 0xa1,
  0xa3, 0x00, 0x1f,
];

type Change = (random: Random, place: Place, others: readonly Place[]) => void;

const changes: readonly Change[] = [
  function lengthForm(random, { element }) {
    const forms: Element['form'][] = ['definite', 'indefinite', { lengthOctets: random.between(1, 18) }];
    element.form = random.pick(forms);
  },
  function wrongLength(random, { element }) {
    element.lie = random.pick([-1, 1, -2, 2, 127, 65_536, 2 ** 31, 2 ** 40, -1000]);
  },
  function identifier(random, { element }) {
    const high = Buffer.from([
      0x1f | (random.below(8) << 5),
      ...Array.from({ length: random.size(7) }, () => 0x81),
      1,
    ]);
    element.identifier = random.chance(8) ? high : Buffer.from([random.pick(IDENTIFIERS)]);
  },
  function constructedBit(_random, { element }) {
    element.identifier = Buffer.from([
      (element.identifier[0] ?? 0) ^ 0x20,
      ...element.identifier.subarray(1),
    ]);
  },
  function remove(_random, { siblings, index }) {
    siblings.splice(index, 1);
  },
  function duplicate(random, { siblings, index, element }) {
    const times = random.chance(10) ? random.between(10, 2000) : random.between(1, 3);
    const room = Math.ceil(LONGEST_INPUT / writeOne(element).length);
    siblings.splice(index, 0, ...Array.from({ length: Math.min(times, room) }, () => copy(element)));
  },
  function exchange(random, { siblings, index, element }) {
    const other = random.below(siblings.length);
    siblings[index] = siblings[other] ?? element;
    siblings[other] = element;
  },
  function borrow(random, { siblings, index }, others) {
    siblings.splice(index, random.below(2), copy(random.pick(others).element));
  },
  function wrap(random, { siblings, index, element }) {
    const depth = random.chance(6) ? random.between(20, 60) : 1;
    let inner = element;
    for (let layer = 0; layer < depth; layer += 1) {
      const identifier = Buffer.from([random.pick([0x30, 0x31, 0x24, 0xa0])]);
      inner = { identifier, form: random.pick(['definite', 'indefinite']), lie: 0, content: [inner] };
    }
    siblings[index] = inner;
  },
  function unwrap(_random, { siblings, index, element }) {
    if (!Buffer.isBuffer(element.content)) siblings.splice(index, 1, ...element.content);
  },
  function segments(random, { element }) {
    if (!Buffer.isBuffer(element.content)) return;
    const parts: Element[] = [];
    for (let at = 0; at < element.content.length || parts.length === 0;) {
      const length = random.size(Math.max(1, element.content.length));
      const content = element.content.subarray(at, at + length);
      parts.push({ identifier: Buffer.from([OCTET_STRING]), form: 'definite', lie: 0, content });
      at += length;
      if (parts.length > 500) break;
    }
    element.identifier = Buffer.from([(element.identifier[0] ?? 0) | 0x20]);
    element.form = random.pick(['definite', 'indefinite']);
    element.content = parts;
  },
  function octets(random, { element }) {
    if (Buffer.isBuffer(element.content)) {
      element.content = random.pick(byteMutations)(random, element.content, []);
    }
  },
  function emptyOrHuge(random, { element }) {
    element.content = Buffer.alloc(random.chance(2) ? 0 : random.size(20_000), random.below(256));
  },
  function objectIdentifier(random, { element }) {
    if (element.identifier[0] === OID) element.content = random.pick(OIDS);
  },
  function number(random, { element }) {
    if (element.identifier[0] === 0x02) {
      element.content = random.pick([
        Buffer.from([0]),
        Buffer.from([0xff]),
        Buffer.from('7fffffff', 'hex'),
        Buffer.from('00ffffffffffffffff', 'hex'),
        random.bytes(4),
      ]);
    }
  },
];

/** Changes elements rather than bytes, so that everything around them still fits. */
export const berMutation: Mutation = (random, sample, others) => {
  const elements = read(sample);
  if (!elements) return random.pick(byteMutations)(random, sample, others);
  const foreign = random.chance(3) && others.length > 0 ? read(random.pick(others)) : undefined;
  for (let left = 1 + random.size(4); left > 0; left -= 1) {
    const all = places(elements);
    if (all.length === 0) break;
    const place = random.pick(all);
    const change = place.element.identifier[0] === OID && random.chance(3) ? changeOid : random.pick(changes);
    change(random, place, foreign && foreign.length > 0 ? places(foreign) : all);
  }
  const changed = write(elements);
  return changed.length > LONGEST_INPUT ? changed.subarray(0, LONGEST_INPUT) : changed;
};

const changeOid: Change = (random, { element }) => {
  element.content = random.pick(OIDS);
};

/** Elements out of nothing. */
export function randomBer(random: Random, depth = 0): Buffer {
  return write(Array.from({ length: 1 + random.size(3) }, () => randomElement(random, depth)));
}

function randomElement(random: Random, depth: number): Element {
  const identifier = Buffer.from([random.pick(IDENTIFIERS)]);
  const constructed = (identifier.readUInt8() & 0x20) !== 0 && depth < 30;
  const content = constructed
    ? Array.from({ length: random.size(5) }, () => randomElement(random, depth + 1))
    : random.chance(4)
      ? random.pick(OIDS)
      : random.bytes(random.size(40));
  const form = constructed && random.chance(3) ? 'indefinite' : 'definite';
  return { identifier, form, lie: random.chance(40) ? random.between(-2, 2) : 0, content };
}
