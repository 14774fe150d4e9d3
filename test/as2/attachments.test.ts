import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { judgeReceipt, type OpenedMessage, type OpenOptions, openReceipt } from '../../src/as2';
import { bufferFlow, bufferSource } from '../../src/bytes';
import { parseParameterized } from '../../src/mime';
import { type BusinessDocument, pdfLike, ublInvoice } from '../support/business-documents';
import { withTempDirectory } from '../support/temp';
import { verifiedByOpenssl } from './openssl-smime';
import {
  alphaName,
  asMimeFile,
  betaName,
  collect,
  composed,
  opened,
  payloadBytes,
  stations,
  wire,
} from './stations';

function outgoing({ bytes, contentType, filename }: BusinessDocument) {
  return { content: bufferFlow(bytes), contentType, filename };
}

async function both(documents: readonly BusinessDocument[]) {
  const { alpha, beta } = await stations();
  const [payload, ...attachments] = documents.map(outgoing);
  return composed({
    ...(payload ? { payload } : {}),
    attachments,
    sign: { keyPair: alpha, digest: 'sha-256' },
    encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
  });
}

async function listed({ attachments = [] }: OpenedMessage) {
  const digest = async (bytes: AsyncIterable<Buffer>) =>
    createHash('sha256')
      .update(await collect(bytes))
      .digest('hex');
  return Promise.all(
    attachments.map(async ({ bytes, contentType, filename, root }) => ({
      contentType,
      filename,
      root,
      sha256: await digest(bytes.open()),
    })),
  );
}

