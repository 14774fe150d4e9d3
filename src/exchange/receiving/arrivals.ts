import type { IncomingMessage } from 'node:http';

/** A message whose bytes are coming. */
export interface Coming {
  readonly partner: string;
  /** Another one got its place. */
  readonly wasEnded: boolean;
}

interface Tracked {
  readonly request: IncomingMessage;
  readonly partner: string;
  readonly leave: () => void;
  readonly since: number;
  /** Of the connection, when the head was read. */
  readonly before: number;
  wasEnded: boolean;
}

/** A message that came slower than this, for so long, gives its place away when somebody waits for it. */
const SLOW = { ms: 5_000, bytesPerSecond: 2_048 } as const;

/**
 * The messages that are coming in. Their number is limited, and one byte a second is enough to be one of them, in the
 * name of anybody: so the slowest one goes when there is no place for another (SEC-11).
 */
export class Arrivals {
  private readonly coming = new Set<Tracked>();

  constructor(private readonly now: () => number) {}

  /** @param leave gives its place back */
  begin(request: IncomingMessage, partner: string, leave: () => void): Coming {
    const { bytesRead: before } = request.socket;
    const tracked = { request, partner, leave, since: this.now(), before, wasEnded: false };
    this.coming.add(tracked);
    return tracked;
  }

  /** All bytes are there, or will not come. */
  end(coming: Coming): void {
    this.coming.delete(coming as Tracked);
  }

  /**
   * Ends the slowest one, if there is a slow one.
   * @param partner only of this one
   * @returns whether there is a place now
   */
  makeRoom(partner: string | undefined): boolean {
    let slowest: { readonly tracked: Tracked; readonly rate: number } | undefined;
    for (const tracked of this.coming) {
      if (partner !== undefined && tracked.partner !== partner) continue;
      const rate = this.rateOf(tracked);
      if (rate < (slowest?.rate ?? SLOW.bytesPerSecond)) slowest = { tracked, rate };
    }
    if (!slowest) return false;
    const { tracked } = slowest;
    tracked.wasEnded = true;
    this.coming.delete(tracked);
    tracked.leave();
    tracked.request.destroy();
    return true;
  }

  destroyAll(): void {
    for (const { request } of this.coming) request.destroy();
  }

  /** Bytes a second; of one that has hardly begun nothing can be said yet. */
  private rateOf({ request, since, before }: Tracked): number {
    const ms = this.now() - since;
    return ms < SLOW.ms ? Infinity : ((request.socket.bytesRead - before) / ms) * 1000;
  }
}
