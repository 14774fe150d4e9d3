import type { HeldMessage } from './held-message';

/** The messages of all as2-out nodes that are on their way. They outlive the node that took them. */
export class HeldMessages {
  private readonly byToken = new Map<string, HeldMessage>();
  private readonly tokens = new Map<string, string>();

  hold(token: string, message: HeldMessage): void {
    this.byToken.set(token, message);
  }

  /** The exchange that a message has become. */
  name(token: string, exchangeId: string): void {
    if (this.byToken.has(token)) this.tokens.set(exchangeId, token);
  }

  /** How many there are. */
  get count(): number {
    return this.byToken.size;
  }

  get(token: string): HeldMessage | undefined {
    return this.byToken.get(token);
  }

  of(exchangeId: string): HeldMessage | undefined {
    const token = this.tokens.get(exchangeId);
    return token === undefined ? undefined : this.byToken.get(token);
  }

  take(token: string, exchangeId?: string): HeldMessage | undefined {
    const message = this.byToken.get(token);
    this.byToken.delete(token);
    if (exchangeId !== undefined) this.tokens.delete(exchangeId);
    return message;
  }

  /** The node is gone for good; should it come back, its messages are in the journal. */
  drop(owner: string): void {
    for (const [exchangeId, token] of this.tokens) {
      if (this.byToken.get(token)?.owner === owner) this.tokens.delete(exchangeId);
    }
    for (const [token, message] of this.byToken) {
      if (message.owner === owner) this.byToken.delete(token);
    }
  }

  clear(): void {
    this.byToken.clear();
    this.tokens.clear();
  }
}
