import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What a station notes about its messages, outside of everything that is tested. */
export type LedgerEntry =
  /** A life of the process begins. */
  | { readonly kind: 'started' }
  /** Before the message is given to the outbox. */
  | {
      readonly kind: 'intended';
      readonly id: string;
      readonly sha256: string;
      readonly sizeBytes: number;
      readonly delivery: 'sync' | 'async';
    }
  /** The outbox has taken it: from now on it must not be forgotten. */
  | { readonly kind: 'submitted'; readonly id: string }
  /** The outbox has not taken it. */
  | { readonly kind: 'refused'; readonly id: string; readonly code: string }
  /** The sender was told what became of it. */
  | {
      readonly kind: 'outcome';
      readonly id: string;
      readonly ok: boolean;
      readonly code?: string;
      readonly redelivered: boolean;
    }
  /** The receiver got it. */
  | {
      readonly kind: 'delivered';
      readonly id: string;
      readonly sha256: string;
      readonly redelivered: boolean;
    };

export type Noted = LedgerEntry & { readonly at: string };

/** A file of lines that only grows. What is noted is on the disk before the next step. */
export class Ledger {
  constructor(private readonly path: string) {
    // A line that the last life left without its end is closed, so that it spoils no other.
    if (existsSync(path) && !readFileSync(path).toString().endsWith('\n')) appendFileSync(path, '\n');
    this.note({ kind: 'started' });
  }

  note(entry: LedgerEntry): void {
    const noted: Noted = { ...entry, at: new Date().toISOString() };
    appendFileSync(this.path, `${JSON.stringify(noted)}\n`, { flush: true });
  }
}

export function readLedger(path: string): Noted[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Noted];
      } catch {
        // Empty, or torn by a kill: then the step it was to note has not been made either.
        return [];
      }
    });
}
