import type { ShownCertificate } from './shown-certificate';

/** What the dialog shows of a connection test. The same is checked against the core where the server answers with it. */
export interface ShownTest {
  readonly ok: boolean;
  readonly steps: readonly ShownStep[];
  /** All of it as text, to be copied. */
  readonly text: string;
}

export type ShownStep = { readonly [Step in keyof ShownFacts]: StepOf<Step> }[keyof ShownFacts];

/** A step that was not skipped. */
export type DoneStep = Exclude<ShownStep, { readonly state: 'skipped' }>;

type StepOf<Step extends keyof ShownFacts> = {
  readonly step: Step;
  readonly url?: string;
  readonly warnings: readonly { readonly message: string }[];
} & (
  | {
      readonly state: 'passed' | 'failed';
      readonly durationMs: number;
      readonly facts: ShownFacts[Step];
      readonly error?: { readonly message: string };
    }
  | { readonly state: 'skipped'; readonly skipped: 'failed-before' | 'not-asked' | 'not-needed' }
);

interface ShownFacts {
  readonly settings: { readonly from?: string; readonly to?: string; readonly url?: string };
  readonly dns: { readonly proxy?: string; readonly addresses?: readonly string[] };
  readonly tcp: { readonly port: number };
  readonly tls: {
    readonly version?: string;
    readonly cipher?: string;
    readonly trust?: 'system' | 'configured' | 'pin';
    readonly names?: readonly string[];
    readonly certificates?: readonly Omit<ShownCertificate, 'pem'>[];
  };
  readonly http: { readonly status?: number; readonly server?: string };
  readonly message: {
    readonly messageId?: string;
    readonly receipt?: { readonly disposition: string; readonly micMatches?: boolean };
  };
}
