import assert from 'node:assert/strict';
import type { LedgerEntry, Noted } from './ledger';
import { judge } from './verdict';

const intended = (id: string): LedgerEntry => ({
  kind: 'intended',
  id,
  sha256: 'aa',
  sizeBytes: 1,
  delivery: 'sync',
});
const outcome = (id: string, redelivered = false, ok = true): LedgerEntry => ({
  kind: 'outcome',
  id,
  ok,
  redelivered,
  ...(ok ? {} : { code: 'host-unreachable' }),
});
const delivered = (id: string, redelivered = false, sha256 = 'aa'): LedgerEntry => ({
  kind: 'delivered',
  id,
  sha256,
  redelivered,
});

/** The findings for these ledgers, in words. */
function found(sender: LedgerEntry[], receiver: LedgerEntry[]): { lost: string[]; duplicated: string[] } {
  const { lost, duplicated } = judge(sender.map(noted), receiver.map(noted));
  const words = ({ id, what }: { id: string; what: string }): string => `${id} ${what}`;
  return { lost: lost.map(words), duplicated: duplicated.map(words) };
}

function noted(entry: LedgerEntry, index: number): Noted {
  return { ...entry, at: new Date(index * 1000).toISOString() };
}

describe('crash test: its own verdict', () => {
  it('accepts what was delivered once, what was delivered again with a mark, and what was not taken', () => {
    assert.deepEqual(
      found(
        [intended('a'), { kind: 'submitted', id: 'a' }, outcome('a'), outcome('a', true), intended('b')],
        [delivered('a'), delivered('a', true)],
      ),
      { lost: [], duplicated: [] },
    );
  });

  it('sees a message that is forgotten after the outbox took it, or after it was delivered', () => {
    assert.deepEqual(found([intended('a'), { kind: 'submitted', id: 'a' }], []).lost, ['a has no outcome']);
    assert.deepEqual(found([intended('a')], [delivered('a')]).lost, ['a has no outcome']);
  });

  it('sees a message that is forgotten long before a life ends', () => {
    const later = Array.from({ length: 12 }, (_, index) => `later ${index}`);
    const sender = [
      intended('a'),
      ...later.flatMap((id) => [intended(id), outcome(id)]),
      { kind: 'started' } as const,
    ];
    assert.deepEqual(
      found(
        sender,
        later.map((id) => delivered(id)),
      ).lost,
      ['a has no outcome'],
    );
  });

  it('accepts a life that ended before its outbox had taken anything', () => {
    const life = (name: string) => Array.from({ length: 20 }, (_, index) => `${name} ${index}`);
    const started = { kind: 'started' } as const;
    const [first, second] = [life('first'), life('second')];
    assert.deepEqual(found([started, ...first.map(intended), started, ...second.map(intended)], []).lost, []);
    const { lost } = found([started, ...first.map(intended), outcome('first 5')], [delivered('first 5')]);
    assert.equal(lost.length, 20 - 12 - 1, 'but not one that had taken some');
  });

  it('sees a positive receipt without a delivery, a failure, another content, and what nobody sent', () => {
    assert.deepEqual(
      found(
        [intended('a'), outcome('a'), intended('b'), outcome('b', false, false), intended('c'), outcome('c')],
        [delivered('c', false, 'bb'), delivered('d')],
      ).lost,
      [
        'a has a positive receipt and was not delivered',
        'b failed: host-unreachable',
        'c arrived with another content',
        'd was delivered, and never intended',
      ],
    );
  });

  it('sees a second delivery and a second outcome that do not say so', () => {
    assert.deepEqual(
      found([intended('a'), outcome('a'), outcome('a')], [delivered('a'), delivered('a')]).duplicated,
      ['a was delivered again', 'a had its outcome again'],
    );
  });
});
