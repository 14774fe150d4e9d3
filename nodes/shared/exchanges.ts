import type { Node, NodeAPI } from 'node-red';
import type { Outbox } from '../../src/exchange';
import type { Spool } from '../../src/store';
import { abandoned, hasOutgoing } from './abandoned';
import { CLOSING_MS } from './closing-times';
import { core } from './core';
import { describe } from './describe';
import { leftSpools } from './left-spools';
import type { Partners } from './partners';
import { safely } from './safely';
import type { CheckedSettings } from './settings-file';
import { HeldMessages } from './sending/held-messages';

const LONGEST_DEPLOY_MS = 30_000;

/**
 * The spool and the outbox of one Node-RED, open as long as an as2 node needs them. They stay open over a deploy, so
 * that it ends no transfer; when the flows are stopped for good they are closed with care.
 */
export class Exchanges {
  readonly held = new HeldMessages();
  private readonly users = new Set<Node>();
  private openedSpool: Promise<Spool> | undefined;
  private openedOutbox: Promise<Outbox> | undefined;
  private closing: Promise<void> | undefined;
  private isDeploy = false;
  /** Open while flows run: what goes out in the middle of a deploy could meet nodes that are closed already. */
  private gate = newGate(true);

  constructor(
    private readonly RED: NodeAPI,
    private readonly settings: () => CheckedSettings,
    private readonly partners: Partners,
  ) {}

  /** From now on, until `release`. */
  use(node: Node): void {
    if (this.users.size === 0) {
      this.RED.events.removeListener('flows:stopping', this.onStopping);
      this.RED.events.removeListener('flows:started', this.onStarted);
      this.RED.events.on('flows:stopping', this.onStopping);
      this.RED.events.on('flows:started', this.onStarted);
    }
    this.users.add(node);
  }

  async release(node: Node): Promise<void> {
    this.users.delete(node);
    if (this.users.size === 0 && !this.isDeploy) await this.close();
  }

  /** Resolves when the nodes behind ours take messages. */
  async flowsRun(): Promise<void> {
    return this.gate.open;
  }

  /**
   * Opened when first needed; after a failure the next one asks again.
   * @throws As2Error when the spool or its journal cannot be used
   */
  async spool(): Promise<Spool> {
    await this.closing;
    const opening = (this.openedSpool ??= this.openSpool());
    try {
      return await opening;
    } catch (error) {
      if (this.openedSpool === opening) this.openedSpool = undefined;
      throw error;
    }
  }

  /** It sends what is left from before at once, so partners and identities should be there. @throws as `spool` */
  async outbox(): Promise<Outbox> {
    await this.closing;
    const opening = (this.openedOutbox ??= this.openOutbox());
    try {
      return await opening;
    } catch (error) {
      if (this.openedOutbox === opening) this.openedOutbox = undefined;
      throw error;
    }
  }

  private async openSpool(): Promise<Spool> {
    const { spool: settings } = this.settings();
    const spool = await core.store.openSpool({
      ...settings,
      onUnreadable: (error) => this.RED.log.error(`as2: ${describe(this.RED, error)}`),
    });
    // Where it cannot be written down, nothing depends on it.
    safely(() => this.tellLeftSpools(settings.directory), nobody);
    return spool;
  }

  private async tellLeftSpools(directory: string): Promise<void> {
    const { userDir } = this.RED.settings as { userDir?: string };
    if (userDir === undefined) return;
    for (const left of await leftSpools(userDir, directory)) {
      const text = this.RED._('node-red-contrib-as2/as2-in:as2-in.log.left-spool', { left, directory });
      this.RED.log.warn(`as2: ${text}`);
    }
  }

  private async openOutbox(): Promise<Outbox> {
    const spool = await this.spool();
    const told = new core.exchange.RareEvents(() => Date.now());
    return core.exchange.Outbox.open({
      spool,
      directory: this.partners.directory(),
      ...this.settings().outbox,
      onEvent: ({ type, error, partner, messageId }) => {
        // Everything else reaches the node that sent the message.
        if (!error || !TOLD_IN_THE_LOG.has(type)) return;
        // Anybody can send receipts for anything, as often as they like.
        const count = told.pass(JSON.stringify([type, error.code, partner, messageId]));
        if (count === undefined) return;
        this.RED.log.warn(`as2: ${describe(this.RED, error)}${count > 1 ? ` (×${count})` : ''}`);
      },
    });
  }

  private readonly onStopping = ({ diff }: { diff?: object }): void => {
    // What Node-RED finds out about a deploy; when it stops for good there is nothing to find out.
    this.isDeploy = diff !== undefined && 'globalConfigChanged' in diff;
    const gate = newGate(false);
    this.gate = gate;
    // Where types of nodes are missing the flows are never said to have started, and those that still run go on.
    if (this.isDeploy) setTimeout(gate.run, LONGEST_DEPLOY_MS).unref();
  };

  private readonly onStarted = (): void => {
    this.isDeploy = false;
    this.partners.forgetRemoved();
    this.gate.run();
    if (this.users.size === 0) safely(() => this.close(), this.report);
    // Whoever needs the spool says what is wrong with it.
    else safely(() => this.takeUp(), nobody);
  };

  /** What was left from before: also where no as2-out is there any more, what was taken is sent. */
  private async takeUp(): Promise<void> {
    const spool = await this.spool();
    for (const { node, what, count } of await abandoned(this.RED, spool)) {
      this.RED.log.warn(`as2: ${this.RED._(ABANDONED[what], { count, node })}`);
    }
    if (await hasOutgoing(spool)) await this.outbox();
  }

  private async close(): Promise<void> {
    this.RED.events.removeListener('flows:stopping', this.onStopping);
    this.RED.events.removeListener('flows:started', this.onStarted);
    const { openedOutbox, openedSpool } = this;
    this.openedOutbox = undefined;
    this.openedSpool = undefined;
    this.held.clear();
    this.closing = (async () => {
      const outbox = await openedOutbox?.catch(() => undefined);
      await outbox?.close(CLOSING_MS.sending);
      const spool = await openedSpool?.catch(() => undefined);
      await spool?.close();
    })().catch(this.report);
    await this.closing;
    this.gate = newGate(true);
  }

  private readonly report = (error: unknown): void => this.RED.log.error(`as2: ${String(error)}`);
}

const nobody = (): void => undefined;

const ABANDONED = {
  messages: 'node-red-contrib-as2/as2-in:as2-in.log.abandoned',
  receipts: 'node-red-contrib-as2/as2-in:as2-in.log.abandoned-receipts',
  sending: 'node-red-contrib-as2/as2-out:as2-out.log.abandoned',
} as const;

const TOLD_IN_THE_LOG: ReadonlySet<string> = new Set([
  'receipt-late',
  'receipt-refused',
  'receipt-unexpected',
]);

interface Gate {
  readonly open: Promise<void>;
  readonly run: () => void;
}

function newGate(isOpen: boolean): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (isOpen) resolve();
  return { open: promise, run: resolve };
}
