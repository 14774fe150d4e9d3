import { As2Error } from '../../src/errors';

/**
 * Readers of node properties. A property may come from an environment variable (`${NAME}`), so numbers and switches
 * also arrive as text; a variable that is not set leaves its name standing.
 */

/** The name in `${NAME}`, which must be the whole value. */
export function environmentVariable(value: unknown): string | undefined {
  return typeof value === 'string' ? /^\$\{(\S+)\}$/.exec(value)?.[1] : undefined;
}

/** A name before it is checked; a number too, which is what a variable with digits alone may be (many AS2 names are). */
export function asText(value: unknown): string {
  return isPlain(value) ? String(value).trim() : '';
}

/** Without blanks around it. @throws As2Error `environment-missing` */
export function text(value: unknown, setting: string): string {
  return secret(value, setting).trim();
}

/** As it stands: blanks count in passwords. @throws As2Error `environment-missing` */
export function secret(value: unknown, setting: string): string {
  const given = isPlain(value) ? String(value) : '';
  const variable = environmentVariable(given);
  if (variable !== undefined) throw new As2Error('environment-missing', { setting, variable });
  return given;
}

/** @throws As2Error `environment-missing`, `setting-invalid` */
export function flag(value: unknown, setting: string, fallback: boolean): boolean {
  const given = text(value, setting).toLowerCase();
  if (given === '') return fallback;
  if (given === 'true' || given === 'false') return given === 'true';
  throw new As2Error('setting-invalid', { setting, value: given, expected: 'true or false' });
}

/** A number greater than zero. @throws As2Error `environment-missing`, `setting-invalid` */
export function positive(value: unknown, setting: string, fallback: number, most = Infinity): number {
  const given = text(value, setting);
  if (given === '') return fallback;
  const number = Number(given);
  if (Number.isFinite(number) && number > 0 && number <= most) return number;
  const expected = `a number greater than 0${most === Infinity ? '' : `, at most ${most}`}`;
  throw new As2Error('setting-invalid', { setting, value: given, expected });
}

/** @throws as above */
export function wholeNumber(value: unknown, setting: string, fallback: number, most: number): number {
  const number = positive(value, setting, fallback, most);
  if (Number.isInteger(number)) return number;
  const expected = `a whole number from 1 to ${most}`;
  throw new As2Error('setting-invalid', { setting, value: String(number), expected });
}

/** Timers count no further; with more they fire at once. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** Seconds, as milliseconds for a timer. @throws as above */
export function duration(value: unknown, setting: string, fallbackSeconds: number): number {
  return 1000 * positive(value, setting, fallbackSeconds, MOST_SECONDS);
}

/** One of the choices; a property that an older flow does not have counts as `fallback`. @throws as above */
export function choice<Choice extends string>(
  value: unknown,
  setting: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  if (value === undefined || value === null) return fallback;
  const given = text(value, setting);
  const chosen = choices.find((one) => one === given);
  if (chosen !== undefined) return chosen;
  throw new As2Error('setting-invalid', { setting, value: given, expected: choices.join(', ') });
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
