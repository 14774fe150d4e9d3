import type { CertificateCard } from '../../pki';
import type { StoredError } from '../stored-error';
import type { SendingSettings } from '../types';
import type { ReceiptReport } from '../types/receipts';

/** In the order in which they are gone through; from `dns` to `http` once for each URL of the partner. */
export const TEST_STEPS = ['settings', 'dns', 'tcp', 'tls', 'http', 'message'] as const;
export type TestStepName = (typeof TEST_STEPS)[number];

/** What each step found out; as far as it came, when it failed. */
export interface TestFacts {
  readonly settings: {
    /** Without user name and password. */
    readonly url?: string;
    /** Those that are tried when there is no connection to the first one. */
    readonly moreUrls?: readonly string[];
    readonly from?: string;
    readonly to?: string;
    readonly sign?: SendingSettings['sign'];
    readonly encrypt?: SendingSettings['encrypt'];
    readonly receipt?: SendingSettings['receipt'];
    readonly ownCertificate?: CertificateCard;
    readonly partnerCertificates?: readonly CertificateCard[];
  };
  readonly dns: {
    readonly host: string;
    /** Address of the proxy whose host that is. */
    readonly proxy?: string;
    readonly addresses?: readonly string[];
  };
  readonly tcp: { readonly port: number; readonly addresses?: readonly TriedAddress[] };
  readonly tls: {
    /** `TLSv1.3`. */
    readonly version?: string;
    readonly cipher?: string;
    /** Why the server is trusted: an authority of the system, a certificate of the settings, or a pin of them. */
    readonly trust?: 'system' | 'configured' | 'pin';
    /** Host names and addresses the server's certificate was made for. */
    readonly names?: readonly string[];
    /** As the server showed them, its own one first. */
    readonly certificates?: readonly CertificateCard[];
  };
  readonly http: {
    readonly method: 'GET';
    readonly status?: number;
    /** The Server header. */
    readonly server?: string;
    readonly contentType?: string;
  };
  readonly message: {
    readonly messageId?: string;
    readonly sizeBytes?: number;
    readonly signed?: boolean;
    readonly encrypted?: boolean;
    readonly httpStatus?: number;
    readonly receipt?: ReceiptReport;
  };
}

export interface TriedAddress {
  readonly address: string;
  readonly reached: boolean;
  readonly durationMs: number;
  /** Name of the system's error, such as ECONNREFUSED. */
  readonly reason?: string;
}

/** Why a step was not done: one before it failed, nobody asked for it, or the URL starts with http://. */
export type SkipReason = 'failed-before' | 'not-asked' | 'not-needed';

/** A step as plain JSON. */
export type ConnectionTestStep = { readonly [Step in TestStepName]: StepOf<Step> }[TestStepName];

export type StepOf<Step extends TestStepName> = {
  readonly step: Step;
  /** Where the partner has several URLs: the one that this is about, without user name and password. */
  readonly url?: string;
  readonly warnings: readonly StoredError[];
} & (
  | {
      readonly state: 'passed' | 'failed';
      /** ISO time. */
      readonly startedAt: string;
      readonly durationMs: number;
      readonly facts: TestFacts[Step];
      /** Of a step that failed: what happened, and what to do. */
      readonly error?: StoredError;
    }
  | { readonly state: 'skipped'; readonly skipped: SkipReason }
);

/** What became of a connection test; plain JSON, without secrets. */
export interface ConnectionTest {
  /** No step failed. */
  readonly ok: boolean;
  /** What our user calls the partner. */
  readonly partner: string;
  /** All of them, in order. */
  readonly steps: readonly ConnectionTestStep[];
}

/** What a step hands back; what it throws is the reason why it failed. */
export interface Findings<Step extends TestStepName> {
  readonly facts: TestFacts[Step];
  readonly warnings?: readonly StoredError[];
}
