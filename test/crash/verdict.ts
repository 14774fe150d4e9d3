import type { Noted } from './ledger';

/** What is wrong with one message. */
export interface Finding {
  readonly id: string;
  readonly what: string;
  /** Everything the ledgers say about it. */
  readonly trace: readonly Noted[];
}

export interface Verdict {
  readonly messages: number;
  /** Deliveries and outcomes that were given again and said so. */
  readonly marked: number;
  /** Noted, but the process died before the outbox had taken them; the flow knows that from its own notes. */
  readonly notTaken: number;
  readonly lost: readonly Finding[];
  readonly duplicated: readonly Finding[];
}

type Kind = Noted['kind'];
type Of<K extends Kind> = Extract<Noted, { readonly kind: K }>;

/** So many of the last messages of a life may be on their way into the outbox when it ends. */
const LAST_OF_A_LIFE = 12;

/** Compares what was intended by one station with what became of it there and what the other one got. */
export function judge(sender: readonly Noted[], receiver: readonly Noted[]): Verdict {
  const lost: Finding[] = [];
  const duplicated: Finding[] = [];
  const sent = byId(sender.filter(({ kind }) => kind !== 'delivered'));
  const got = byId(receiver.filter(({ kind }) => kind === 'delivered'));
  const isTaken = (id: string): boolean =>
    got.has(id) || (sent.get(id) ?? []).some(({ kind }) => kind !== 'intended');
  const last = lastOfEachLife(sender, isTaken);
  let marked = 0;
  let notTaken = 0;
  for (const [id, notes] of sent) {
    const deliveries = only(got.get(id) ?? [], 'delivered');
    const outcomes = only(notes, 'outcome');
    const finding = (what: string): Finding => ({ id, what, trace: [...notes, ...deliveries].sort(byTime) });
    const [intended] = only(notes, 'intended');
    const refused = only(notes, 'refused').length > 0;
    const taken = deliveries.length > 0 || only(notes, 'submitted').length > 0 || !last.has(id);

    if (!intended) lost.push(finding('was never intended'));
    if (refused && deliveries.length > 0) lost.push(finding('was refused by the outbox, and sent'));
    if (outcomes.length === 0 && taken && !refused) lost.push(finding('has no outcome'));
    if (outcomes.length === 0 && !taken) notTaken += 1;
    for (const { ok, code } of outcomes) if (!ok) lost.push(finding(`failed: ${code}`));
    if (outcomes.some(({ ok }) => ok) && deliveries.length === 0)
      lost.push(finding('has a positive receipt and was not delivered'));
    if (deliveries.some((delivery) => delivery.sha256 !== intended?.sha256))
      lost.push(finding('arrived with another content'));
    for (const notes of [deliveries, outcomes]) {
      for (const [index, { kind, redelivered }] of notes.entries()) {
        if (redelivered) marked += 1;
        else if (index > 0)
          duplicated.push(finding(`${kind === 'outcome' ? 'had its outcome' : 'was delivered'} again`));
      }
    }
  }
  for (const [id, trace] of got) {
    if (!sent.has(id)) lost.push({ id, what: 'was delivered, and never intended', trace });
  }
  return { messages: sent.size, marked, notTaken, lost, duplicated };
}

/**
 * The ids of those messages that may have been noted without having reached the outbox: the last ones of a life; all of
 * them, when it ended before the outbox had taken anything, because its journal was not open yet.
 */
function lastOfEachLife(notes: readonly Noted[], isTaken: (id: string) => boolean): Set<string> {
  const last = new Set<string>();
  let life: string[] = [];
  const end = (): void => {
    for (const id of life.some(isTaken) ? life.slice(-LAST_OF_A_LIFE) : life) last.add(id);
    life = [];
  };
  for (const note of notes) {
    if (note.kind === 'started') end();
    if (note.kind === 'intended') life.push(note.id);
  }
  end();
  return last;
}

function byId(notes: readonly Noted[]): Map<string, Noted[]> {
  const grouped = new Map<string, Noted[]>();
  for (const note of notes) {
    if (note.kind === 'started') continue;
    const group = grouped.get(note.id);
    if (group) group.push(note);
    else grouped.set(note.id, [note]);
  }
  return grouped;
}

function only<K extends Kind>(notes: readonly Noted[], kind: K): Of<K>[] {
  return notes.filter((note): note is Of<K> => note.kind === kind);
}

function byTime(a: Noted, b: Noted): number {
  return a.at.localeCompare(b.at);
}
