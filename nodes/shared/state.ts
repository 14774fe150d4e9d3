import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import type { PendingReceipts } from '../../src/exchange';
import type { Spool, SpoolSettings } from '../../src/store';
import { core } from './core';
import { Dispatcher } from './dispatcher';
import { Partners } from './partners';
import { positive, text } from './settings';

/** The part `as2` of settings.js, as somebody wrote it. */
interface As2Settings {
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

  /** Checked. @throws As2Error `setting-invalid`: a limit that is no number would be none */
  get settings(): { readonly spool: SpoolSettings; readonly maxMessageBytes: number } {
    const { as2 = {}, userDir = process.cwd() } = this.RED.settings as {
      as2?: As2Settings;
      userDir?: string;
    };
    const { spoolThreshold, retentionDays } = as2;
    const inFile = (name: keyof As2Settings): string => `as2.${name} in settings.js`;
    return {
      spool: {
        directory: text(as2.spoolDirectory, inFile('spoolDirectory')) || join(userDir, 'as2', 'spool'),
        ...(spoolThreshold === undefined
          ? {}
          : { thresholdBytes: positive(spoolThreshold, inFile('spoolThreshold'), 1) }),
        ...(retentionDays === undefined
          ? {}
          : { retentionMs: DAY_MS * positive(retentionDays, inFile('retentionDays'), 1) }),
      },
      maxMessageBytes: positive(as2.maxMessageSize, inFile('maxMessageSize'), Infinity),
    };
  }

  /** The spool, opened when first needed; after a failure the next one asks again. */
  async spool(): Promise<Spool> {
    this.openedSpool ??= core.store.openSpool(this.settings.spool);
    try {
      return await this.openedSpool;
    } catch (error) {
      this.openedSpool = undefined;
      throw error;
    }
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
