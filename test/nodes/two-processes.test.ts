import assert from 'node:assert/strict';
import { createHash, createPrivateKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatDisposition } from '../../src/as2';
import type { SentReport } from '../../nodes/shared/out-message';
import {
  edifactInvoice,
  edifactOrders,
  pdfLike,
  ublInvoice,
  writeLargeFile,
  x12Invoice,
  x12PurchaseOrder,
} from '../support/business-documents';
import type { Party } from '../partner/parties';
import { composeWire, postWire } from '../partner/wire-message';
import { messageOfAlice, partyAlice, receiptOfBob } from '../support/alice';
import { testKeyPair } from '../support/keys';
import { type FlowNode, type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';
import { withTempDirectory } from '../support/temp';

interface Sent {
  readonly status: number;
  readonly as2: SentReport;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Got {
  readonly from: string;
  readonly filename: string;
  readonly contentType: string;
  readonly file: string;
}

/**
 * POST /send sends its body to the partner and answers with what became of it, /send-file sends the file at the path
 * in its body; what as2-in gives is shown by the debug node "received".
 */
function stationFlow(): FlowNode[] {
  const nodes: FlowNode[] = [
    { id: 'send', type: 'http in', method: 'post', url: '/send', skipBodyParsing: true, wires: [['out']] },
    {
      id: 'out',
      type: 'as2-out',
      partner: 'partner',
      filename: 'req.headers["x-file-name"]',
      filenameType: 'msg',
      wires: [['report']],
    },
    { id: 'send-file', type: 'http in', method: 'post', url: '/send-file', wires: [['out-file']] },
    {
      id: 'out-file',
      type: 'as2-out',
      partner: 'partner',
      source: 'file',
      payload: 'payload.path',
      wires: [['report']],
    },
    { id: 'catch', type: 'catch', scope: ['out', 'out-file'], wires: [['report']] },
    {
      id: 'report',
      type: 'function',
      outputs: 1,
      func: 'return { req: msg.req, res: msg.res, payload: { as2: msg.as2, error: msg.error } };',
      wires: [['answer']],
    },
    { id: 'answer', type: 'http response', wires: [] },
    { id: 'in', type: 'as2-in', path: '/as2', output: 'file', wires: [['received']] },
    {
      id: 'received',
      type: 'debug',
      name: 'received',
      active: true,
      tosidebar: true,
      complete: 'as2',
      targetType: 'msg',
      wires: [],
    },
  ];
  return [
    { id: 'tab', type: 'tab', label: 'Station' },
    ...nodes.map((node) => ({ ...node, z: 'tab', x: 100, y: 100 })),
  ];
}

async function send(station: NodeRedProcess, bytes: Buffer, filename: string): Promise<Sent> {
  const response = await fetch(`${station.url}/send`, {
    method: 'POST',
    headers: { 'X-File-Name': filename, 'Content-Type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, ...((await response.json()) as Omit<Sent, 'status'>) };
}

async function sendFile(station: NodeRedProcess, path: string): Promise<Sent> {
  const response = await fetch(`${station.url}/send-file`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ path }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Sent, 'status'>) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

describe('two stations in two Node-RED processes', function () {
  this.timeout(180_000);

  let alice: NodeRedProcess;
  let bob: NodeRedProcess;
  let carol: Party;

  before(async () => {
    const alicesKeys = await testKeyPair('Alice');
    const bobsKeys = await testKeyPair('Bob');
    const environment = {
      AS2_TEST_NAME: 'Bob B',
      AS2_TEST_KEY: createPrivateKey(bobsKeys.privateKeyPem)
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: ' with blanks ' })
        .toString(),
      AS2_TEST_PASSPHRASE: ' with blanks ',
      AS2_TEST_PARTNER_CERTIFICATE: alicesKeys.certificatePem,
      AS2_TEST_DIGEST: 'sha-512',
      AS2_TEST_SECONDS: '20',
    };
    carol = { as2Name: 'Carol', keyPair: await testKeyPair('Carol') };
    [alice, bob] = await Promise.all([startNodeRed(), startNodeRed({ environment })]);

    await alice.deploy([
      {
        ...identityNode('own', 'Alice', alicesKeys.certificatePem),
        credentials: { privateKey: alicesKeys.privateKeyPem },
      },
      partnerNode('partner', 'Bob', {
        as2Name: 'Bob B',
        identity: 'own',
        certificate: bobsKeys.certificatePem,
        url: `${bob.url}/as2`,
      }),
      partnerNode('open', 'Carol', {
        as2Name: 'Carol',
        identity: 'own',
        requireSigned: false,
        requireEncrypted: false,
      }),
      ...stationFlow(),
    ]);
    await bob.deploy([
      {
        ...identityNode('own', '${AS2_TEST_NAME}', bobsKeys.certificatePem),
        credentials: { privateKey: '${AS2_TEST_KEY}', passphrase: '${AS2_TEST_PASSPHRASE}' },
      },
      partnerNode('partner', 'Alice', {
        as2Name: 'Alice',
        identity: 'own',
        certificate: '${AS2_TEST_PARTNER_CERTIFICATE}',
        url: `${alice.url}/as2`,
        sign: '${AS2_TEST_DIGEST}',
        responseTimeout: '${AS2_TEST_SECONDS}',
      }),
      ...stationFlow(),
    ]);
  });

  after(async () => {
    await Promise.all([alice?.stop(), bob?.stop()]);
  });

  const documents = [
    edifactOrders(),
    edifactInvoice(),
    x12PurchaseOrder(),
    x12Invoice(),
    ublInvoice(),
    pdfLike(),
  ];
  for (const [from, to] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    it(`exchange business documents, from ${from} to ${to}`, async () => {
      const stations = { alice, bob };
      const sidebar = await stations[to].debugSidebar();
      for (const { filename, bytes, contentType } of documents) {
        const { as2, error } = await send(stations[from], bytes, filename);
        assert.equal(error, undefined);
        assert.deepEqual([as2.signed, as2.encrypted, as2.httpStatus], [true, true, 200]);
        assert.equal(as2.receipt?.disposition, 'automatic-action/MDN-sent-automatically; processed');
        assert.deepEqual([as2.receipt?.signed, as2.receipt?.micMatches], [true, true]);
        const got = await sidebar.next<Got>('received');
        assert.deepEqual(
          [got.filename, got.contentType.toLowerCase()],
          [filename, contentType.toLowerCase()],
        );
        assert.deepEqual(await readFile(got.file), bytes, filename);
      }
    });

    it(`exchange a file of 25 MB by its path, from ${from} to ${to}`, async () => {
      await withTempDirectory(async (directory) => {
        const large = await writeLargeFile(join(directory, 'large.bin'));
        const stations = { alice, bob };
        const sidebar = await stations[to].debugSidebar();
        const { as2, error } = await sendFile(stations[from], large.path);
        assert.equal(error, undefined);
        assert.deepEqual(
          [as2.size, as2.filename, as2.receipt?.micMatches],
          [large.sizeBytes, 'large.bin', true],
        );
        const got = await sidebar.next<Got>('received');
        assert.equal(await sha256Of(got.file), large.sha256);
      });
    });
  }

  it('take settings and secrets from the environment: digest, names, keys, passphrase, certificate', async () => {
    const sidebar = await alice.debugSidebar();
    const { as2 } = await send(bob, Buffer.from('hello'), 'a.txt');
    assert.equal((await sidebar.next<Got>('received')).from, 'Bob B');
    assert.equal(as2.from, 'Bob B');
    assert.match(as2.mic ?? '', /, sha-?512$/);
    assert.equal(as2.receipt?.micMatches, true);
    const flows = await readFile(join(bob.userDirectory, 'flows.json'), 'utf8');
    assert.match(flows, /\$\{AS2_TEST_NAME\}/);
    assert.doesNotMatch(flows, /Bob B/);
  });

  it('say nothing in their logs when all is in order', () => {
    const lines = [...alice.log, ...bob.log].filter((line) => /\[(error|warn)\]/.test(line));
    assert.deepEqual(
      lines.filter((line) => !OWN_WARNINGS.some((own) => own.test(line))),
      [],
    );
  });

  it('take a JSON payload without signature and encryption, which the body parser of the editor would read first', async () => {
    const sidebar = await alice.debugSidebar();
    const payload = Buffer.from('{ "order" :  1 }');
    const message = await composeWire(carol, await partyAlice(), {
      protection: 'none',
      contentType: 'application/json',
      payload,
    });
    assert.equal((await postWire(`${alice.url}/as2`, message)).status, 200);
    assert.deepEqual(await readFile((await sidebar.next<Got>('received')).file), payload);
  });

  it('answer a message that was changed on its way with a negative receipt, say so in the log and go on', async () => {
    const message = await messageOfAlice();
    message.body[message.body.length - 1] = (message.body.at(-1) ?? 0) ^ 1;
    const receipt = await receiptOfBob(await postWire(`${bob.url}/as2`, message));
    assert.equal(formatDisposition(receipt.disposition), `${AUTOMATIC}; processed/error: decryption-failed`);
    await bob.waitForLog(/\[error\] \[as2-in:in\] The message could not be decrypted/, 40_000);
    assert.equal((await send(alice, Buffer.from('next'), 'next.txt')).as2.receipt?.micMatches, true);
  });

  it('give a failure to a Catch node, with its code and its sentence', async () => {
    const unknown = await sendFile(alice, '/does/not/exist');
    assert.equal(unknown.error?.code, 'payload-file-unreadable');
    assert.match(unknown.error?.message ?? '', /^The file \/does\/not\/exist cannot be read: /);
    assert.equal(unknown.as2.error?.message, unknown.error?.message);
  });
});

/** What Node-RED says in a fresh user directory. */
const OWN_WARNINGS = [/Projects disabled/, /Encrypted credentials not found/];
const AUTOMATIC = 'automatic-action/MDN-sent-automatically';
