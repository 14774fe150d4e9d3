import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferSource, fileSource } from '../../src/bytes';
import type { SendingSettings } from '../../src/exchange';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from '../partner/parties';
import { type Sender, withSender } from '../partner/sender';
import { type Station, withStation } from '../partner/station';
import {
  edifactInvoice,
  edifactOrders,
  pdfLike,
  ublInvoice,
  writeLargeFile,
  x12Invoice,
  x12PurchaseOrder,
} from '../support/business-documents';
import { withTempDirectory } from '../support/temp';

describe('exchange: from one station to the other', () => {
  it('business documents travel unchanged, both ways, with verified receipts', async () => {
    const documents = [
      edifactOrders(),
      edifactInvoice(),
      x12PurchaseOrder(),
      x12Invoice(),
      ublInvoice(),
      pdfLike(),
    ];
    const { alpha, beta } = await alphaAndBeta();
    for (const [from, to] of [
      [alpha, beta],
      [beta, alpha],
    ] as const) {
      await between(from, to, {}, async ({ sender, station, outgoing }) => {
        for (const { bytes, contentType, filename } of documents) {
          const outcome = await sender.send(outgoing, {
            payload: { content: bufferSource(bytes), contentType, filename },
            subject: `Grüße: ${filename}`,
          });
          assert.equal(outcome.error, undefined);
          assert.ok(outcome.ok);
          const { receipt } = outcome;
          assert.equal(receipt?.disposition, 'automatic-action/MDN-sent-automatically; processed');
          assert.equal(receipt?.micMatches, true);
          assert.equal(receipt?.mic, outcome.mic);
          assert.equal(receipt?.signed, true);
          assert.equal(receipt?.signer?.fingerprintSha256, to.keyPair.certificate.fingerprintSha256);
          assert.match(receipt?.text ?? '', /The message was received/);

          const message = station.messages.at(-1);
          assert.ok(message);
          assert.ok((await message.payload.read()).equals(bytes), filename);
          assert.equal(message.contentType, contentType);
          assert.equal(message.filename, filename);
          assert.equal(message.subject, `Grüße: ${filename}`);
          assert.equal(message.sizeBytes, bytes.length);
          assert.equal(message.from, from.as2Name);
          assert.equal(message.to, to.as2Name);
          assert.equal(message.messageId, outcome.messageId);
          assert.equal(message.mic, outcome.mic);
          assert.equal(message.signer?.fingerprintSha256, from.keyPair.certificate.fingerprintSha256);
          assert.deepEqual(message.algorithms, {
            digest: 'sha-256',
            signature: message.algorithms.signature,
            cipher: 'aes-256-cbc',
          });
          const { payload: _payload, ...plain } = message;
          assert.deepEqual(JSON.parse(JSON.stringify(plain)), plain, 'plain JSON');
        }
      });
    }
  });

  it('a file of 25 MB travels unchanged, from disk to disk', async () => {
    await withTempDirectory(async (directory) => {
      const file = await writeLargeFile(join(directory, 'large'));
      const { alpha, beta } = await alphaAndBeta();
      await between(alpha, beta, {}, async ({ sender, station, outgoing }) => {
        const { filename, contentType } = file;
        const content = await fileSource(file.path);
        const outcome = await sender.send(outgoing, { payload: { content, filename, contentType } });
        assert.equal(outcome.error, undefined);
        const [message] = station.messages;
        assert.ok(message);
        const digest = createHash('sha256');
        for await (const chunk of message.payload.open()) digest.update(chunk);
        assert.equal(digest.digest('hex'), file.sha256);
        assert.equal((await stat(await message.payload.file())).size, file.sizeBytes);
        assert.deepEqual(await leftovers(station), []);
        assert.deepEqual(await leftovers(sender), []);
      });
    });
  });

  // RFC 4130 §2.4.2 without compression.
  const permutations: readonly (readonly [string, Partial<SendingSettings>])[] = [
    ['PERM-01 plain, no receipt', { sign: 'none', encrypt: 'none', receipt: 'none' }],
    ['PERM-02 plain, unsigned receipt', { sign: 'none', encrypt: 'none', receipt: 'unsigned' }],
    ['PERM-03 plain, signed receipt', { sign: 'none', encrypt: 'none', receipt: 'signed' }],
    ['PERM-04 encrypted, no receipt', { sign: 'none', receipt: 'none' }],
    ['PERM-05 encrypted, unsigned receipt', { sign: 'none', receipt: 'unsigned' }],
    ['PERM-06 encrypted, signed receipt', { sign: 'none', receipt: 'signed' }],
    ['PERM-07 signed, no receipt', { encrypt: 'none', receipt: 'none' }],
    ['PERM-08 signed, unsigned receipt', { encrypt: 'none', receipt: 'unsigned' }],
    ['PERM-09 signed, signed receipt', { encrypt: 'none', receipt: 'signed' }],
    ['PERM-10 signed and encrypted, no receipt', { receipt: 'none' }],
    ['PERM-11 signed and encrypted, unsigned receipt', { receipt: 'unsigned' }],
    ['PERM-12 signed and encrypted, signed receipt', { receipt: 'signed' }],
    ['SHA-384 and AES-128', { sign: 'sha-384', encrypt: 'aes-128-cbc' }],
    ['SHA-512 and AES-192', { sign: 'sha-512', encrypt: 'aes-192-cbc' }],
  ];
  for (const [title, sending] of permutations) {
    it(title, async () => {
      const { alpha, beta } = await alphaAndBeta();
      await between(alpha, beta, { sending, requires: {} }, async ({ sender, station, outgoing }) => {
        const outcome = await sender.send(outgoing);
        assert.equal(outcome.error, undefined);
        const [message] = station.messages;
        assert.equal(message?.signed, sending.sign !== 'none');
        assert.equal(message?.encrypted, sending.encrypt !== 'none');
        assert.equal(message?.receipt.requested, sending.receipt ?? 'signed');
        assert.equal(outcome.httpStatus, 200);
        if (sending.receipt === 'none') {
          assert.equal(outcome.receipt, undefined);
        } else {
          assert.equal(outcome.receipt?.micMatches, true);
          assert.equal(outcome.receipt?.signed, sending.receipt !== 'unsigned');
        }
      });
    });
  }

  it('tells what happens, step by step, and keeps a record on both sides', async () => {
    const { alpha, beta } = await alphaAndBeta();
    await between(alpha, beta, {}, async ({ sender, station, outgoing }) => {
      const outcome = await sender.send(outgoing);
      assert.deepEqual(
        sender.events.map(({ type }) => type),
        ['message-composed', 'message-sent', 'receipt-received', 'send-completed'],
      );
      await station.event('receipt-sent');
      assert.deepEqual(
        station.events.map(({ type }) => type),
        ['message-received', 'message-handed-over', 'message-decided', 'receipt-sent'],
      );
      for (const event of [...sender.events, ...station.events]) {
        assert.equal(event.messageId, outcome.messageId);
        assert.ok(event.exchangeId);
        assert.ok(event.partner);
      }
      const key = { from: 'ALPHA', to: 'Beta Corp', messageId: outcome.messageId.slice(1, -1) };
      const sent = await sender.spool.find('out', key);
      const received = await station.spool.find('in', key);
      assert.equal(sent?.record.state, 'completed');
      assert.ok(received);
      const history = await station.spool.history(received.record.id);
      assert.deepEqual(
        history.slice(0, 3).map(({ state }) => state),
        ['received', 'taken', 'accepted'],
      );
      for (const folder of [sent, received]) {
        assert.ok(folder);
        assert.ok(await folder.has('request.raw'));
        assert.ok(await folder.has('receipt'));
        assert.ok(await folder.has('request-headers.json'));
      }
      const [requestSent, requestReceived] = [
        await sent?.read('request.raw'),
        await received?.read('request.raw'),
      ];
      assert.ok(requestSent && requestReceived?.equals(requestSent), 'what was spooled is what arrived');
      const [receiptGot, receiptGiven] = [await sent?.read('receipt'), await received?.read('receipt')];
      const bodyOf = (file?: Buffer) => file?.subarray(file.indexOf('\r\n\r\n'));
      assert.deepEqual(bodyOf(receiptGot), bodyOf(receiptGiven));
      assert.ok(
        (await received?.read('payload'))?.equals(
          (await station.messages[0]?.payload.read()) ?? Buffer.alloc(0),
        ),
      );
    });
  });

  it('a listener that throws disturbs nothing', async () => {
    const { alpha, beta } = await alphaAndBeta();
    await between(alpha, beta, {}, async ({ sender, outgoing }) => {
      const outcome = await sender.send(outgoing, {
        onEvent: () => {
          throw new Error('from a listener');
        },
      });
      assert.equal(outcome.error, undefined);
    });
  });
});

interface Connected {
  readonly sender: Sender;
  readonly station: Station;
  readonly outgoing: ReturnType<typeof relationshipOf>;
  readonly url: string;
}

/** `from` sends to `to`, both configured for each other. */
async function between(
  from: Party,
  to: Party,
  changes: PartnerChanges,
  work: (connected: Connected) => Promise<void>,
): Promise<void> {
  const { requires = { requireSigned: true, requireEncrypted: true } } = changes;
  await withStation({ relationships: [relationshipOf(to, from, { requires })] }, async (station) => {
    await withSender(async (sender) => {
      const { url } = station;
      await work({ sender, station, outgoing: relationshipOf(from, to, { ...changes, url }), url });
    });
  });
}

async function leftovers({ spool }: Pick<Station | Sender, 'spool'>): Promise<string[]> {
  return readdir(spool.spill.directory);
}
