import type { Random } from '../random';
import { byteMutations, type Mutation } from './bytes';
import { berMutation } from './ber';
import { headerLine, headerText, parameterized } from './mime-grammar';

/** A MIME entity that may say anything: lines of headers, and a body that is text, octets, or parts. */
interface Loose {
  lines: string[];
  body: string;
}

function open(entity: string): Loose | undefined {
  const end = /\r?\n\r?\n/.exec(entity);
  if (!end) return undefined;
  return {
    lines: entity.slice(0, end.index).split(/\r?\n(?![ \t])/),
    body: entity.slice(end.index + end[0].length),
  };
}

function close({ lines, body }: Loose): string {
  return `${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

function boundaryOf({ lines }: Loose): string | undefined {
  const line = lines.find((one) => /^content-type:/i.test(one)) ?? '';
  return /boundary="?([^";\r\n]+)/i.exec(line)?.[1]?.trimEnd();
}

/** The parts of a multipart, with the line breaks around them. */
function partsOf(entity: Loose): { boundary: string; parts: string[] } | undefined {
  const boundary = boundaryOf(entity);
  if (boundary === undefined) return undefined;
  const parts = `\r\n${entity.body}`.split(`\n--${boundary}`);
  if (parts.length < 3) return undefined;
  return {
    boundary,
    parts: parts.slice(1, -1).map((part) => part.replace(/^[^\n]*\n/, '').replace(/\r$/, '')),
  };
}

function joinParts(boundary: string, parts: readonly string[]): string {
  return `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
}

type Change = (random: Random, entity: Loose, others: readonly Buffer[]) => void;

function someLine(random: Random, { lines }: Loose): number {
  return random.below(lines.length);
}

