import { testKeyPair } from './keys';
import type { Credentials } from './node-red-flow';
import type { FlowNode } from './node-red-process';

type Properties = Readonly<Record<string, unknown>>;

export interface StationChanges {
  /** Of Alice's partner, which is how she sees Bob; she sends. */
  readonly bob?: Properties;
  /** Of Bob's partner, which is how he sees Alice. */
  readonly alice?: Properties;
}

/**
 * Two stations in one Node-RED: Alice and Bob, each with an identity (`alice`, `bob`) and the other one as partner
 * (`to-bob`, `from-alice`).
 */
export async function aliceAndBob(
  url: string,
  changes: StationChanges = {},
): Promise<{ readonly nodes: readonly FlowNode[]; readonly credentials: Credentials }> {
  const alice = await testKeyPair('Alice');
  const bob = await testKeyPair('Bob');
  return {
    nodes: [
      identityNode('alice', 'Alice', alice.certificatePem),
      identityNode('bob', 'Bob B', bob.certificatePem),
      partnerNode('to-bob', 'Bob', {
        as2Name: 'Bob B',
        identity: 'alice',
        certificate: bob.certificatePem,
        url,
        ...changes.bob,
      }),
      partnerNode('from-alice', 'Alice', {
        as2Name: 'Alice',
        identity: 'bob',
        certificate: alice.certificatePem,
        ...changes.alice,
      }),
    ],
    credentials: { alice: { privateKey: alice.privateKeyPem }, bob: { privateKey: bob.privateKeyPem } },
  };
}

export function identityNode(id: string, as2Name: string, certificate: string): FlowNode {
  return { id, type: 'as2-identity', name: '', as2Name, url: '', certificate };
}

/** With the settings a new partner has in the editor, but one attempt: so what fails does not wait for another one. */
export function partnerNode(id: string, name: string, properties: Properties): FlowNode {
  return {
    id,
    type: 'as2-partner',
    name,
    url: '',
    sign: 'sha-256',
    encrypt: 'aes-256-cbc',
    receipt: 'signed',
    requireSigned: true,
    requireEncrypted: true,
    connectTimeout: '30',
    responseTimeout: '300',
    attempts: '1',
    ca: '',
    ...properties,
  };
}
