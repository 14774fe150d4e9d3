import assert from 'node:assert/strict';
import { type Disposition, parseDisposition } from '../../src/as2';
import { type Script, withTradingPartner } from '../partner/trading-partner';
import { type Listener, onRawRequest, withHttpsServer, withRawServer } from '../partner/servers';
import { partyAlice, partyBob } from '../support/alice';
import { testKeyPair } from '../support/keys';
import { onTab, type Received, type RunningFlow, withFlow } from '../support/node-red-flow';
import type { FlowNode } from '../support/node-red-process';
import { aliceAndBob } from '../support/stations';

type Properties = Readonly<Record<string, unknown>>;

/** Alice's as2-out, whose partner Bob is at this address. */
async function withAlice(
  bobsUrl: string,
  work: (flow: RunningFlow) => Promise<void>,
  bob: Properties = {},
): Promise<void> {
  await withFlow(async () => {
    const { nodes, credentials } = await aliceAndBob(bobsUrl, { bob });
    return { nodes: [...nodes, ...alicesFlow()], credentials };
  }, work);
}

function alicesFlow(): FlowNode[] {
  return onTab(
    { id: 'out', type: 'as2-out', partner: 'to-bob', wires: [['sent']] },
    { id: 'sent', type: 'helper' },
    { id: 'catch', type: 'catch', wires: [['caught']] },
    { id: 'caught', type: 'helper' },
  );
}

/** What a Catch node gets; the message itself is not passed on, and the node goes on working. */
async function failureOf(flow: RunningFlow, code: string, sentence: RegExp): Promise<Received> {
  flow.send('out', { payload: 'an order', filename: 'order.txt' });
  const caught = await flow.next('caught');
  assert.equal(caught.error?.code, code);
  assert.match(caught.error?.message ?? '', sentence);
  assert.equal(caught.error?.source.id, 'out');
  assert.equal(caught.as2.error?.code, code);
  assert.deepEqual(
    [caught.payload, caught.as2.partner, caught.as2.filename],
    ['an order', 'Bob', 'order.txt'],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(caught.as2)), caught.as2);
  assert.deepEqual(flow.status('out'), { fill: 'red', shape: 'ring', text: code.replaceAll('-', ' ') });
  assert.ok(flow.isSilent('sent'));
  return caught;
}

function said(text: string): Disposition {
  return parseDisposition(`automatic-action/MDN-sent-automatically; ${text}`);
}

