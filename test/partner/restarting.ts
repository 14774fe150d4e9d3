import { join } from 'node:path';
import { withTempDirectory } from '../support/temp';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from './parties';
import { withHttpServer } from './servers';
import { openStation, type OpenStation, type StationOptions } from './station';
import { postWire, type WireAnswer, type WireMessage } from './wire-message';

/** Beta, our own receiving end, stopped and started again and again over the same spool. */
export interface Restarting {
  readonly alpha: Party;
  readonly beta: Party;
  readonly post: (message: WireMessage) => Promise<WireAnswer>;
  /** Ends the one before, without waiting for what is in work. What was left is taken up with `resume`. */
  start(options?: StartOptions): Promise<OpenStation>;
}

export interface StartOptions extends StationOptions {
  readonly partner?: PartnerChanges;
}

export async function restarting(work: (o: Restarting) => Promise<void>): Promise<void> {
  const { alpha, beta } = await alphaAndBeta();
  await withTempDirectory(async (temp) => {
    let running: OpenStation | undefined;
    try {
      await withHttpServer(
        async (request, response) => running?.receiver.handle(request, response),
        async (url) => {
          await work({
            alpha,
            beta,
            post: (message) => postWire(url, message),
            async start({ partner, ...options } = {}) {
              await running?.close();
              const relationships = [relationshipOf(beta, alpha, partner)];
              running = await openStation(join(temp, 'spool'), { relationships, owner: 'node', ...options });
              return running;
            },
          });
        },
      );
    } finally {
      await running?.close();
    }
  });
}