const changes: readonly Change[] = [
  function removeLine(random, entity) {
    entity.lines.splice(someLine(random, entity), 1);
  },
  function addLine(random, entity) {
    entity.lines.splice(random.below(entity.lines.length + 1), 0, headerLine(random));
  },
  function repeatLine(random, entity) {
    const at = someLine(random, entity);
    const times = random.chance(10) ? random.between(50, 1500) : 1;
    entity.lines.splice(at, 0, ...Array.from({ length: times }, () => entity.lines[at] ?? ''));
  },
  function newValue(random, entity) {
    const at = someLine(random, entity);
    const name = (entity.lines[at] ?? '').split(':', 1)[0] ?? '';
    const value = random.chance(2) ? parameterized(random) : headerText(random);
    entity.lines[at] = `${name}: ${value}`;
  },
  function valueBytes(random, entity) {
    const at = someLine(random, entity);
    entity.lines[at] = text(random.pick(byteMutations)(random, bytes(entity.lines[at] ?? ''), []));
  },
  function fold(random, entity) {
    const at = someLine(random, entity);
    const blank = random.pick(['\r\n ', '\r\n\t', '\n ', '\r\n', '\r\n \r\n ']);
    entity.lines[at] = (entity.lines[at] ?? '').replaceAll(
      random.pick([';', ' ', ':']),
      (one) => one + blank,
    );
  },
  function letterCase(random, entity) {
    const at = someLine(random, entity);
    const line = entity.lines[at] ?? '';
    entity.lines[at] = random.chance(2) ? line.toUpperCase() : line.toLowerCase();
  },
  function lineEnds(random, entity) {
    entity.body = entity.body.replaceAll('\r\n', random.pick(['\n', '\r', '\r\n\r\n', '\n\r']));
  },
  function contentType(random, entity) {
    const types = [
      'multipart/signed',
      'multipart/report',
      'multipart/mixed',
      'application/pkcs7-mime',
      'message/disposition-notification',
      'text/plain',
      'text/html',
      'application/octet-stream; name=a.p7m',
    ];
    entity.lines = entity.lines.filter((line) => !/^content-type:/i.test(line));
    entity.lines.push(
      `Content-Type: ${random.pick(types)}${random.chance(2) ? `; boundary=${boundaryOf(entity) ?? 'b'}` : ''}`,
    );
  },
  function transferEncoding(random, entity) {
    entity.lines = entity.lines.filter((line) => !/^content-transfer-encoding:/i.test(line));
    const encoding = random.pick(['base64', 'quoted-printable', 'BASE64', 'x-none', '8bit', 'base64; x=y']);
    entity.lines.push(`Content-Transfer-Encoding: ${encoding}`);
    if (/base64/i.test(encoding) && !random.chance(4)) entity.body = base64(random, entity.body);
  },
  function armor(random, entity) {
    entity.body = `-----BEGIN PKCS7-----\r\n${base64(random, entity.body)}\r\n-----END PKCS7-----\r\n`;
  },
  function ber(random, entity, others) {
    entity.body = text(berMutation(random, bytes(entity.body), others));
  },
  function bodyBytes(random, entity, others) {
    entity.body = text(random.pick(byteMutations)(random, bytes(entity.body), others));
  },
  function wrap(random, entity) {
    const depth = random.chance(4) ? random.between(5, 30) : 1;
    for (let layer = 0; layer < depth; layer += 1) {
      const boundary = `w${random.below(3)}${layer}`;
      const type = random.pick(['mixed', 'signed', 'report', 'alternative']);
      entity.body = joinParts(boundary, [close(entity)]);
      entity.lines = [`Content-Type: multipart/${type}; boundary="${boundary}"`];
    }
  },
  function foreignPart(random, entity, others) {
    const inside = partsOf(entity);
    const [other] = others.length > 0 ? [text(random.pick(others))] : [];
    if (!inside || other === undefined) return;
    inside.parts.splice(random.below(inside.parts.length + 1), 0, other);
    entity.body = joinParts(inside.boundary, inside.parts);
  },
  function withForeign(random, entity, others) {
    if (others.length === 0) return;
    const parts = [close(entity), text(random.pick(others))];
    if (random.chance(2)) parts.reverse();
    entity.lines = [`Content-Type: multipart/${random.pick(['mixed', 'report', 'signed'])}; boundary=wf`];
    entity.body = joinParts('wf', parts);
  },
  function shuffleParts(random, entity) {
    const inside = partsOf(entity);
    if (!inside || inside.parts.length === 0) return;
    const at = random.below(inside.parts.length);
    const [part = ''] = inside.parts.splice(at, 1);
    for (let copies = random.pick([0, 1, 1, 2, 50]); copies > 0; copies -= 1) {
      inside.parts.splice(random.below(inside.parts.length + 1), 0, part);
    }
    entity.body = joinParts(inside.boundary, inside.parts);
  },
  function delimiters(random, entity) {
    const boundary = boundaryOf(entity);
    if (boundary === undefined) return;
    const spoiled = random.pick([
      `--${boundary}  `,
      `--${boundary}X`,
      ` --${boundary}`,
      `--${boundary}--`,
      `--${boundary}\r\n--${boundary}`,
    ]);
    entity.body = entity.body.replace(`--${boundary}`, spoiled);
  },
  function insidePart(random, entity, others) {
    const inside = partsOf(entity);
    if (!inside || inside.parts.length === 0) return;
    const at = random.below(inside.parts.length);
    inside.parts[at] = text(mimeMutation(random, bytes(inside.parts[at] ?? ''), others));
    entity.body = joinParts(inside.boundary, inside.parts);
  },
  function insideBase64(random, entity, others) {
    if (!/^[A-Za-z0-9+/=\s]{8,}$/.test(entity.body.slice(0, 4096))) return;
    entity.body = base64(random, text(berMutation(random, Buffer.from(entity.body, 'base64'), others)));
  },
];

/** Changes headers, parts and encodings rather than bytes. */
export const mimeMutation: Mutation = (random, sample, others) => {
  const entity = open(text(sample));
  if (!entity) return random.pick(byteMutations)(random, sample, others);
  const again = partsOf(entity) !== undefined && random.chance(2);
  const change = again
    ? (changes.find(({ name }) => name === 'insidePart') ?? random.pick(changes))
    : random.pick(changes);
  change(random, entity, others);
  return bytes(close(entity));
};

function base64(random: Random, body: string): string {
  const digits = bytes(body).toString('base64');
  const columns = random.pick([64, 76, 1, 1000]);
  return digits.match(new RegExp(`.{1,${columns}}`, 'g'))?.join(random.pick(['\r\n', '\n', ' \r\n'])) ?? '';
}

function text(from: Buffer): string {
  return from.toString('latin1');
}

function bytes(from: string): Buffer {
  return Buffer.from(from, 'latin1');
}
