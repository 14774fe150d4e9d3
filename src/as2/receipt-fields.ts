import { assertOneLine, trimBlanks } from '../mime';

/** One `Name: value` line of message/disposition-notification. */
type Field = readonly [name: string, value: string];

/** The per-message fields of a receipt (RFC 8098 §3.1, RFC 4130 §7.4.3), names in lower case, as they came. */
export class ReceiptFields {
  private constructor(private readonly fields: readonly Field[]) {}

  /**
   * Reads the machine-readable part of a receipt: fields in any order and letter case, folded, with LF, with blank
   * lines between groups (MDN-06). What is no field is passed over.
   */
  static parse(text: string): ReceiptFields {
    const found: { readonly name: string; readonly lines: string[] }[] = [];
    for (const line of text.split(/\r\n|\r|\n/)) {
      const folded = /^[ \t]+\S/.test(line) ? found.at(-1) : undefined;
      const [, name, value = ''] = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line) ?? [];
      if (folded) folded.lines.push(trimBlanks(line));
      else if (name !== undefined) found.push({ name: name.toLowerCase(), lines: [trimBlanks(value)] });
    }
    return new ReceiptFields(found.map(({ name, lines }) => [name, lines.filter(Boolean).join(' ')]));
  }

  /** The first field of that name counts (MDN-06). */
  get(name: string): string | undefined {
    return this.fields.find(([key]) => key === name.toLowerCase())?.[1];
  }

  getAll(name: string): string[] {
    return this.fields.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value);
  }

  entries(): readonly Field[] {
    return this.fields;
  }
}

/**
 * The lines of a machine-readable part. Values come from partners: none may start a line of its own (SEC-08).
 * @throws As2Error `header-injection`
 */
export function writeReceiptFields(fields: readonly Field[]): Buffer {
  for (const [name, value] of fields) assertOneLine(name, value);
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
}
