import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import type { PendingReceipts } from '../../src/exchange';
import type { Spool } from '../../src/store';
import { core } from './core';
import { Dispatcher } from './dispatcher';
import { Partners } from './partners';

/** The part `as2` of settings.js. */
export interface As2Settings {
  /** Where messages are kept; default `as2/spool` in the user directory. */
  readonly spoolDirectory?: string;
  /** Bytes up to which a message is worked on in memory. */
  readonly spoolThreshold?: number;
  /** Days after which a kept message is removed. */
  readonly retentionDays?: number;
  /** Largest message taken, in bytes; default what the as2-in node says. */
  readonly maxMessageSize?: number;
}

const DAY_MS = 86_400_000;

/** What the nodes of one Node-RED share. */
export class State {
  readonly partners = new Partners();
  /** Of the as2-in nodes that leave the receipt to the flow. */
  readonly pendingReceipts = new Set<PendingReceipts>();
  readonly dispatcher: Dispatcher;
  private openedSpool: Promise<Spool> | undefined;

  constructor(private readonly RED: NodeAPI) {
    this.dispatcher = new Dispatcher(RED);
  }

  get settings(): As2Settings {
    return (this.RED.settings as { as2?: As2Settings }).as2 ?? {};
  }

  /** The spool, opened when first needed; after a failure the next one asks again. */
  async spool(): Promise<Spool> {
    this.openedSpool ??= this.openSpool();
    try {
      return await this.openedSpool;
    } catch (error) {
      this.openedSpool = undefined;
      throw error;
    }
  }

  private openSpool(): Promise<Spool> {
    const { spoolDirectory, spoolThreshold, retentionDays } = this.settings;
    return core.store.openSpool({
      directory: spoolDirectory ?? join(this.RED.settings.userDir ?? process.cwd(), 'as2', 'spool'),
      ...(spoolThreshold === undefined ? {} : { thresholdBytes: spoolThreshold }),
      ...(retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS }),
    });
  }
}

const states = new WeakMap<object, State>();

/** Every node file is given a `RED` of its own; the HTTP application behind it is the same for all of them. */
export function stateOf(RED: NodeAPI): State {
  const key = RED.httpNode ?? RED.events;
  let state = states.get(key);
  if (!state) states.set(key, (state = new State(RED)));
  return state;
}
