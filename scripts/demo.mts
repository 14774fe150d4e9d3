/**
 * `npm run demo`: a Node-RED of its own with the flow of `examples/01 - Loopback`, fresh keys, one EDIFACT order sent
 * from one station to the other, and every step told. Stays up with the editor until Ctrl-C; with `-- --once` it ends
 * after the verified receipt, with exit code 0 only if everything held. PORT chooses the port.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Pki from '../dist/src/pki/index.js';
import type * as ExampleFlows from '../dist/test/support/example-flows.js';
import type * as NodeRedSupport from '../dist/test/support/node-red-process.js';
import { compiled, ensureBuilt } from './lib/compiled.mts';

type NodeRedProcess = NodeRedSupport.NodeRedProcess;
type FlowNode = NodeRedSupport.FlowNode;

/** What the debug nodes of the flow show: `msg.as2` of the sending and of the receiving side. */
interface Sent {
  readonly messageId: string;
  readonly contentType: string;
  readonly filename: string;
  readonly size: number;
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly receipt: {
    readonly disposition: string;
    readonly mic?: string;
    readonly micMatches?: boolean;
    readonly signed: boolean;
    readonly signer?: { readonly subject: string; readonly fingerprintSha256: string };
  };
}
interface Received {
  readonly from: string;
  readonly filename: string;
  readonly size: number;
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly signer?: { readonly subject: string; readonly fingerprintSha256: string };
}

const DEFAULT_PORT = 1880;
const FAILURES = 'What went wrong';

const { values: options } = parseArgs({
  options: { once: { type: 'boolean', default: false } },
  allowPositionals: false,
});

let nodeRed: NodeRedProcess | undefined;
let directory: string | undefined;
let stopping: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    void stop().then(() => process.exit(options.once ? 1 : 0));
  });
}
// The reader of the transcript may go away, as in `npm run demo | head`.
process.stdout.once('error', () => void stop().then(() => process.exit(1)));

try {
  ensureBuilt();
  directory = await mkdtemp(join(tmpdir(), 'as2-demo-'));
  await run(directory);
  if (options.once) {
    await stop();
  } else {
    console.log(`\nThe editor shows this flow: ${nodeRed?.url}/`);
    console.log(
      'Press the button of "Send an order" for another one. Ctrl-C ends the demo and removes its files.',
    );
  }
} catch (error) {
  if (!stopping)
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  await stop();
  process.exitCode = 1;
}

