import assert from 'node:assert/strict';
import { testKeyPair } from '../support/keys';
import { onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import { aliceAndBob, type StationChanges } from '../support/stations';

const ORDER = "UNA:+.? 'UNB+UNOC:3+ALICE+BOB+261122:0900+1'UNZ+0+1'";

/** Alice and Bob with EC keys, made as the identity's dialog makes them. */
async function withEcStations(
  changes: StationChanges,
  work: (flow: RunningFlow) => Promise<void>,
): Promise<void> {
  const own = {
    alice: await testKeyPair('Alice', { keyType: 'ec-p256' }),
    bob: await testKeyPair('Bob', { keyType: 'ec-p384' }),
  };
  await withFlow(async (url) => {
    const { nodes } = await aliceAndBob(`${url}/as2`, {
      bob: { certificate: own.bob.certificatePem, ...changes.bob },
      alice: { certificate: own.alice.certificatePem, ...changes.alice },
    });
    const withKeys = nodes.map((node) => {
      if (node.id !== 'alice' && node.id !== 'bob') return node;
      return { ...node, certificate: own[node.id].certificatePem };
    });
    const flow = onTab(
      { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
      { id: 'sent', type: 'helper' },
      { id: 'in', type: 'as2-in', path: '/as2', wires: [['received']] },
      { id: 'received', type: 'helper' },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    const credentials = {
      alice: { privateKey: own.alice.privateKeyPem },
      bob: { privateKey: own.bob.privateKeyPem },
    };
    return { nodes: [...withKeys, ...flow], credentials };
  }, work);
}

describe('protection as the partner node has it', () => {
  it('EC keys, SHA-512, AES-256-GCM and compression travel from node to node', async () => {
    const bob = { sign: 'sha-512', encrypt: 'aes-256-gcm', compress: 'before-signing' };
    await withEcStations({ bob }, async (flow) => {
      flow.send('out', { payload: ORDER, filename: 'order.edi' });
      const received = await flow.next('received');
      assert.equal(received.payload?.toString(), ORDER);
      assert.equal(received.as2.signed, true);
      assert.equal(received.as2.encrypted, true);
      assert.equal(received.as2.compressed, true);
      assert.deepEqual(received.as2.algorithms, {
        digest: 'sha-512',
        signature: 'ecdsa',
        cipher: 'aes-256-gcm',
      });
      const sent = await flow.next('sent');
      assert.equal(sent.as2.receipt?.micMatches, true);
      assert.equal(sent.as2.receipt?.signed, true);
      assert.ok(flow.isSilent('caught'));
    });
  });

  for (const [what, alice] of [
    ['refused', {}],
    ['taken where it is allowed', { accept3des: true }],
  ] as const) {
    it(`ENV-10 a message in 3DES is ${what}`, async () => {
      await withEcStations({ bob: { encrypt: 'des-ede3-cbc' }, alice }, async (flow) => {
        flow.send('out', { payload: ORDER });
        if ('accept3des' in alice) {
          assert.equal((await flow.next('received')).payload?.toString(), ORDER);
          assert.equal((await flow.next('sent')).as2.receipt?.micMatches, true);
          return;
        }
        const codes = new Set([
          (await flow.next('caught')).error?.code,
          (await flow.next('caught')).error?.code,
        ]);
        assert.deepEqual(codes, new Set(['message-cipher-not-allowed', 'receipt-negative']));
        assert.ok(flow.isSilent('received'));
        assert.ok(flow.isSilent('sent'));
      });
    });
  }

  it('a short key cannot be wrapped for an EC certificate: the message fails with a sentence', async () => {
    await withEcStations({ bob: { encrypt: 'rc2-40-cbc' } }, async (flow) => {
      flow.send('out', { payload: ORDER });
      const { error } = await flow.next('caught');
      assert.equal(error?.code, 'algorithm-unsupported');
      assert.match(error?.message ?? '', /EC P-384 with a key of 40 bits/);
    });
  });

  it('a choice that does not exist is reported at deploy', async () => {
    await withEcStations({ bob: { signScheme: 'dsa' } }, (flow) => {
      assert.match(flow.logged('error').join('\n'), /setting-invalid|"signature scheme" has the value "dsa"/);
      return Promise.resolve();
    });
  });
});
