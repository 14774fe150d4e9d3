import { asText } from './live';
import { text } from './texts';

/** Checks of values that answer in sentences, for Node-RED's `validate` with two parameters. */
type Verdict = EditorVerdict;

/** RFC 4130 §6.2: 1 to 128 printable ASCII characters; those that need quotes on the wire are allowed here (HDR-07). */
const LONGEST_NAME = 128;

export function checkAs2Name(value: unknown): Verdict {
  // Blanks around it do not count, neither here nor at run time.
  const name = asText(value).trim();
  if (name === '') return text('problem.as2-name-missing');
  const foreign = /[^\x20-\x7e]/u.exec(name)?.[0];
  if (foreign !== undefined) return text('problem.as2-name-character', { character: visible(foreign) });
  if (name.length > LONGEST_NAME) {
    return text('problem.as2-name-long', { longest: LONGEST_NAME, length: name.length });
  }
  return true;
}

/** An http(s) address, or empty. */
export function checkUrl(value: unknown): Verdict {
  const address = asText(value).trim();
  if (address === '') return true;
  if (!/^https?:\/\//i.test(address)) return text('problem.url-scheme');
  // `new URL` mends blanks silently; a partner's server does not.
  if (!URL.canParse(address) || /\s/.test(address)) return text('problem.url-shape');
  const { hash, username, password } = new URL(address);
  if (username || password) return text('problem.url-credentials');
  return hash ? text('problem.url-fragment') : true;
}

export function checkPath(value: unknown): Verdict {
  const path = asText(value);
  if (path === '') return text('problem.path-missing');
  if (!path.startsWith('/')) return text('problem.path-slash');
  const foreign = /[\s?#:*()[\]{}\\]/.exec(path)?.[0];
  return foreign === undefined ? true : text('problem.path-character', { character: visible(foreign) });
}

/** Whether two paths reach the same endpoint: letter case and a slash at the end do not count. */
export function samePath(a: string, b: string): boolean {
  const key = (path: string) => path.toLowerCase().replace(/\/+$/, '');
  return key(a) === key(b);
}

export function checkNumber(value: unknown, lowest: number, highest: number): Verdict {
  const given = asText(value).trim();
  const number = Number(given);
  const fits = given !== '' && Number.isFinite(number) && number >= lowest && number <= highest;
  return fits || text('problem.number', { lowest, highest });
}

/** A whole number from 1 on, or a property that an older flow does not have. */
export function checkWhole(value: unknown, highest: number): Verdict {
  if (value === undefined) return true;
  const verdict = checkNumber(value, 1, highest);
  return verdict === true && !Number.isInteger(Number(value)) ? text('problem.whole', { highest }) : verdict;
}

/** One of the choices, or a property that an older flow does not have. */
export function checkChoice(value: unknown, choices: readonly string[]): Verdict {
  return value === undefined || choices.includes(asText(value)) || text('problem.choice');
}

/** One or several certificates as PEM, or empty. What is inside is for the server to judge. */
export function checkCertificates(value: unknown): Verdict {
  const pem = asText(value).trim();
  if (pem === '') return true;
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) return text('problem.certificate-is-key');
  const begins = pem.match(/-----BEGIN (?:X509 |TRUSTED )?(?:CERTIFICATE|PKCS7)-----/g)?.length ?? 0;
  const ends = pem.match(/-----END (?:X509 |TRUSTED )?(?:CERTIFICATE|PKCS7)-----/g)?.length ?? 0;
  // Bare base64 is fine as well.
  if (begins === 0) return /^[A-Za-z0-9+/=\s]+$/.test(pem) || text('problem.certificate-not-pem');
  return begins === ends || text('problem.certificate-cut-off');
}

/** A character as a sentence can show it. */
function visible(character: string): string {
  if (character === ' ') return text('problem.blank');
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{C}\p{Z}]/u.test(character) ? `U+${code}` : character;
}
