import type { NodeAPI } from 'node-red';
import type { As2ErrorCode } from '../../../src/errors';
import { clock, type StatusLine } from '../status';

/** What one message on its way is doing. */
export type OnItsWay =
  | { readonly doing: 'queued' }
  | { readonly doing: 'sending'; readonly percent?: number }
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

  constructor(
    private readonly RED: NodeAPI,
    private readonly line: StatusLine,
  ) {}

  set(id: string, state: OnItsWay): void {
    this.messages.set(id, state);
    this.show();
  }

  /** The message that was known by one name has another one now. */
  rename(from: string, to: string): void {
    const state = this.messages.get(from);
    this.messages.delete(from);
    if (state && !this.messages.has(to)) this.messages.set(to, state);
  }

  has(id: string): boolean {
    return this.messages.has(id);
  }

  /** @param last what to show when nothing else is on its way */
  remove(id: string, last: () => void): void {
    this.messages.delete(id);
    if (this.messages.size === 0) last();
    else this.show();
  }

  private show(): void {
    const all = [...this.messages.values()];
    const [only] = all;
    if (!only) return;
    const retrying = all.some(({ doing }) => doing === 'retrying');
    if (all.length > 1) {
      return this.write(retrying, all.some(isSending), 'several', { count: all.length });
    }
    switch (only.doing) {
      case 'queued':
        return this.write(false, false, 'queued');
      case 'sending': {
        const { percent } = only;
        return percent === undefined
          ? this.write(false, true, 'sending')
          : this.write(false, true, 'sending-percent', { percent });
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

const isSending = ({ doing }: OnItsWay): boolean => doing === 'sending';

/** `http-host-unknown` is `host unknown`. */
function inWords(code: string): string {
  return code.replace(/^http-/, '').replaceAll('-', ' ');
}
