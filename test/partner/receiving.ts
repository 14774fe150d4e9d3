import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from './parties';
import { type Station, type StationOptions, withStation } from './station';
import { postWire, type WireAnswer, type WireMessage } from './wire-message';

/** Beta, which is our own receiving end, and ALPHA, which sends to it what the test makes. */
export interface Receiving {
  readonly station: Station;
  readonly alpha: Party;
  readonly beta: Party;
  readonly post: (message: WireMessage) => Promise<WireAnswer>;
}

export async function receiving(
  options: StationOptions & { readonly partner?: PartnerChanges },
  work: (o: Receiving) => Promise<void>,
): Promise<void> {
  const { partner, ...rest } = options;
  const { alpha, beta } = await alphaAndBeta();
  await withStation({ relationships: [relationshipOf(beta, alpha, partner)], ...rest }, async (station) => {
    await work({ station, alpha, beta, post: (message) => postWire(station.url, message) });
  });
}
