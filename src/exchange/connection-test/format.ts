import type { CertificateCard } from '../../pki';
import type { ConnectionTest, ConnectionTestStep, SkipReason, TestFacts, TestStepName } from './types';

const TITLES: Readonly<Record<TestStepName, string>> = {
  settings: 'Settings',
  dns: 'Name',
  tcp: 'Connection',
  tls: 'TLS',
  http: 'Web server',
  message: 'Test message',
};
const STATES = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' } as const;
const SKIPPED: Readonly<Record<SkipReason, string>> = {
  'failed-before': 'because of what failed before',
  'not-asked': 'it was not asked for',
  'not-needed': 'the URL starts with http://',
};
const TRUST = {
  system: 'an authority of the system',
  configured: 'a certificate of the settings',
  pin: 'its fingerprint in the settings',
} as const;

export interface FormatOptions {
  /** Whether the times the steps took are told; default true. */
  readonly times?: boolean;
}

/** A connection test for people to read: a line or more for each step, and what came of it at the end. */
export function formatConnectionTest(test: ConnectionTest, o: FormatOptions = {}): string {
  return `${test.steps.map((step) => formatStep(step, o)).join('')}${formatOutcome(test)}`;
}

/** One step: what it was, what it found out, and below it what is wrong or odd. Ends with a line break. */
export function formatStep(step: ConnectionTestStep, { times = true }: FormatOptions = {}): string {
  const where = step.url === undefined || step.step !== 'dns' ? '' : `${step.url}\n`;
  const head = `${where}${STATES[step.state].padEnd(8)}${TITLES[step.step].padEnd(14)}`;
  const warnings = step.warnings.map(({ message }) => `warning: ${message}`);
  if (step.state === 'skipped') return lines(`${head}${SKIPPED[step.skipped]}`, warnings);
  const [first = '', ...more] = findings(step);
  const took = times ? `${first === '' ? '' : ' '}(${step.durationMs} ms)` : '';
  const error = step.error ? [`error: ${step.error.message}`] : [];
  return lines(`${head}${first}${took}`, [...more, ...warnings, ...error]);
}

function lines(head: string, others: readonly string[]): string {
  const indented = others.map((text) => `${' '.repeat(22)}${text}\n`);
  return `${head.trimEnd()}\n${indented.join('')}`;
}

function findings(step: Exclude<ConnectionTestStep, { state: 'skipped' }>): string[] {
  switch (step.step) {
    case 'settings':
      return settings(step.facts);
    case 'dns': {
      const { host, proxy, addresses = [] } = step.facts;
      const through = proxy === undefined ? '' : ` (proxy ${proxy})`;
      return [addresses.length > 0 ? `${host}${through}: ${addresses.join(', ')}` : `${host}${through}`];
    }
    case 'tcp': {
      const { port, addresses = [] } = step.facts;
      const reached = addresses.filter((one) => one.reached).map(({ address }) => address);
      return [reached.length > 0 ? `port ${port} of ${reached.join(', ')}` : `port ${port}`];
    }
    case 'tls':
      return tls(step.facts);
    case 'http':
      return http(step.facts);
    case 'message':
      return message(step.facts);
  }
}

function settings(facts: TestFacts['settings']): string[] {
  const {
    url,
    moreUrls = [],
    from,
    to,
    sign,
    encrypt,
    receipt,
    ownCertificate,
    partnerCertificates = [],
  } = facts;
  if (from === undefined) return [];
  return [
    `“${from}” to “${to}” at ${[url ?? '-', ...moreUrls].join(', else ')}`,
    `signature ${sign}, encryption ${encrypt}, receipt ${receipt}`,
    ...(ownCertificate ? [`own certificate: ${card(ownCertificate)}`] : []),
    ...partnerCertificates.map((one) => `partner's certificate: ${card(one)}`),
  ];
}

function tls({ version, cipher, trust, names, certificates = [] }: TestFacts['tls']): string[] {
  if (version === undefined) return [];
  const trusted = trust === undefined ? '' : `, trusted because of ${TRUST[trust]}`;
  return [
    `${version}, ${cipher}${trusted}`,
    ...(names ? [`made for: ${names.join(', ')}`] : []),
    ...certificates.map((one) => `certificate: ${card(one)}`),
  ];
}

function http({ method, status, server, contentType }: TestFacts['http']): string[] {
  if (status === undefined) return [];
  const about = [server, contentType].filter((text) => text !== undefined).join(', ');
  return [`${method} was answered with HTTP status ${status}${about === '' ? '' : ` (${about})`}`];
}

function message(facts: TestFacts['message']): string[] {
  const { messageId, signed, encrypted, sizeBytes, receipt } = facts;
  if (messageId === undefined) return [];
  const how = [signed ? 'signed' : 'unsigned', encrypted ? 'encrypted' : 'unencrypted'].join(', ');
  const size = sizeBytes === undefined ? '' : `, ${sizeBytes} bytes`;
  const content = receipt?.micMatches === undefined ? '' : `, content ${fits(receipt.micMatches)}`;
  return [
    `${messageId} (${how}${size})`,
    ...(receipt
      ? [`receipt: ${receipt.disposition} (${receipt.signed ? 'signed' : 'unsigned'}${content})`]
      : []),
  ];
}

function fits(micMatches: boolean): string {
  return micMatches ? 'confirmed' : 'NOT confirmed';
}

function card({
  subject,
  issuer,
  selfSigned,
  keyKind,
  notAfter,
  fingerprintSha256,
}: CertificateCard): string {
  const by = selfSigned ? 'self-signed' : `issued by ${issuer}`;
  return `${subject} (${by}, ${keyKind}, until ${notAfter.slice(0, 10)}, SHA-256 ${fingerprintSha256})`;
}

/** What came of it in a sentence. Ends with a line break. */
export function formatOutcome({ ok, partner, steps }: ConnectionTest): string {
  const warnings = steps.flatMap((step) => step.warnings).length;
  const beside = warnings === 0 ? '' : `, with ${warnings === 1 ? 'a warning' : `${warnings} warnings`}`;
  if (!ok) {
    const failed = steps.find(({ state }) => state === 'failed');
    const where = failed?.url === undefined ? '' : ` of ${failed.url}`;
    return `The test of “${partner}” failed${failed ? ` at the step “${TITLES[failed.step]}”${where}` : ''}.\n`;
  }
  const sent = steps.some(({ step, state }) => step === 'message' && state === 'passed');
  return sent
    ? `The test of “${partner}” passed${beside}: messages arrive.\n`
    : `The test of “${partner}” passed${beside}. No message was sent.\n`;
}
