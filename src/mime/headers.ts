import { As2Error } from '../errors';
import { isBlank, trimBlanks } from './blanks';

type Field = readonly [name: string, value: string];

/** RFC 9110 §5.6.2 token; what we write as a field name. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Header fields of a MIME entity or of an HTTP message, in the order in which they came. Names compare without
 * regard to case. Values are latin1 strings (one character is one byte), unfolded and without outer blanks;
 * `decodeHeaderText` makes readable text of them. Immutable.
 */
export class Headers {
  /** Made when it is asked for: what is only written needs none. */
  private byName: Map<string, string[]> | undefined;

  private constructor(
    private readonly fields: readonly Field[],
    private readonly origin: { readonly raw?: Buffer; readonly writable?: boolean },
  ) {}

  /**
   * A header block as received, without the blank line that ends it. The bytes are kept (MIME-02).
   * Line ends may be LF alone, values may be folded (RFC 5322 §2.2.3; a fold reads as one space).
   */
  static parse(block: Buffer): Headers {
    return new Headers(parseFields(block.toString('latin1')), { raw: block });
  }

  /**
   * Fields of our own.
   * @throws As2Error `header-injection`, `header-name-invalid`, `header-not-latin1`
   */
  static fromPairs(pairs: readonly (readonly [name: string, value: string])[]): Headers {
    for (const [name, value] of pairs) assertWritable(name, value);
    return new Headers([...pairs], { writable: true });
  }

  /** Node's `rawHeaders`: names and values in turn. Folds, which its tolerant parser lets through, are undone. */
  static fromRawHeaders(flat: readonly string[]): Headers {
    const fields: Field[] = [];
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const [name, value] = [flat[at] ?? '', flat[at + 1] ?? ''];
      fields.push([name, /[\r\n\0]/.test(value) ? unfold(value) : trimBlanks(value)]);
    }
    return new Headers(fields, {});
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    return this.valuesOf(name)?.[0];
  }

  getAll(name: string): string[] {
    return [...(this.valuesOf(name) ?? [])];
  }

  has(name: string): boolean {
    return this.valuesOf(name) !== undefined;
  }

  entries(): readonly Field[] {
    return this.fields;
  }

  /**
   * The block without the blank line: the exact bytes that were parsed, otherwise `Name: value` lines with CRLF.
   * @throws As2Error `header-injection` and kin, for values that must not be written
   */
  toBuffer(): Buffer {
    const { raw, writable } = this.origin;
    if (raw) return raw;
    let block = '';
    for (const [name, value] of this.fields) {
      if (!writable) assertWritable(name, value);
      block += `${name}: ${value}\r\n`;
    }
    return Buffer.from(block, 'latin1');
  }

  private valuesOf(name: string): readonly string[] | undefined {
    this.byName ??= groupByName(this.fields);
    return this.byName.get(name.toLowerCase());
  }
}

function groupByName(fields: readonly Field[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const values = groups.get(key);
    if (values) values.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/**
 * SEC-08: what goes into a header line must not be able to start another one.
 * @throws As2Error `header-injection`
 */
export function assertOneLine(name: string, text: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000\r\n]/.test(text)) throw new As2Error('header-injection', { name });
}

function assertWritable(name: string, value: string): void {
  if (!TOKEN.test(name)) throw new As2Error('header-name-invalid', { name });
  assertOneLine(name, value);
  // oxlint-disable-next-line no-control-regex -- the range of latin1 begins with the control characters
  if (/[^\u0000-\u00ff]/.test(value)) throw new As2Error('header-not-latin1', { name });
}

function parseFields(block: string): Field[] {
  // Pieces are joined at the end: text that grows line by line would be copied for each of them (SEC-11).
  const fields: { readonly name: string; readonly pieces: string[] }[] = [];
  for (const line of splitLines(block)) {
    const pieces = fields.at(-1)?.pieces;
    const field = isBlank(line[0]) ? undefined : splitField(line);
    if (field) fields.push({ name: field[0], pieces: nonEmpty(field[1]) });
    // RFC 4130 A.2 itself breaks a Content-Type after a semicolon without indenting the next line (MDN-01).
    else if (isBlank(line[0]) || pieces?.at(-1)?.endsWith(';')) pieces?.push(...nonEmpty(trimBlanks(line)));
  }
  return fields.map(({ name, pieces }) => [name, pieces.join(' ')]);
}

/** Undefined when the line is not a field. Blanks before the colon are tolerated (RFC 5322 §4.5, obs-optional). */
function splitField(line: string): [name: string, value: string] | undefined {
  const colon = line.indexOf(':');
  const name = colon < 0 ? '' : trimBlanks(line.slice(0, colon));
  return TOKEN.test(name) ? [name, trimBlanks(line.slice(colon + 1))] : undefined;
}

function unfold(value: string): string {
  return splitLines(value).map(trimBlanks).flatMap(nonEmpty).join(' ');
}

/** A CR that ends no line and NUL mean nothing in a header (RFC 5322 §2.2): they read as blanks (SEC-08). */
function splitLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line).replace(/[\r\0]/g, ' '));
}

function nonEmpty(text: string): string[] {
  return text === '' ? [] : [text];
}
