import type { Receipt } from '../../src/as2';
import type { Party } from '../partner/parties';
import {
  composeWire,
  receiptIn,
  type WireAnswer,
  type WireMessage,
  type WireOptions,
} from '../partner/wire-message';
import { testKeyPair } from './keys';

/** The two stations of `aliceAndBob` as parties outside of Node-RED. */
export async function partyAlice(): Promise<Party> {
  return { as2Name: 'Alice', keyPair: await testKeyPair('Alice') };
}

export async function partyBob(): Promise<Party> {
  return { as2Name: 'Bob B', keyPair: await testKeyPair('Bob') };
}

/** A message of Alice to Bob as bytes, signed, encrypted and with a wish for a signed receipt, to be broken by a test. */
export async function messageOfAlice(options: WireOptions = {}): Promise<WireMessage> {
  return composeWire(await partyAlice(), await partyBob(), options);
}

export async function receiptOfBob(answer: WireAnswer): Promise<Receipt> {
  return receiptIn(answer, (await partyBob()).keyPair.certificate);
}
