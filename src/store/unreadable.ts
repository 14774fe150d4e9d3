import { toAs2Error, type As2Error } from '../errors';
import type { Clock } from './clock';
import { advanced, type ExchangeRecord } from './exchange-record';
import type { Journal, JournalEntry } from './journal/journal';

/** The state of an exchange whose record cannot be read. Nothing is done with it until somebody has repaired it. */
const UNREADABLE = 'unreadable';

interface Parts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly onUnreadable: ((error: As2Error) => void) | undefined;
}

/**
 * Takes rows that cannot be read out of every queue, so that the others go on: once and for good, which is written into
 * the journal and said. What is left of the row stays as it is.
 */
export class UnreadableRows {
  /** Those of this process: what was asked of the journal meanwhile may still show them in their old state. */
  private readonly aside = new Map<string, Promise<void>>();

  constructor(private readonly parts: Parts) {}

  /** @throws As2Error storage failures: it is then met again */
  async setAside({ record, steps }: JournalEntry, reason: unknown): Promise<void> {
    if (record.state === UNREADABLE) return;
    const { id } = record;
    let aside = this.aside.get(id);
    if (!aside) {
      aside = this.write(record, steps, toAs2Error(reason));
      this.aside.set(id, aside);
      aside.catch(() => this.aside.delete(id));
    }
    await aside;
  }

  /** What a list shows of it. */
  shown<Facts extends object>({ record }: JournalEntry, reason: unknown): ExchangeRecord<Facts> {
    const { code, message } = toAs2Error(reason);
    const facts = { error: { code, message } };
    const { updatedAt } = record;
    const step = { dueAt: null, unreported: false };
    return advanced({ ...record, facts }, UNREADABLE, {}, step, updatedAt) as ExchangeRecord<Facts>;
  }

  private async write(record: JournalEntry['record'], steps: number, error: As2Error): Promise<void> {
    const { journal, clock, onUnreadable } = this.parts;
    const now = clock.now();
    const { code, message } = error;
    await journal.step(record.id, {
      change: { state: UNREADABLE, updated_at: now, due_at: null, unreported: 0 },
      entry: { state: UNREADABLE, at: now, detail: { error: { code, message } } },
      steps,
      key: record.key,
      files: [],
    });
    try {
      onUnreadable?.(error);
    } catch {
      // Whoever is told must not change the course of things (law 8).
    }
  }
}
