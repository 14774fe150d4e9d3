import { join } from 'node:path';
import type { OutboxOptions } from '../../src/exchange';
import type { PartialLimits, SpoolSettings } from '../../src/store';
import { As2Error } from '../../src/errors';
import type { TrustedProxies } from './endpoint-table';
import { readRanges } from './inbound';
import { flag, positive, text, wholeNumber } from './settings';

/** The part `as2` of settings.js, as somebody wrote it. */
export interface As2Settings {
  /** Where messages are kept; default `as2/spool` in the user directory. */
  readonly spoolDirectory?: string;
  /** Bytes up to which a message is worked on in memory. */
  readonly spoolThreshold?: number;
  /** Days after which a kept message is removed. */
  readonly retentionDays?: number;
  /** Largest message taken, in bytes; default what the as2-in node says. */
  readonly maxMessageSize?: number;
  /** Minutes between attempts to deliver a message or a receipt; the last one repeats. */
  readonly retryPauses?: readonly number[];
  /** Messages on their way to all partners at one time. */
  readonly parallel?: number;
  /** Messages being taken from all partners at one time, by each as2-in node. */
  readonly receiveParallel?: number;
  /** The same for each partner. */
  readonly receiveParallelPerPartner?: number;
  /** Refused messages that are kept, and their bytes. */
  readonly refusedMessages?: number;
  readonly refusedSize?: number;
  /** Hours for which messages that broke off are kept, and their bytes, in all and from each partner. */
  readonly partialHours?: number;
  readonly partialSize?: number;
  readonly partialSizePerPartner?: number;
  /** Addresses of reverse proxies in front of Node-RED's own server. */
  readonly trustedProxies?: readonly string[];
  /** Header field in which they put the TLS certificate of a sender. */
  readonly clientCertificateHeader?: string;
  /** Whether what was sent is kept beside the finished request. */
  readonly keepSentPayload?: boolean;
}

export interface CheckedSettings {
  readonly spool: SpoolSettings;
  readonly outbox: Pick<OutboxOptions, 'parallel' | 'pausesMs' | 'keepPayload'>;
  readonly receiving: {
    readonly parallel?: number;
    readonly parallelPerPartner?: number;
    readonly receiptPausesMs?: readonly number[];
  };
  readonly maxMessageBytes: number;
  /** In front of Node-RED's own server. */
  readonly trustedProxies?: TrustedProxies;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** The core waits no longer, in minutes. */
const LONGEST_PAUSE = 6 * 24 * 60;
const MOST_PARALLEL = 10_000;

/** @throws As2Error `setting-invalid`: a limit that is no number would be none */
export function readSettingsFile(as2: As2Settings, userDirectory: string): CheckedSettings {
  const inFile = (name: keyof As2Settings): string => `as2.${name} in settings.js`;
  const number = (name: keyof As2Settings, most?: number): number | undefined =>
    as2[name] === undefined ? undefined : positive(as2[name], inFile(name), 1, most);
  const whole = (name: keyof As2Settings): number | undefined =>
    as2[name] === undefined ? undefined : wholeNumber(as2[name], inFile(name), 1, MOST_PARALLEL);
  const days = number('retentionDays');
  const hours = number('partialHours');
  const pausesMs = readPauses(as2.retryPauses, inFile('retryPauses'));
  return {
    spool: present({
      directory: text(as2.spoolDirectory, inFile('spoolDirectory')) || join(userDirectory, 'as2', 'spool'),
      thresholdBytes: number('spoolThreshold'),
      retentionMs: days === undefined ? undefined : days * DAY_MS,
      refusedCount: number('refusedMessages'),
      refusedBytes: number('refusedSize'),
      partials: partialLimits({
        maxAgeMs: hours === undefined ? undefined : hours * HOUR_MS,
        maxBytes: number('partialSize'),
        maxBytesEach: number('partialSizePerPartner'),
      }),
    }),
    outbox: present({
      parallel: whole('parallel'),
      pausesMs,
      keepPayload: flag(as2.keepSentPayload, inFile('keepSentPayload'), true),
    }),
    receiving: present({
      parallel: whole('receiveParallel'),
      parallelPerPartner: whole('receiveParallelPerPartner'),
      receiptPausesMs: pausesMs,
    }),
    maxMessageBytes: number('maxMessageSize') ?? Infinity,
    ...readProxies(as2, inFile),
  };
}

/** @throws As2Error `setting-invalid`, `address-range-invalid` */
function readProxies(
  { trustedProxies: given, clientCertificateHeader }: As2Settings,
  inFile: (name: keyof As2Settings) => string,
): Pick<CheckedSettings, 'trustedProxies'> {
  if (given === undefined) return {};
  if (!Array.isArray(given)) {
    throw new As2Error('setting-invalid', {
      setting: inFile('trustedProxies'),
      value: JSON.stringify(given),
      expected: "a list of addresses, such as ['127.0.0.1', '::1']",
    });
  }
  const certificateHeader = text(clientCertificateHeader, inFile('clientCertificateHeader'));
  const addresses = given.flatMap((address) => readRanges(String(address)));
  return { trustedProxies: { addresses, ...(certificateHeader === '' ? {} : { certificateHeader }) } };
}

function readPauses(value: unknown, setting: string): number[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length > 0) {
    return value.map((minutes) => MINUTE_MS * positive(minutes, setting, 1, LONGEST_PAUSE));
  }
  throw new As2Error('setting-invalid', {
    setting,
    value: JSON.stringify(value),
    expected: 'a list of minutes, such as [1, 5, 30]',
  });
}

function partialLimits(limits: {
  readonly [K in keyof PartialLimits]: number | undefined;
}): Partial<PartialLimits> | undefined {
  const given = present(limits);
  return Object.keys(given).length === 0 ? undefined : given;
}

/** Without what was not set, so that the core's own defaults count. */
function present<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]: Exclude<T[K], undefined> };
}
