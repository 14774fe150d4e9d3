import { join } from 'node:path';
import {
  createReceiver,
  type ExchangeEvent,
  type ExchangeEventType,
  type ReceivedMessage,
  type ReceiveOptions,
  type Receiver,
  type Relationship,
  stationDirectory,
} from '../../src/exchange';
import { openSpool, type Spool } from '../../src/store';
import { withTempDirectory } from '../support/temp';
import { withHttpServer } from './servers';

/** Our own receiving end, on a port and with a spool of its own. */
export interface Station {
  readonly url: string;
  readonly spool: Spool;
  readonly receiver: Receiver;
  /** What the flow got. */
  readonly messages: ReceivedMessage[];
  readonly events: ExchangeEvent[];
  /** Waits for the next event of that type, also one that is there already; each is given once. */
  event(type: ExchangeEventType): Promise<ExchangeEvent>;
}

export interface StationOptions extends Partial<Omit<ReceiveOptions, 'spool' | 'onEvent'>> {
  readonly relationships?: readonly Relationship[];
  readonly thresholdBytes?: number;
}

export type OpenStation = Omit<Station, 'url'> & {
  /** Without waiting for what is in work. */
  close(): Promise<void>;
};

/** Without a port. Accepts every message, unless `handOver` says otherwise. */
export async function openStation(directory: string, options: StationOptions): Promise<OpenStation> {
  const { relationships = [], thresholdBytes = 64 * 1024, handOver, ...rest } = options;
  const { clock } = rest;
  const spool = await openSpool({ directory, thresholdBytes, ...(clock ? { clock } : {}) });
  const log = new EventLog();
  const messages: ReceivedMessage[] = [];
  const receiver = createReceiver({
    directory: stationDirectory(relationships),
    spool,
    ...rest,
    onEvent: (event) => log.add(event),
    handOver: (message) => {
      messages.push(message);
      return handOver ? handOver(message) : { accept: true };
    },
  });
  return {
    spool,
    receiver,
    messages,
    events: log.events,
    event: (type) => log.next(type),
    async close() {
      await receiver.close(0);
      await spool.close();
    },
  };
}

export async function withStation<T>(
  options: StationOptions,
  work: (station: Station) => Promise<T>,
): Promise<T> {
  return withTempDirectory(async (temp) => {
    const station = await openStation(join(temp, 'spool'), options);
    try {
      return await withHttpServer(
        (request, response) => station.receiver.handle(request, response),
        (url) => work({ ...station, url: `${url}/as2` }),
      );
    } finally {
      await station.close();
    }
  });
}

const PATIENCE_MS = 40_000;

/** Events in the order in which they happen, to be waited for. */
export class EventLog {
  readonly events: ExchangeEvent[] = [];
  private readonly unseen: ExchangeEvent[] = [];
  private wake: () => void = () => undefined;

  readonly add = (event: ExchangeEvent): void => {
    this.events.push(event);
    this.unseen.push(event);
    this.wake();
  };

  async next(type: ExchangeEventType): Promise<ExchangeEvent> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.unseen.findIndex((event) => event.type === type);
      const [found] = at < 0 ? [] : this.unseen.splice(at, 1);
      if (found) return found;
      if (Date.now() > end) {
        throw new Error(`no event ${type}; there were: ${this.events.map((event) => event.type).join(', ')}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
