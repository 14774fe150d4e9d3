import { isBlank, trimBlanks } from './blanks';

export interface ScannedParameter {
  /** As written, with the asterisks of RFC 2231. */
  readonly name: string;
  /** Unquoted, nothing decoded. */
  readonly text: string;
}

export interface ScannedValue {
  readonly value: string;
  readonly parameters: readonly ScannedParameter[];
}

/** More parameters than this are not read: no real header has them. */
const MOST_PARAMETERS = 100;

/** `name =`, by which the next parameter is recognised when the semicolon before it is missing. */
const NEXT_PARAMETER = /[A-Za-z][A-Za-z0-9*_-]*[ \t]*=/y;

/** What the name of a parameter may consist of, and what a word outside of parameters. */
const NAME = /[^=;"( \t]*/y;
const WORD = /[^;"( \t]*/y;
/** Values as nearly everybody writes them. */
const PLAIN_QUOTED = /"([^"\\]*)"(?=;|$)/y;
const PLAIN_UNQUOTED = /[^; \t]+(?=;|$)/y;

/** Parameters whose values people and products write as they please: blanks, brackets, quotes, back slashes. */
const FREE_TEXT = /^(?:file)?name(?:\*|$)/i;

/**
 * Splits `value; name=text; …` (RFC 2045 §5.1) as the world writes it. Comments (RFC 5322 §3.2.2) are skipped.
 * Runs in linear time for any input that fits in a header block.
 */
export function scanParameterized(text: string): ScannedValue {
  const scanner = new Scanner(text);
  const value = scanner.readValue();
  // phase2 4.4.2 quoted the whole header: "multipart/report; boundary=\"…\"".
  return value.includes(';') ? new Scanner(value).readAll() : { value, parameters: scanner.readParameters() };
}

class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  readAll(): ScannedValue {
    return { value: this.readValue(), parameters: this.readParameters() };
  }

  /** `type/subtype` or a single word, blanks and comments around the slash allowed. */
  readValue(): string {
    this.skipBlanksAndComments();
    if (this.next() === '"') return trimBlanks(this.readQuoted(''));
    let value = this.readWord();
    this.skipBlanksAndComments();
    while (this.next() === '/' || (value.endsWith('/') && /[^;"]/.test(this.next()))) {
      value += this.readWord();
      this.skipBlanksAndComments();
    }
    return value;
  }

  readParameters(): ScannedParameter[] {
    const parameters: ScannedParameter[] = [];
    while (this.at < this.text.length && parameters.length < MOST_PARAMETERS) {
      const parameter = this.readParameter();
      if (parameter) parameters.push(parameter);
    }
    return parameters;
  }

  private next(): string {
    return this.text[this.at] ?? '';
  }

  /** Undefined for what is no parameter: a stray semicolon, quote or word is passed over. */
  private readParameter(): ScannedParameter | undefined {
    this.skipBlanksAndComments();
    const start = this.at;
    const name = this.take(NAME);
    this.skipBlanksAndComments();
    if (name === '' || this.next() !== '=') {
      if (this.at === start) this.at += 1;
      return undefined;
    }
    this.at += 1;
    this.skipBlanks();
    return {
      name,
      text: this.readPlain() ?? (this.next() === '"' ? this.readQuoted(name) : this.readUnquoted(name)),
    };
  }

  private readWord(): string {
    return this.take(WORD);
  }

  private take(expression: RegExp): string {
    expression.lastIndex = this.at;
    const [taken = ''] = expression.exec(this.text) ?? [];
    this.at += taken.length;
    return taken;
  }

  private readPlain(): string | undefined {
    const quoted = this.next() === '"';
    const expression = quoted ? PLAIN_QUOTED : PLAIN_UNQUOTED;
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (!found) return undefined;
    this.at = expression.lastIndex;
    return quoted ? found[1] : found[0];
  }

  /**
   * Up to the semicolon; a value may hold `/`, `=` and inner blanks. Blanks end it only before a comment or before
   * the next `name=` (RFC 2387's own examples forget semicolons), and in a file name not even there.
   */
  private readUnquoted(name: string): string {
    const start = this.at;
    const free = FREE_TEXT.test(name);
    while (this.at < this.text.length && this.next() !== ';') {
      if (isBlank(this.next())) {
        const blank = this.at;
        this.skipBlanks();
        if (!free && (this.next() === '(' || this.parameterBegins())) return this.text.slice(start, blank);
      } else {
        this.at += 1;
      }
    }
    return trimBlanks(this.text.slice(start, this.at));
  }

  private readQuoted(name: string): string {
    const free = FREE_TEXT.test(name);
    this.at += 1;
    // Doubled quotes, ""x"", were seen on file names and boundaries (Drummond 3Q08-9).
    const doubled = this.next() === '"' && !this.quoteClosesAt(this.at);
    if (doubled) this.at += 1;
    let text = '';
    for (; this.at < this.text.length; this.at += 1) {
      const character = this.next();
      if (character === '\\' && this.at + 1 < this.text.length) {
        this.at += 1;
        // A file name such as C:\orders\po.edi is often sent without doubling its back slashes.
        text += free && !/["\\]/.test(this.next()) ? `\\${this.next()}` : this.next();
      } else if (character === '"' && (!free || this.quoteClosesAt(this.at))) {
        break;
      } else {
        text += character;
      }
    }
    this.at += 1;
    return doubled && text.endsWith('"') ? text.slice(0, -1) : text;
  }

  /** Whether nothing, a semicolon, a comment or the next parameter follows the quote at `position`. */
  private quoteClosesAt(position: number): boolean {
    const after = this.at;
    this.at = position + 1;
    this.skipBlanks();
    const closes = this.at >= this.text.length || /[;(]/.test(this.next()) || this.parameterBegins();
    this.at = after;
    return closes;
  }

  private parameterBegins(): boolean {
    NEXT_PARAMETER.lastIndex = this.at;
    return NEXT_PARAMETER.test(this.text);
  }

  private skipBlanks(): void {
    while (isBlank(this.next())) this.at += 1;
  }

  /** Comments nest and may hold quoted pairs; one that never ends reaches to the end. */
  private skipBlanksAndComments(): void {
    this.skipBlanks();
    let depth = 0;
    while (this.at < this.text.length && (depth > 0 || this.next() === '(')) {
      if (this.next() === '(') depth += 1;
      else if (this.next() === ')') depth -= 1;
      else if (this.next() === '\\') this.at += 1;
      this.at += 1;
      if (depth === 0) this.skipBlanks();
    }
  }
}
