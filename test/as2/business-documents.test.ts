import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { bufferFlow, type ByteFlow, fileSource, flowOf, spill } from '../../src/bytes';
import { composeMessage, openMessage } from '../../src/as2';
import { digestNames } from '../../src/cms';
import { safeFilename } from '../../src/mime';
import {
  type BusinessDocument,
  edifactInvoice,
  edifactOrders,
  pdfLike,
  ublInvoice,
  writeLargeFile,
  x12Invoice,
  x12PurchaseOrder,
} from '../support/business-documents';
import { withTempDirectory } from '../support/temp';
import { messageOptions, stations } from './stations';

const MiB = 1024 * 1024;

const documents: readonly (readonly [title: string, document: BusinessDocument])[] = [
  ['EDIFACT ORDERS', edifactOrders()],
  ['EDIFACT INVOIC', edifactInvoice()],
  ['X12 850', x12PurchaseOrder()],
  ['X12 810', x12Invoice()],
  ['UBL invoice', ublInvoice()],
  ['PDF', pdfLike()],
];

const protections = [
  ['plain', false, false],
  ['signed', true, false],
  ['encrypted', false, true],
  ['signed and encrypted', true, true],
] as const;

interface Sent {
  readonly content: ByteFlow;
  readonly contentType: string;
  readonly filename: string;
}

/** Sends it over the disk of `directory`. @returns what arrives: the digest of its bytes, its type and its name */
async function travels(payload: Sent, directory: string, sign: boolean, encrypt: boolean) {
  const { alpha, beta } = await stations();
  const message = composeMessage(
    messageOptions({
      payload,
      ...(sign ? { sign: { keyPair: alpha, digest: 'sha-256' } } : {}),
      ...(encrypt ? { encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' } } : {}),
    }),
  );
  const spillOptions = { directory, thresholdBytes: MiB };
  const body = await spill(message.body.chunks, spillOptions);
  const opened = await openMessage(
    { headers: message.headers, body },
    {
      keys: [beta],
      signingCertificates: [alpha.certificate],
      spill: spillOptions,
      policy: { requireSigned: sign, requireEncrypted: encrypt, allowedDigests: digestNames },
    },
  );
  const hash = createHash('sha256');
  for await (const chunk of opened.payload.bytes.open()) hash.update(chunk);
  await Promise.all([body.dispose(), opened.payload.bytes.dispose()]);
  return {
    sha256: hash.digest('hex'),
    contentType: opened.payload.contentType,
    filename: opened.payload.filename,
  };
}

describe('Business documents', () => {
  for (const [title, { bytes, contentType, filename }] of documents) {
    it(`MIME-02, MIME-03, HDR-17 ${title} travels unchanged, however it is protected`, async () => {
      await withTempDirectory(async (directory) => {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        for (const [protection, sign, encrypt] of protections) {
          const arrived = await travels(
            { content: bufferFlow(bytes), contentType, filename },
            directory,
            sign,
            encrypt,
          );
          assert.deepEqual(arrived, { sha256, contentType, filename }, protection);
        }
      });
    });
  }

  it('MIME-02 a file of 25 MB travels unchanged', async () => {
    await withTempDirectory(async (directory) => {
      const file = await writeLargeFile(join(directory, 'large.bin'), { sizeBytes: 25_000_000 });
      const content = flowOf(await fileSource(join(directory, 'large.bin')));
      const sent = { content, contentType: 'application/octet-stream', filename: 'large.bin' };
      const arrived = await travels(sent, directory, true, true);
      assert.equal(arrived.sha256, file.sha256);
    });
  });

  for (const filename of [
    'Bestellung Köln.edi',
    'a "quoted" name.txt',
    '注文書.xml',
    "it's.csv",
    'back\\slash.txt',
  ]) {
    it(`FN-01 the file name ${filename} arrives, and becomes a safe one`, async () => {
      await withTempDirectory(async (directory) => {
        const content = () => bufferFlow(Buffer.from('x'));
        for (const [protection, sign, encrypt] of protections) {
          const arrived = await travels(
            { content: content(), contentType: 'text/plain', filename },
            directory,
            sign,
            encrypt,
          );
          assert.equal(arrived.filename, filename, protection);
          assert.match(safeFilename(arrived.filename, 'payload'), /^[^/\\"]+$/);
        }
      });
    });
  }
});
