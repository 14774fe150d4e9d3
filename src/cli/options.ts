import { parseArgs } from 'node:util';
import { type CipherName, cipherNames, type DigestName, digestNames } from '../cms';
import { As2Error } from '../errors';

/** The command line of `test`, checked; files are not read yet. */
export interface TestOptions {
  readonly url: string;
  /** Tried in this order when there is no connection to the first one. */
  readonly moreUrls: readonly string[];
  readonly ownName: string;
  readonly partnerName: string;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly ownCertificate?: string | undefined;
  readonly pkcs12?: string | undefined;
  readonly ca?: string | undefined;
  readonly pins: readonly string[];
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly user?: string | undefined;
  readonly proxy?: string | undefined;
  readonly timeoutMs: number;
  readonly message: boolean;
  readonly sign?: DigestName | 'none' | undefined;
  readonly encrypt?: CipherName | 'none' | undefined;
  readonly receipt?: (typeof RECEIPTS)[number] | undefined;
  readonly json: boolean;
}

const RECEIPTS = ['signed', 'unsigned', 'none'] as const;
const LONGEST_TIMEOUT = 3600;
const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const CONFIGURATION = {
  url: { ...text, multiple: true },
  'own-name': text,
  'partner-name': text,
  certificate: text,
  key: text,
  'own-certificate': text,
  pkcs12: text,
  ca: text,
  pin: { ...text, multiple: true },
  'client-certificate': text,
  'client-key': text,
  user: text,
  proxy: text,
  timeout: { ...text, default: '30' },
  message: flag,
  sign: text,
  encrypt: text,
  receipt: text,
  json: flag,
} as const;

/** @throws As2Error `test-option-invalid` */
export function readOptions(command: string, args: readonly string[]): TestOptions {
  if (command !== 'test') throw invalid(`there is no command "${command}", only "test"`);
  const values = parsed(args);
  const { url: [url, ...moreUrls] = [], sign, encrypt, receipt } = values;
  if (url === undefined) throw invalid('--url is missing');
  together(values, 'key', 'own-certificate');
  together(values, 'client-certificate', 'client-key');
  if (values.key !== undefined && values.pkcs12 !== undefined)
    throw invalid('--key and --pkcs12 are both there');
  if (values.message) {
    for (const name of ['own-name', 'partner-name'] as const) {
      if (values[name] === undefined) throw invalid(`--message needs --${name}`);
    }
  }
  return {
    url,
    moreUrls,
    // Nobody is told these names unless a message is sent.
    ownName: values['own-name'] ?? 'own station',
    partnerName: values['partner-name'] ?? 'partner',
    certificate: values.certificate,
    key: values.key,
    ownCertificate: values['own-certificate'],
    pkcs12: values.pkcs12,
    ca: values.ca,
    pins: values.pin ?? [],
    clientCertificate: values['client-certificate'],
    clientKey: values['client-key'],
    user: values.user,
    proxy: values.proxy,
    timeoutMs: seconds(values.timeout) * 1000,
    message: values.message,
    sign: oneOf<DigestName | 'none'>('sign', sign, [...digestNames, 'none']),
    encrypt: oneOf<CipherName | 'none'>('encrypt', encrypt, [...cipherNames, 'none']),
    receipt: oneOf('receipt', receipt, RECEIPTS),
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: CONFIGURATION, allowPositionals: false }).values;
  } catch (error) {
    // Only the first sentence: the others are about positional arguments, which there are none of here.
    const [problem = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw invalid(problem);
  }
}

function together<Name extends string>(
  values: { readonly [N in Name]?: unknown },
  one: Name,
  other: Name,
): void {
  if ((values[one] === undefined) === (values[other] === undefined)) return;
  throw invalid(`--${one} and --${other} belong together`);
}

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((one) => one === value.toLowerCase());
  if (found === undefined) throw invalid(`--${option} cannot be "${value}"; there are ${allowed.join(', ')}`);
  return found;
}

function seconds(value: string): number {
  const number = Number(value);
  if (number > 0 && number <= LONGEST_TIMEOUT) return number;
  throw invalid(`--timeout needs seconds, 1 to ${LONGEST_TIMEOUT}`);
}

function invalid(problem: string): As2Error {
  return new As2Error('test-option-invalid', { problem });
}