describe('as2-out and a partner that answers badly', () => {
  const cases: {
    readonly what: string;
    readonly code: string;
    readonly sentence: RegExp;
    readonly script: Script;
    readonly bob?: Properties;
    /** Of `msg.as2.receipt`, as far as there is one. */
    readonly receipt?: Properties;
  }[] = [
    {
      what: 'an HTML page in place of a receipt',
      code: 'receipt-missing',
      sentence: /Welcome to our shop/,
      script: () => ({
        status: 200,
        headers: [['Content-Type', 'text/html']],
        body: '<html><title>Welcome to our shop</title></html>',
      }),
    },
    {
      what: 'nothing in place of a receipt',
      code: 'receipt-missing',
      sentence: /receipt/,
      script: () => ({ status: 200, headers: [], body: '' }),
    },
    {
      what: 'RCV-02: a receipt for another message',
      code: 'receipt-other-message',
      sentence: /<other@partner\.example>/,
      script: (arrived, partner) => partner.receipt(arrived, { messageId: '<other@partner.example>' }),
    },
    {
      what: 'a receipt with another MIC',
      code: 'receipt-mic-mismatch',
      sentence: /digest .* was expected.*does not prove what arrived/,
      script: (arrived, partner) =>
        partner.receipt(arrived, {
          mic: { value: Buffer.alloc(32, 1).toString('base64'), algorithm: 'sha-256' },
        }),
      receipt: { micMatches: false, signed: true },
    },
    {
      what: 'a receipt signed by somebody else',
      code: 'receipt-signer-unknown',
      sentence: /Mallory/,
      script: async (arrived, partner) =>
        partner.receipt(arrived, { signer: { as2Name: 'Bob B', keyPair: await testKeyPair('Mallory') } }),
      receipt: { signed: false },
    },
    {
      what: 'an unsigned receipt in place of a signed one',
      code: 'receipt-unsigned',
      sentence: /signature|signed/,
      script: (arrived, partner) => partner.receipt(arrived, { signer: 'nobody' }),
    },
    {
      what: 'HDR-11: an unsigned receipt of another station',
      code: 'receipt-other-partner',
      sentence: /Carol/,
      bob: { receipt: 'unsigned' },
      script: (arrived, partner) => partner.receipt(arrived, { from: 'Carol' }),
    },
    {
      what: 'DSP-16: a negative receipt',
      code: 'receipt-negative',
      sentence: /decryption-failed/,
      script: (arrived, partner) =>
        partner.receipt(arrived, { disposition: said('processed/error: decryption-failed') }),
      receipt: { disposition: 'automatic-action/MDN-sent-automatically; processed/error: decryption-failed' },
    },
    {
      what: 'HTTP status 500',
      code: 'http-server-error',
      sentence: /HTTP status 500/,
      script: () => ({ status: 500, headers: [], body: 'oops' }),
    },
    {
      what: 'HTTP status 404',
      code: 'http-not-found',
      sentence: /Check the path in the URL/,
      script: () => ({ status: 404, headers: [], body: '' }),
    },
    {
      what: 'HTTP-15: a redirection',
      code: 'http-redirected',
      sentence: /https:\/\/elsewhere\.example\//,
      script: () => ({ status: 302, headers: [['Location', 'https://elsewhere.example/']], body: '' }),
    },
    {
      what: 'a wish for a password',
      code: 'http-unauthorized',
      sentence: /user name and password/,
      script: () => ({ status: 401, headers: [['WWW-Authenticate', 'Basic realm="x"']], body: '' }),
    },
    {
      what: 'a reset connection',
      code: 'http-connection-lost',
      sentence: /The connection to 127\.0\.0\.1 broke/,
      script: () => 'reset',
    },
  ];
  for (const { what, code, sentence, script, bob = {}, receipt = {} } of cases) {
    it(`gives to a Catch node: ${what}`, async () => {
      await withTradingPartner(await partyBob(), await partyAlice(), script, async ({ url, arrived }) => {
        const work = async (flow: RunningFlow): Promise<void> => {
          const { as2 } = await failureOf(flow, code, sentence);
          assert.equal(as2.messageId, arrived[0]?.request.messageId);
          const found = as2.receipt as Properties | undefined;
          for (const [name, value] of Object.entries(receipt)) assert.deepEqual(found?.[name], value, name);
        };
        await withAlice(url, work, bob);
      });
    });
  }

  it('gives to a Catch node: what is not HTTP', async () => {
    await withRawServer(
      (socket) => onRawRequest(socket, () => socket.end('SSH-2.0-OpenSSH\r\n')),
      async (url) =>
        withAlice(
          `${url}/as2`,
          async (flow) => void (await failureOf(flow, 'http-response-malformed', /is not HTTP/)),
        ),
    );
  });

  it('gives to a Catch node: a partner that does not answer', async () => {
    await withRawServer(
      () => undefined,
      async (url) => {
        const work = async (flow: RunningFlow) =>
          void (await failureOf(flow, 'http-response-timeout', /within 0\.2 seconds/));
        await withAlice(`${url}/as2`, work, { responseTimeout: '0.2' });
      },
    );
  });

  const addresses: {
    readonly what: string;
    readonly url: string;
    readonly code: string;
    readonly sentence: RegExp;
  }[] = [
    {
      what: 'a port at which nobody listens',
      url: 'http://127.0.0.1:1/as2',
      code: 'http-connection-refused',
      sentence: /^127\.0\.0\.1 refused the connection on port 1\./,
    },
    {
      what: 'a host that does not exist',
      url: 'http://as2.invalid/as2',
      code: 'http-host-unknown',
      sentence: /^The host as2\.invalid is not known/,
    },
    {
      what: 'an address that is none',
      url: 'as2.example.com',
      code: 'http-url-invalid',
      sentence: /starts with http:\/\/ or https:\/\//,
    },
    { what: 'a partner without an address', url: '', code: 'partner-url-missing', sentence: /Bob/ },
  ];
  for (const { what, url, code, sentence } of addresses) {
    it(`gives to a Catch node: ${what}`, async () => {
      await withAlice(url, async (flow) => void (await failureOf(flow, code, sentence)));
    });
  }

  it('TLS-06: gives to a Catch node: a password that would travel readable', async () => {
    await withFlow(
      async () => {
        const { nodes, credentials } = await aliceAndBob('http://127.0.0.1:1/as2');
        const secret = { 'to-bob': { user: 'alice', password: 'secret' } };
        return { nodes: [...nodes, ...alicesFlow()], credentials: { ...credentials, ...secret } };
      },
      async (flow) =>
        void (await failureOf(
          flow,
          'http-credentials-need-tls',
          /^A user name and password \(or a token\) are set for 127\.0\.0\.1/,
        )),
    );
  });

  it('TLS-03: trusts the TLS certificate that is entered for the partner, and no other unknown one', async () => {
    const { privateKeyPem: key, certificatePem: cert } = await testKeyPair('localhost');
    const busy: Listener = (request, response) => {
      request.resume().on('end', () => response.writeHead(503).end());
    };
    await withHttpsServer({ key, cert }, busy, async (url) => {
      await withAlice(url, async (flow) => void (await failureOf(flow, 'tls-untrusted', /is not trusted/)));
      const reached = async (flow: RunningFlow) => void (await failureOf(flow, 'http-busy', /status 503/));
      await withAlice(url, reached, { ca: cert });
    });
  });

  it('sends the next message after a failure', async () => {
    let requests = 0;
    const script: Script = (arrived, partner) => (requests++ === 0 ? 'reset' : partner.receipt(arrived));
    await withTradingPartner(await partyBob(), await partyAlice(), script, async ({ url }) => {
      await withAlice(url, async (flow) => {
        await failureOf(flow, 'http-connection-lost', /./);
        flow.send('out', { payload: 'again' });
        const { as2 } = await flow.next('sent');
        assert.equal(as2.receipt?.micMatches, true);
        assert.equal(as2.error, undefined);
      });
    });
  });
});