function expected(documents: readonly BusinessDocument[], root = 0) {
  return documents.map(({ bytes, contentType, filename }, index) => ({
    contentType,
    filename,
    root: index === root,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
}

const split: Partial<OpenOptions> = { splitAttachments: true };

describe('Several documents in one message', () => {
  it('MIC-09 without any protection: of the body, and what RFC 6362 takes counts too', async () => {
    const [payload, ...attachments] = [ublInvoice(), pdfLike()].map(outgoing);
    const sent = await composed({ ...(payload ? { payload } : {}), attachments });
    const boundary =
      parseParameterized(sent.headers.get('Content-Type') ?? '').parameters.get('boundary') ?? '';
    const text = sent.body.toString('latin1');
    const parts = text.slice(`--${boundary}\r\n`.length, text.lastIndexOf(`\r\n--${boundary}--`));
    const digestOf = (bytes: string) => createHash('sha256').update(bytes, 'latin1').digest('base64');
    const kept = sent.mics.filter(({ algorithm }) => algorithm === 'sha-256');
    assert.deepEqual(
      kept.filter(({ scope }) => scope !== 'entity'),
      [
        { value: digestOf(text), algorithm: 'sha-256', scope: 'body' },
        { value: digestOf(parts), algorithm: 'sha-256', scope: 'parts', alternative: true },
      ],
    );
    // We answer what RFC 4130 says.
    assert.equal((await opened(sent)).mic.value, digestOf(text));
    const messageId = sent.headers.get('Message-ID') ?? '';
    const judged = async (value: string) => {
      const { headers, body } = wire(
        { 'Content-Type': 'message/disposition-notification' },
        [
          `Original-Message-ID: ${messageId}`,
          'Disposition: automatic-action/MDN-sent-automatically; processed',
          `Received-content-MIC: ${value}, sha-256`,
          '',
        ].join('\r\n'),
      );
      const receipt = await openReceipt({ headers, body: bufferSource(body) }, { signingCertificates: [] });
      const stationNames = { ownAs2Name: alphaName, partnerAs2Name: betaName };
      return judgeReceipt(receipt, { messageId, mics: sent.mics, signedRequired: false, ...stationNames });
    };
    const matching = await judged(digestOf(parts));
    assert.deepEqual([matching.positive, matching.micAlternative], [true, true]);
    assert.equal((await judged(digestOf(text))).positive, true);
    assert.equal((await judged(digestOf(`${parts}\r\n`))).problem?.code, 'receipt-mic-mismatch');
  });

  it('MA-01, MA-03, FN-01 an invoice and its PDF arrive as two documents with their names', async () => {
    const documents = [ublInvoice(), pdfLike()];
    const received = await opened(await both(documents), split);
    assert.deepEqual(await listed(received), expected(documents));
    assert.equal(received.payload.filename, documents[0]?.filename, 'the payload is the root');
    assert.match(received.attachments?.[0]?.contentId ?? '', /^[^<>\s]+@alpha\.example$/);
  });

  it('MA-01, MIC-08 the multipart says its type and start; the MIC is over all of it, with its header', async () => {
    const { alpha } = await stations();
    const [payload, ...attachments] = [ublInvoice(), pdfLike()].map(outgoing);
    assert.ok(payload);
    const message = await composed({ payload, attachments, sign: { keyPair: alpha, digest: 'sha-256' } });
    const boundary = parseParameterized(message.headers.get('Content-Type') ?? '').parameters.get('boundary');
    const [, signedPart = ''] = message.body.toString('latin1').split(`--${boundary}\r\n`);
    const part = Buffer.from(signedPart.slice(0, -2), 'latin1');
    const type = parseParameterized(/^Content-Type: (.*)\r\n/.exec(signedPart)?.[1] ?? '');
    assert.equal(type.value, 'multipart/related');
    assert.equal(type.parameters.get('type'), 'application/xml');
    assert.ok(signedPart.includes(`\r\nContent-ID: ${type.parameters.get('start')}\r\n`));
    const received = await opened(message, split);
    assert.equal(received.mic.value, createHash('sha256').update(part).digest('base64'));
  });

  it('MA-01, MIC-08 openssl verifies it', async () => {
    const { alpha } = await stations();
    const text = (content: string) => ({
      content: bufferFlow(Buffer.from(content)),
      contentType: 'text/plain',
    });
    const message = await composed({
      payload: text('one\r\n'),
      attachments: [text('two\r\n')],
      sign: { keyPair: alpha, digest: 'sha-256' },
    });
    assert.match(
      (await verifiedByOpenssl(asMimeFile(message), alpha)).toString(),
      /^Content-Type: multipart\/related;/,
    );
  });

  it('MA-04 one of each type that must be taken', async () => {
    const types = ['xml', 'pdf', 'msword', 'rtf', 'octet-stream', 'zip'].map((name) => `application/${name}`);
    const more = ['image/gif', 'image/tiff', 'image/jpeg', 'text/plain', 'text/html', 'text/rtf', 'text/xml'];
    const documents = [...types, ...more].map((contentType, index) => ({
      contentType,
      filename: `document-${index}`,
      bytes: Buffer.from(`${contentType}\r\n\n\r\u0000${index}`),
    }));
    assert.deepEqual(await listed(await opened(await both(documents), split)), expected(documents));
  });

  it('unless asked to split, the payload is the multipart as a whole', async () => {
    const received = await opened(await both([ublInvoice(), pdfLike()]));
    assert.equal(received.attachments, undefined);
    assert.match(received.payload.contentType, /^multipart\/related;/);
    assert.ok((await payloadBytes(received)).includes('%PDF-'));
  });

  const part = (headers: string, body: string) => `--b\r\n${headers}${headers ? '\r\n' : ''}\r\n${body}\r\n`;
  const foreign: readonly (readonly [
    title: string,
    contentType: string,
    body: string,
    bodies: string[],
    root: number,
  ])[] = [
    [
      'MA-01 no start: the first part is the root',
      'multipart/related; type="text/plain"; boundary=b',
      part('Content-Type: text/plain', 'one') + part('Content-Type: text/plain', 'two'),
      ['one', 'two'],
      0,
    ],
    [
      'MA-01 start names the second, without brackets',
      'multipart/related; start="2@x"; boundary=b',
      part('Content-ID: <1@x>', 'one') + part('Content-ID: <2@x>', 'two'),
      ['one', 'two'],
      1,
    ],
    [
      'MA-01 start names nobody',
      'multipart/related; start="<9@x>"; boundary=b',
      part('Content-ID: <1@x>', 'one') + part('', 'two'),
      ['one', 'two'],
      0,
    ],
    [
      'MA-01 multipart/mixed, parts without a type',
      'Multipart/Mixed; boundary=b',
      part('', 'one') + part('X-A: b', 'two'),
      ['one', 'two'],
      0,
    ],
    [
      'MIME-06 a part in base64',
      'multipart/related; boundary=b',
      part('Content-Transfer-Encoding: base64', 'b25l') + part('', 'two'),
      ['one', 'two'],
      0,
    ],
    [
      'a multipart in a multipart stays one document',
      'multipart/related; boundary=b',
      part('Content-Type: multipart/mixed; boundary=c', '--c\r\n\r\nx\r\n--c--'),
      ['--c\r\n\r\nx\r\n--c--'],
      0,
    ],
  ];
  for (const [title, contentType, body, bodies, root] of foreign) {
    it(title, async () => {
      const received = await opened(wire({ 'Content-Type': contentType }, `${body}--b--\r\n`), split);
      const texts = await Promise.all(
        (received.attachments ?? []).map(async ({ bytes }) => (await collect(bytes.open())).toString()),
      );
      assert.deepEqual(texts, bodies);
      assert.deepEqual(
        received.attachments?.map((attachment) => attachment.root),
        bodies.map((_, index) => index === root),
      );
      assert.equal((await payloadBytes(received)).toString(), bodies[root]);
      assert.equal(
        received.mic.value,
        createHash('sha256').update(`${body}--b--\r\n`).digest('base64'),
        'MIC-09',
      );
    });
  }

  it('MA-05 one altered byte in one document: nothing is taken, nothing is left', async () => {
    const { alpha } = await stations();
    const [payload, ...attachments] = [ublInvoice(), pdfLike()].map(outgoing);
    assert.ok(payload);
    const { headers, body } = await composed({
      payload,
      attachments,
      sign: { keyPair: alpha, digest: 'sha-256' },
    });
    body[body.indexOf('%PDF-') + 20] = 0;
    await withTempDirectory(async (directory) => {
      const spill = { directory, thresholdBytes: 1 };
      await assert.rejects(opened({ headers, body }, { ...split, spill }), {
        code: 'signature-content-altered',
      });
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('SEC-11, MIME-10 too many parts, too many bytes in all, an end that is missing: nothing is left', async () => {
    const many = wire(
      { 'Content-Type': 'multipart/mixed; boundary=b' },
      `${part('', 'x').repeat(30)}--b--\r\n`,
    );
    await withTempDirectory(async (directory) => {
      const spill = { directory, thresholdBytes: 0 };
      await assert.rejects(opened(many, { ...split, spill, limits: { parts: 29 } }), {
        code: 'mime-too-many-parts',
      });
      await assert.rejects(opened(many, { ...split, spill: { ...spill, limitBytes: 29 } }), {
        code: 'payload-too-large',
      });
      const cut = { ...many, body: many.body.subarray(0, -8) };
      await assert.rejects(opened(cut, { ...split, spill }), { code: 'mime-multipart-truncated' });
      const none = wire({ 'Content-Type': 'multipart/mixed; boundary=b' }, '--b--\r\n');
      await assert.rejects(opened(none, { ...split, spill }), { code: 'attachments-missing' });
      assert.deepEqual(await readdir(directory), []);
    });
  });
});
