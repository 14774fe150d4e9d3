import { join } from 'node:path';
import { bufferSource } from '../../src/bytes';
import {
  type ExchangeEvent,
  type Relationship,
  sendMessage,
  type SendOptions,
  type SendOutcome,
} from '../../src/exchange';
import { openSpool, type Spool } from '../../src/store';
import { withTempDirectory } from '../support/temp';

/** Our own sending end, with a spool of its own. */
export interface Sender {
  readonly spool: Spool;
  readonly events: ExchangeEvent[];
  send(relationship: Relationship, changes?: Partial<SendOptions>): Promise<SendOutcome>;
}

export async function withSender<T>(work: (sender: Sender) => Promise<T>): Promise<T> {
  return withTempDirectory(async (temp) => {
    const spool = await openSpool({ directory: join(temp, 'spool'), thresholdBytes: 64 * 1024 });
    const events: ExchangeEvent[] = [];
    try {
      return await work({
        spool,
        events,
        send: ({ identity, partner }, changes) =>
          sendMessage({
            identity,
            partner,
            spool,
            payload: {
              content: bufferSource(Buffer.from("UNA:+.? 'UNB+x'\n")),
              contentType: 'application/edifact',
            },
            onEvent: (event) => events.push(event),
            ...changes,
          }),
      });
    } finally {
      await spool.close();
    }
  });
}
