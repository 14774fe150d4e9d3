/** Who sent what to whom: the key under which a repeated message is found again (REL-05). */
export interface ExchangeKey {
  readonly from: string;
  readonly to: string;
  /** Without brackets, so that a sender who forgets them in a repeat is recognised. */
  readonly messageId: string;
}

export type Direction = 'in' | 'out';

/**
 * One exchange as the journal knows it. What `Facts` holds is the business of the room above; here it is JSON. All
 * times are milliseconds since 1970.
 */
export interface ExchangeRecord<Facts extends object = object> {
  readonly id: string;
  readonly direction: Direction;
  readonly key: ExchangeKey;
  /** Whether it holds its key: at most one exchange of a direction does. */
  readonly claimed: boolean;
  readonly state: string;
  /** The node it belongs to. */
  readonly owner?: string;
  /** When something has to be done next; absent: nothing. */
  readonly dueAt?: number;
  readonly attempts: number;
  /** The owner has not been told the outcome. */
  readonly unreported: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly facts: Facts;
}

/** What changes with a step besides state and facts. What is not named stays as it is. */
export interface Step {
  /** null: nothing has to be done any more. */
  readonly dueAt?: number | null;
  readonly attempts?: number;
  readonly owner?: string;
  readonly unreported?: boolean;
  /** Goes into the history beside state and time; JSON. */
  readonly detail?: object;
}

/** One line of an exchange's history. */
export interface HistoryEntry {
  readonly state: string;
  readonly at: number;
  readonly detail?: object;
}

/** The record one step further. */
export function advanced<Facts extends object>(
  record: ExchangeRecord<Facts>,
  state: string,
  facts: Partial<Facts>,
  step: Step,
  now: number,
): ExchangeRecord<Facts> {
  const { dueAt, attempts, owner, unreported } = step;
  const { dueAt: dueBefore, ...rest } = record;
  const due = dueAt === undefined ? dueBefore : (dueAt ?? undefined);
  return {
    ...rest,
    state,
    ...(due === undefined ? {} : { dueAt: due }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(owner === undefined ? {} : { owner }),
    ...(unreported === undefined ? {} : { unreported }),
    updatedAt: now,
    facts: { ...record.facts, ...facts },
  };
}
