import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DebugSidebar } from '../support/debug-sidebar';
import { findNode, withFreshKeys } from '../support/example-flows';
import { type FlowNode, type NodeRedProcess, startNodeRed } from '../support/node-red-process';

interface Sent {
  readonly messageId: string;
  readonly filename: string;
  readonly receipt: {
    readonly disposition: string;
    readonly micMatches: boolean;
    readonly signed: boolean;
    readonly text: string;
  };
}
interface Received {
  readonly messageId: string;
  readonly partner: string;
  readonly signed: boolean;
  readonly encrypted: boolean;
}

describe('the examples, imported and used in a real Node-RED', function () {
  this.timeout(180_000);

  let nodeRed: NodeRedProcess;
  let sidebar: DebugSidebar;

  before(async () => {
    nodeRed = await startNodeRed();
    sidebar = await nodeRed.debugSidebar();
  });
  after(() => nodeRed?.stop());

  /** What the import dialog brings. */
  const imported = (name: string) =>
    nodeRed.getJson<FlowNode[]>(`/library/examples/flows/node-red-contrib-as2/${encodeURIComponent(name)}`);

  it('01: an order travels and its receipt is verified', async () => {
    const flow = await withFreshKeys(await imported('01 - Loopback'), nodeRed.url);
    await nodeRed.deploy(flow);
    await nodeRed.inject(findNode(flow, 'inject', 'Send an order').id);

    const received = await sidebar.next<Received>('Order received', { unless: 'What went wrong' });
    assert.equal(received.partner, 'Acorn Retail');
    assert.ok(received.signed && received.encrypted);
    const sent = await sidebar.next<Sent>('Receipt', { unless: 'What went wrong' });
    assertVerified(sent);
    assert.equal(sent.messageId, received.messageId);

    const folder = join(nodeRed.userDirectory, 'as2-loopback');
    const original = await readFile(join(folder, 'sent', sent.filename));
    assert.match(original.toString(), /^UNA:\+\.\? '\r\nUNB\+UNOC:3/);
    assert.ok(original.equals(await readFile(join(folder, 'received', sent.filename))));
  });

  it('04: three documents travel as one message, and the receipt comes when all are saved', async () => {
    const flow = await withFreshKeys(await imported('04 - Several documents, receipt later'), nodeRed.url);
    await nodeRed.deploy(flow);
    await nodeRed.inject(findNode(flow, 'inject', 'Send three documents').id);
    const failures = { unless: 'What went wrong' };

    const saved: Received[] = [];
    for (let count = 0; count < 3; count++) {
      saved.push(await sidebar.next<Received>('Document saved', failures));
    }
    const sent = await sidebar.next<Sent>('Receipt', failures);
    assertVerified(sent);
    assert.match(sent.receipt.text, /Saved\./);
    assert.deepEqual([...new Set(saved.map(({ messageId }) => messageId))], [sent.messageId]);
    const files = await readdir(join(nodeRed.userDirectory, 'as2-together'));
    assert.deepEqual(files.map((file) => file.replace(/\d+/, 'N')).toSorted(), [
      'delivery-note-N.txt',
      'invoice-N.xml',
      'parcel-N.png',
    ]);
  });

  describe('02 sends to 03', () => {
    let folder: string;
    let inbox: string;
    let flow: FlowNode[];

    /** Both examples on one Node-RED: the partner of each is the company of the other. */
    const deployBoth = async (inboxDirectory: string) => {
      const sending = swapNames(await imported('02 - Folder to partner'));
      const receiving = await imported('03 - Receive and save, receipt after saving');
      flow = await withFreshKeys([...sending, ...receiving], nodeRed.url);
      setEnvironment(flow, 'AS2_FOLDER', folder);
      setEnvironment(flow, 'AS2_INBOX', inboxDirectory);
      // The test presses the button; two runs at a time would both want the same file.
      for (const inject of flow.filter(({ type }) => type === 'inject'))
        Object.assign(inject, { repeat: '', once: false });
      for (const partner of flow.filter(({ type }) => type === 'as2-partner'))
        partner.url = `${nodeRed.url}/as2`;
      await nodeRed.deploy(flow);
    };

    /** A file that was finished a minute ago, as far as its time tells. */
    const putIntoOutbox = async (name: string, content: string) => {
      const file = join(folder, 'outbox', name);
      await mkdir(join(folder, 'outbox'), { recursive: true });
      await writeFile(file, content);
      const aMinuteAgo = new Date(Date.now() - 60_000);
      await utimes(file, aMinuteAgo, aMinuteAgo);
      await nodeRed.inject(findNode(flow, 'inject', 'Every 10 seconds').id);
    };

    before(() => {
      folder = join(nodeRed.userDirectory, 'outgoing');
      inbox = join(nodeRed.userDirectory, 'incoming');
    });

    it('the receipt leaves when the file is saved, and the sent file moves to "sent"', async () => {
      await deployBoth(inbox);
      await putIntoOutbox('invoice 4711.xml', '<Invoice>4711</Invoice>');
      assertVerified(await sidebar.next<Sent>('Receipt', { unless: 'Why it was not sent' }));
      await sidebar.next<Received>('Document saved', { unless: 'Why it was rejected' });

      assert.deepEqual(await readdir(join(folder, 'sent')), ['invoice 4711.xml']);
      assert.deepEqual(await readdir(join(folder, 'sending')), []);
      const [saved = ''] = await readdir(inbox);
      assert.match(saved, /-invoice 4711\.xml$/);
      assert.equal(await readFile(join(inbox, saved), 'utf8'), '<Invoice>4711</Invoice>');
    });

    it('a file that is still being written waits', async () => {
      const half = join(folder, 'outbox', 'half.xml');
      await writeFile(half, '<Invoice>');
      // However long the test takes, it has just been written.
      const soon = new Date(Date.now() + 3_600_000);
      await utimes(half, soon, soon);
      await putIntoOutbox('whole.xml', '<Invoice/>');
      await sidebar.next<Sent>('Receipt', { unless: 'Why it was not sent' });
      assert.deepEqual(await readdir(join(folder, 'outbox')), ['half.xml']);
      await rm(half);
    });

    it('when saving fails the partner gets a negative receipt, and the file moves to "failed"', async () => {
      const notAFolder = join(nodeRed.userDirectory, 'settings.js');
      await deployBoth(notAFolder);
      await putIntoOutbox('invoice 4712.xml', '<Invoice>4712</Invoice>');
      const error = await sidebar.next<string>('Why it was not sent', { unless: 'Receipt' });
      assert.match(error, /^receipt-negative: .*could not be saved/);
      // It is moved while the reason is shown.
      const moved = async () => readdir(join(folder, 'failed')).catch(() => []);
      while ((await moved()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(await moved(), ['invoice 4712.xml']);
    });
  });
});

function assertVerified({ receipt }: Sent): void {
  assert.equal(receipt.disposition, 'automatic-action/MDN-sent-automatically; processed');
  assert.equal(receipt.signed, true);
  assert.equal(receipt.micMatches, true);
}

/** Seen from the other side: the identity becomes the partner's, the partner ours. */
function swapNames(flow: readonly FlowNode[]): FlowNode[] {
  const swapped: Record<string, string> = { 'MY-COMPANY': 'PARTNER', PARTNER: 'MY-COMPANY' };
  return flow.map((node) =>
    node.as2Name === undefined ? node : { ...node, as2Name: swapped[node.as2Name as string] },
  );
}

function setEnvironment(flow: readonly FlowNode[], name: string, value: string): void {
  for (const tab of flow.filter(({ type }) => type === 'tab')) {
    for (const variable of tab.env as { name: string; value: string }[]) {
      if (variable.name === name) variable.value = value;
    }
  }
}