async function run(userDirectory: string): Promise<void> {
  const { startNodeRed } = compiled('test/support/node-red-process') as typeof NodeRedSupport;
  const { findNode, readExample, withFreshKeys } = compiled(
    'test/support/example-flows',
  ) as typeof ExampleFlows;

  console.log('One order, two stations, one verified receipt');
  step(1, 'A Node-RED of its own');
  nodeRed = await startNodeRed({ userDirectory, port: await choosePort() });
  const { version } = await nodeRed.getJson<{ version: string }>('/settings');
  say(`Node-RED ${version} on Node.js ${process.version.slice(1)} answers at ${nodeRed.url}/`);
  say(`Its files are in ${userDirectory} and are removed at the end.`);

  step(2, 'Two stations, their keys made just now');
  const flow = await withFreshKeys(readExample('01 - Loopback'), nodeRed.url);
  const buyer = introduce(findNode(flow, 'as2-identity', 'Acorn Retail'));
  const supplier = introduce(findNode(flow, 'as2-identity', 'Birch Foods'));
  say('Each has the certificate of the other; each keeps its private key to itself.');
  const sidebar = await nodeRed.debugSidebar();
  await nodeRed.deploy(flow);

  const partner = findNode(flow, 'as2-partner', 'Birch Foods');
  await nodeRed.inject(findNode(flow, 'inject', 'Send an order').id);
  const received = await sidebar.next<Received>('Order received', { unless: FAILURES });
  const sent = await sidebar.next<Sent>('Receipt', { unless: FAILURES });
  const original = await readFile(join(userDirectory, 'as2-loopback', 'sent', sent.filename));

  step(3, 'Acorn Retail sends an order');
  say(`file       ${sent.filename}, ${original.length.toLocaleString('en')} bytes, ${sent.contentType}`);
  say(
    `signed     by Acorn Retail with its ${buyer.keyKind} key, digest ${String(partner.sign).toUpperCase()}`,
  );
  say(
    `encrypted  for Birch Foods with ${String(partner.encrypt).toUpperCase()}; only its private key opens it`,
  );
  say(`posted to  ${String(partner.url)}`);
  say(`message    ${sent.messageId}`);
  expect(sent.signed && sent.encrypted, 'the message was not signed and encrypted');

  step(4, 'Birch Foods receives it');
  expect(received.encrypted, 'the message arrived without encryption');
  say('decrypted  with the private key of Birch Foods');
  expect(received.signed, 'the message arrived without a signature');
  expect(sameSigner(received.signer, buyer), 'the signature is not that of Acorn Retail');
  say(`verified   signed by ${received.signer?.subject}, whose certificate Birch Foods knows`);
  const saved = join('as2-loopback', 'received', basename(received.filename));
  say(`saved      by the flow as ${saved}`);

  step(5, 'The receipt comes back to Acorn Retail');
  const { receipt } = sent;
  say(`disposition ${receipt.disposition.replace(/^.*;\s*/, '')}   (${receipt.disposition})`);
  expect(/;\s*processed$/.test(receipt.disposition), 'the receipt is not positive');
  expect(receipt.signed && sameSigner(receipt.signer, supplier), 'the receipt is not signed by Birch Foods');
  say(`signed by ${receipt.signer?.subject}: the proof that Birch Foods has the order`);
  expect(receipt.micMatches, `the MIC in the receipt (${receipt.mic ?? 'none'}) is not that of the message`);
  say(`MIC matches ${receipt.mic}: the proof covers exactly what was sent`);

  step(6, 'The file on both sides');
  const digests = [original, await readFile(join(userDirectory, saved))].map((bytes) =>
    createHash('sha256').update(bytes).digest('hex'),
  );
  say(`sent      SHA-256 ${digests[0]}`);
  say(`received  SHA-256 ${digests[1]}`);
  expect(digests[0] === digests[1], 'the received file is not the one that was sent');
  say('identical');
}

/** Tells who a station is; its certificate is what the other one will recognise it by. */
function introduce(identity: FlowNode): Pki.Certificate {
  const { readCertificates } = compiled('src/pki/index') as typeof Pki;
  const [certificate] = readCertificates(String(identity.certificate));
  if (!certificate) throw new Error(`${identity.name} has no certificate`);
  const until = certificate.notAfter.toISOString().slice(0, 10);
  say(
    `${identity.name}: AS2 name ${String(identity.as2Name)}, ${certificate.keyKind} key, certificate until ${until}`,
  );
  say(`    SHA-256 ${certificate.fingerprintSha256}`);
  return certificate;
}

function sameSigner(
  signer: { readonly fingerprintSha256: string } | undefined,
  of: Pki.Certificate,
): boolean {
  return signer?.fingerprintSha256 === of.fingerprintSha256;
}

/** The port asked for, else Node-RED's usual one when it is free, else any. */
async function choosePort(): Promise<number> {
  if (process.env.PORT !== undefined) {
    const port = Number(process.env.PORT);
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new Error(`PORT is "${process.env.PORT}", which is not a port number`);
    }
    if (!(await isFree(port))) throw new Error(`port ${port} (from PORT) is in use; choose another`);
    return port;
  }
  return (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function stop(): Promise<void> {
  stopping ??= (async () => {
    await nodeRed?.stop();
    if (directory) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  })();
  return stopping;
}

function step(number: number, title: string): void {
  console.log(`\n${number}  ${title}`);
}

function say(text: string): void {
  console.log(`   ${text}`);
}

function expect(condition: boolean | undefined, failure: string): asserts condition {
  if (!condition) throw new Error(failure);
}
