import type { NodeAPI } from 'node-red';
import type { As2ErrorCode } from '../../../src/errors';
import { clock, type StatusLine } from '../status';

/** What one message on its way is doing. */
export type OnItsWay =
  | { readonly doing: 'queued' }
  | { readonly doing: 'sending'; readonly percent?: number; readonly resumed?: boolean }
  | { readonly doing: 'awaiting-receipt' }
  | {
      readonly doing: 'retrying';
      /** The next one, from 2. */
      readonly attempt: number;
      readonly attempts?: number;
      readonly at?: Date;
      readonly code?: As2ErrorCode;
    };

/** The line under an as2-out node: what its message does, or how many wait. */
export class SendingStatus {
  private readonly messages = new Map<string, OnItsWay>();
  /** How many of them do what; thousands may wait, and each of them changes often. */
  private readonly counts = new Map<OnItsWay['doing'], number>();

  constructor(
    private readonly RED: NodeAPI,
    private readonly line: StatusLine,
  ) {}

  set(id: string, state: OnItsWay): void {
    this.put(id, state);
    this.show();
  }

  /** The message that was known by one name has another one now. */
  rename(from: string, to: string): void {
    const state = this.messages.get(from);
    this.put(from, undefined);
    if (state && !this.messages.has(to)) this.put(to, state);
  }

  has(id: string): boolean {
    return this.messages.has(id);
  }

  /** @param last what to show when nothing else is on its way */
  remove(id: string, last: () => void): void {
    this.put(id, undefined);
    if (this.messages.size === 0) last();
    else this.show();
  }

  private put(id: string, state: OnItsWay | undefined): void {
    const before = this.messages.get(id);
    if (before) this.counts.set(before.doing, this.countOf(before.doing) - 1);
    if (state) this.counts.set(state.doing, this.countOf(state.doing) + 1);
    if (state) this.messages.set(id, state);
    else this.messages.delete(id);
  }

  private countOf(doing: OnItsWay['doing']): number {
    return this.counts.get(doing) ?? 0;
  }

  private show(): void {
    const count = this.messages.size;
    const [only] = this.messages.values();
    if (!only) return;
    if (count > 1) {
      return this.write(this.countOf('retrying') > 0, this.countOf('sending') > 0, 'several', { count });
    }
    switch (only.doing) {
      case 'queued':
        return this.write(false, false, 'queued');
      case 'sending': {
        const { percent, resumed } = only;
        return percent === undefined
          ? this.write(false, true, 'sending')
          : this.write(false, true, resumed ? 'sending-resumed' : 'sending-percent', { percent });
      }
      case 'awaiting-receipt':
        return this.write(false, false, 'awaiting-receipt');
      case 'retrying': {
        const { attempt, attempts = '?', at, code } = only;
        const values = { attempt, attempts, time: at ? clock(at) : '?', reason: code ? inWords(code) : '?' };
        return this.write(true, false, 'retrying', values);
      }
    }
  }

  private write(
    retrying: boolean,
    sending: boolean,
    key: string,
    values: Record<string, string | number> = {},
  ): void {
    this.line.show(retrying ? 'yellow' : 'blue', sending ? 'dot' : 'ring', () =>
      this.RED._(`as2-out.status.${key}`, values),
    );
  }
}

/** `http-host-unknown` is `host unknown`. */
function inWords(code: string): string {
  return code.replace(/^http-/, '').replaceAll('-', ' ');
}
