import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { testKeyPair } from '../support/keys';
import { type Credentials, onTab, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';

const DAY_MS = 86_400_000;

interface Changes {
  readonly identity?: Readonly<Record<string, unknown>>;
  readonly partner?: Readonly<Record<string, unknown>>;
  /** In place of the key that belongs to the certificate. */
  readonly credentials?: Readonly<Record<string, string>>;
}

/** One identity, one partner and a node that sends to it; then what a message to that node comes to. */
async function withStations(
  { identity = {}, partner = {}, credentials }: Changes,
  work: (flow: RunningFlow) => Promise<void>,
): Promise<void> {
  const own = await testKeyPair('Own');
  const other = await testKeyPair('Partner');
  const nodes: FlowNode[] = [
    {
      id: 'own',
      type: 'as2-identity',
      name: '',
      as2Name: 'OWN',
      certificate: own.certificatePem,
      ...identity,
    },
    {
      id: 'partner',
      type: 'as2-partner',
      name: 'Partner',
      as2Name: 'PARTNER',
      identity: 'own',
      url: 'http://127.0.0.1:1/as2',
      certificate: other.certificatePem,
      attempts: '1',
      ...partner,
    },
    ...onTab(
      { id: 'out', type: 'as2-out', partner: 'partner', wires: [['sent']] },
      { id: 'catch', type: 'catch', wires: [['caught']] },
      { id: 'caught', type: 'helper' },
      { id: 'sent', type: 'helper' },
    ),
  ];
  const stored: Credentials = { own: { ...(credentials ?? { privateKey: own.privateKeyPem }) } };
  await withFlow({ nodes, credentials: stored }, work);
}

/** The error a Catch node gets for a message, which must be the one that the log told at deploy. */
async function failureOf(flow: RunningFlow): Promise<{ code: string | undefined; message: string }> {
  flow.send('out', { payload: 'text' });
  const caught = await flow.next('caught');
  const { code, message = '' } = caught.error ?? {};
  assert.equal(caught.as2.error?.code, code);
  assert.equal(caught.as2.error?.message, message);
  assert.equal(caught.payload, 'text');
  return { code, message };
}

describe('identities and partners at deploy', () => {
  it('say nothing when all is in order', async () => {
    await withStations({}, async (flow) => {
      assert.deepEqual(flow.logged('error'), []);
      assert.deepEqual(flow.logged('warn'), []);
      assert.deepEqual(flow.status('out'), {});
    });
  });

  it('take a number for an AS2 name and for a name, as variables of flows can be', async () => {
    const numbers = { as2Name: 4012345000009, name: 4711 };
    await withStations(
      { identity: numbers, partner: { ...numbers, as2Name: 4098765000003 } },
      async (flow) => {
        assert.deepEqual(flow.logged('error'), []);
        const { code } = await failureOf(flow);
        assert.equal(code, 'http-connection-refused');
      },
    );
  });

  const cases: {
    readonly what: string;
    readonly code: string;
    readonly sentence: RegExp;
    changes(): Promise<Changes>;
  }[] = [
    {
      what: 'a key that does not belong to the certificate',
      code: 'key-certificate-mismatch',
      sentence: /^The private key \(RSA 2048\) does not belong to the certificate CN=Own/,
      changes: async () => ({ credentials: { privateKey: (await testKeyPair('Stranger')).privateKeyPem } }),
    },
    {
      what: 'a certificate without its key',
      code: 'identity-key-missing',
      sentence: /^The identity "OWN" has a certificate but no private key\./,
      changes: async () => ({ credentials: {} }),
    },
    {
      what: 'a key without its certificate',
      code: 'identity-certificate-missing',
      sentence: /^The identity "OWN" has a private key but no certificate\./,
      changes: async () => ({ identity: { certificate: '' } }),
    },
    {
      what: 'an identity without certificate and key, though messages must be signed',
      code: 'identity-keys-missing',
      sentence: /^The identity "OWN" has no certificate and private key, but messages .* partner "Partner"/,
      changes: async () => ({ identity: { certificate: '' }, credentials: {} }),
    },
    {
      what: 'an identity without AS2 name',
      code: 'as2-name-invalid',
      sentence: /AS2 name/,
      changes: async () => ({ identity: { as2Name: '' } }),
    },
    {
      what: 'a partner without certificate',
      code: 'partner-certificate-missing',
      sentence: /^The partner "Partner" has no certificate, which is needed to check its signatures\./,
      changes: async () => ({ partner: { certificate: '' } }),
    },
    {
      what: 'a private key in place of the certificate of a partner',
      code: 'certificate-is-private-key',
      sentence: /^This is a private key, not a certificate\./,
      changes: async () => ({ partner: { certificate: (await testKeyPair('Partner')).privateKeyPem } }),
    },
    {
      what: 'a partner without identity',
      code: 'partner-identity-missing',
      sentence: /^The partner "Partner" is not connected with one of our identities\./,
      changes: async () => ({ partner: { identity: '' } }),
    },
    {
      what: 'a time-out that is no number',
      code: 'setting-invalid',
      sentence: /^The setting "connection time-out" has the value "soon"/,
      changes: async () => ({ partner: { connectTimeout: 'soon' } }),
    },
    {
      what: 'a time-out longer than timers count',
      code: 'setting-invalid',
      sentence: /^The setting "response time-out" has the value "9999999".*at most 2147483/,
      changes: async () => ({ partner: { responseTimeout: '9999999' } }),
    },
    {
      what: 'asynchronous receipts without an address for them',
      code: 'receipt-url-missing',
      sentence: /^The partner "Partner" is to send its receipts later.*Enter the URL/,
      changes: async () => ({ partner: { receiptDelivery: 'async' } }),
    },
    {
      what: 'an address for receipts that is none',
      code: 'http-url-invalid',
      sentence: /^The address "ftp:\/\/here" cannot be used/,
      changes: async () => ({ partner: { receiptDelivery: 'async', receiptUrl: 'ftp://here' } }),
    },
    {
      what: 'a number of attempts that is not whole',
      code: 'setting-invalid',
      sentence: /^The setting "attempts" has the value "1.5".*whole number from 1 to 100/,
      changes: async () => ({ partner: { attempts: '1.5' } }),
    },
    {
      what: 'more messages at a time than make sense',
      code: 'setting-invalid',
      sentence: /^The setting "messages at a time" has the value "65"/,
      changes: async () => ({ partner: { parallel: '65' } }),
    },
    {
      what: 'an environment variable that is not set',
      code: 'environment-missing',
      sentence: /asks for the environment variable AS2_TEST_NOT_SET, which is not set/,
      changes: async () => ({ credentials: { privateKey: '${AS2_TEST_NOT_SET}' } }),
    },
  ];

  for (const { what, code, sentence, changes } of cases) {
    it(`report ${what}, and sending fails with the same sentence`, async () => {
      await withStations(await changes(), async (flow) => {
        assert.match(flow.logged('error').join('\n'), sentence);
        assert.deepEqual(flow.status('out'), { fill: 'red', shape: 'ring', text: code.replaceAll('-', ' ') });
        const failure = await failureOf(flow);
        assert.equal(failure.code, code);
        assert.match(failure.message, sentence);
        assert.ok(flow.isSilent('sent'));
      });
    });
  }

  it('do not need what their settings do not use', async () => {
    const partner = {
      certificate: '',
      sign: '',
      encrypt: '',
      receipt: 'none',
      requireSigned: false,
      requireEncrypted: false,
    };
    await withStations({ identity: { certificate: '' }, partner, credentials: {} }, async (flow) => {
      assert.deepEqual(flow.logged('error'), []);
    });
  });

  it('warn of a certificate that expires soon', async () => {
    const soon = await testKeyPair('Soon', { validDays: 20 });
    await withStations({ partner: { certificate: soon.certificatePem } }, async (flow) => {
      assert.match(
        flow.logged('warn').join('\n'),
        /^The certificate of Partner expires in (19|20) days, on \d{4}-/,
      );
      assert.equal(flow.status('out').fill, 'yellow');
      assert.deepEqual(flow.logged('error'), []);
    });
  });

  it('warn of it again every day, until the next deploy', async () => {
    const soon = await testKeyPair('Soon', { validDays: 20 });
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      await withStations({ partner: { certificate: soon.certificatePem } }, async (flow) => {
        mock.timers.tick(2 * DAY_MS);
        assert.equal(flow.logged('warn').length, 3);
        await flow.stopFlows();
        mock.timers.tick(2 * DAY_MS);
        assert.equal(flow.logged('warn').length, 3);
      });
    } finally {
      mock.timers.reset();
    }
  });

  it('say nothing of an old certificate next to the new one', async () => {
    const soon = await testKeyPair('Soon', { validDays: 20 });
    const fresh = await testKeyPair('Partner');
    const certificate = soon.certificatePem + fresh.certificatePem;
    await withStations({ partner: { certificate } }, async (flow) => {
      assert.deepEqual(flow.logged('warn'), []);
    });
  });

  it('warn of an expired certificate, and nothing is encrypted for it', async () => {
    const expired = await testKeyPair('Expired', {
      validDays: 10,
      notBefore: new Date(Date.now() - 20 * DAY_MS),
    });
    await withStations({ partner: { certificate: expired.certificatePem } }, async (flow) => {
      const sentence = /^The encryption certificate of Partner expired on /;
      assert.match(flow.logged('warn').join('\n'), sentence);
      assert.deepEqual(flow.status('out'), { fill: 'red', shape: 'ring', text: 'certificate expired' });
      const failure = await failureOf(flow);
      assert.equal(failure.code, 'certificate-expired');
      assert.match(failure.message, sentence);
    });
  });

  it('warn of two partners with the same names', async () => {
    const { certificatePem } = await testKeyPair('Partner');
    const partner = (name: string): FlowNode => ({
      id: name.toLowerCase(),
      type: 'as2-partner',
      name,
      as2Name: 'PARTNER',
      identity: 'own',
      certificate: certificatePem,
    });
    const own = await testKeyPair('Own');
    const identity = {
      id: 'own',
      type: 'as2-identity',
      name: '',
      as2Name: 'OWN',
      certificate: own.certificatePem,
    };
    const credentials = { own: { privateKey: own.privateKeyPem } };
    await withFlow({ nodes: [identity, partner('First'), partner('Second')], credentials }, async (flow) => {
      assert.match(
        flow.logged('warn').join('\n'),
        /"Second" \(node second\) and "First" \(node first\) have the same AS2 name and the same identity/,
      );
    });
  });
});
