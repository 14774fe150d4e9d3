import type { Relationship } from '../../src/exchange';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from './parties';
import { type Behaviour, TradingPartner } from './mock';
import { type Station, type StationOptions, withStation } from './station';

/** Runs `work` with Beta Corp as a scripted partner of ALPHA, which is stopped afterwards. */
export async function withPartner<T>(
  work: (o: { readonly partner: TradingPartner; readonly alpha: Party; readonly beta: Party }) => Promise<T>,
  options: { readonly url?: string; readonly usually?: Behaviour } = {},
): Promise<T> {
  const { alpha, beta } = await alphaAndBeta();
  const { url, usually = {} } = options;
  const partner = await TradingPartner.start({
    as2Name: beta.as2Name,
    keyPair: beta.keyPair,
    peer: {
      as2Name: alpha.as2Name,
      certificate: alpha.keyPair.certificatePem,
      ...(url === undefined ? {} : { url }),
    },
    usually,
  });
  try {
    return await work({ partner, alpha, beta });
  } finally {
    await partner.stop();
  }
}

/** ALPHA is our own receiving end; Beta Corp sends to it. */
export async function withPartnerSending<T>(
  options: StationOptions & { readonly partner?: PartnerChanges },
  work: (o: { readonly partner: TradingPartner; readonly station: Station }) => Promise<T>,
): Promise<T> {
  const { partner: changes, ...rest } = options;
  const { alpha, beta } = await alphaAndBeta();
  return withStation({ relationships: [relationshipOf(alpha, beta, changes)], ...rest }, (station) =>
    withPartner(({ partner }) => work({ partner, station }), { url: station.url }),
  );
}

/** How ALPHA is configured for the scripted partner. */
export function towards(
  partner: TradingPartner,
  { alpha, beta }: { readonly alpha: Party; readonly beta: Party },
  changes: PartnerChanges = {},
): Relationship {
  return relationshipOf(alpha, beta, { url: partner.url, ...changes });
}
