import { type Disposition, formatDisposition, formatMic, type Mic, type RequestHeaders } from '../../src/as2';
import { digestByName, type DigestName } from '../../src/cms';
import { type ArrivedMessage, type Behaviour, type ReceiptScript, TradingPartner as Mock } from './mock';
import type { Party } from './parties';

/** A message that arrived at the partner. */
export interface Arrived extends ArrivedMessage {
  readonly request: RequestHeaders;
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | string;
}

/** What the partner does with a message; each call is one request. */
export type Script = (
  arrived: Arrived,
  partner: TradingPartner,
) => Answer | 'reset' | Promise<Answer | 'reset'>;

/** A remote station that does what its script says; by default it opens every message and gives a true receipt. */
export interface TradingPartner {
  readonly url: string;
  readonly arrived: Arrived[];
  /** A receipt for a message, with what the test wants to be wrong about it. */
  receipt(arrived: Arrived, changes?: ReceiptChanges): Promise<Answer>;
}

export interface ReceiptChanges {
  readonly disposition?: Disposition;
  /** Default: of the content. `none`: left away. */
  readonly mic?: Mic | 'none';
  /** Which message it says to be for. */
  readonly messageId?: string;
  /** Default: the partner itself. `nobody`: not signed. */
  readonly signer?: Party | 'nobody';
  /** Of its signature, whatever was asked for. */
  readonly digest?: DigestName;
  readonly text?: string;
  readonly from?: string;
}

/** The mock trading partner, scripted by a function that answers itself. */
export async function withTradingPartner<T>(
  own: Party,
  peer: Party,
  script: Script | undefined,
  work: (partner: TradingPartner) => Promise<T>,
): Promise<T> {
  const failures: unknown[] = [];
  const arrived: Arrived[] = [];
  const mock = await Mock.start({
    as2Name: own.as2Name,
    keyPair: own.keyPair,
    peer: { as2Name: peer.as2Name, certificate: peer.keyPair.certificatePem },
    usually: async (message) => {
      const known = { ...message, request: message.as2 };
      arrived.push(known);
      try {
        return behaviourOf(await (script ?? trueReceipt)(known, partner));
      } catch (error) {
        failures.push(error);
        return { breaks: 'after-body' };
      }
    },
  });
  const partner: TradingPartner = {
    url: mock.url,
    arrived,
    async receipt(message, changes = {}) {
      const { fields, body } = await mock.receiptFor(message, scriptOf(message, changes));
      return { status: 200, headers: fields, body };
    },
  };
  let result: T;
  try {
    result = await work(partner);
  } finally {
    await mock.stop();
  }
  if (failures.length > 0) throw failures[0];
  return result;
}

const trueReceipt: Script = (arrived, partner) => partner.receipt(arrived);

function behaviourOf(answer: Answer | 'reset'): Behaviour {
  if (answer === 'reset') return { breaks: 'after-body' };
  const { status, headers, body } = answer;
  return { status, headers: Object.fromEntries(headers), body };
}

function scriptOf({ request }: Arrived, changes: ReceiptChanges): ReceiptScript {
  const { disposition, mic, messageId, signer, digest, text, from } = changes;
  const spelling = (wanted: Mic): string | undefined =>
    request.receipt?.micalg?.values.find((name) => digestByName(name)?.name === wanted.algorithm);
  return {
    ...(disposition ? { disposition: formatDisposition(disposition) } : {}),
    ...(mic ? { mic: mic === 'none' ? mic : formatMic(mic, spelling(mic)) } : {}),
    ...(messageId === undefined ? {} : { messageId }),
    ...(signer && request.receipt?.protocol
      ? { signedBy: signer === 'nobody' ? signer : signer.keyPair }
      : {}),
    ...(digest ? { digest } : {}),
    text: text ?? 'Thank you.',
    ...(from === undefined ? {} : { headers: { 'AS2-From': from } }),
  };
}
