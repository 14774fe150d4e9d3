import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import type { ReceivedAttachment } from '../../../src/exchange';
import { uniqueFilenames } from '../../../src/exchange/receiving/filenames';
import { receiving } from '../../partner/receiving';
import { composeWire, receiptIn } from '../../partner/wire-message';

interface Part {
  readonly type: string;
  readonly content: string | Buffer;
  readonly id?: string;
  readonly filename?: string;
}

const XML = '<?xml version="1.0"?><order><drawing href="cid:2@alpha"/></order>';
const PDF = Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 0xff, 0x0d, 0x0a, 0x80]);

/** multipart/related as RFC 6362 has it. */
function related(
  parts: readonly Part[],
  start = '; start="<1@alpha>"',
): { payload: Buffer; contentType: string } {
  const body = parts.map(({ type, content, id, filename }) =>
    Buffer.concat([
      Buffer.from(
        [
          '--r',
          `Content-Type: ${type}`,
          ...(id === undefined ? [] : [`Content-ID: <${id}>`]),
          ...(filename === undefined ? [] : [`Content-Disposition: attachment; filename="${filename}"`]),
          '',
          '',
        ].join('\r\n'),
      ),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
  );
  return {
    payload: Buffer.concat([...body, Buffer.from('--r--\r\n')]),
    contentType: `multipart/related; boundary=r; type="${parts[0]?.type}"${start}`,
  };
}

const order: Part = { type: 'application/xml', content: XML, id: '1@alpha', filename: 'order.xml' };
const drawing: Part = { type: 'application/pdf', content: PDF, id: '2@alpha', filename: 'drawing.pdf' };

describe('exchange: attachments that arrive', () => {
  it('MA-01, MA-02, MA-03: each document for itself, with type, id, name and root, also without announcement', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const answer = await post(await composeWire(alpha, beta, related([order, drawing])));
      const receipt = await receiptIn(answer, beta.keyPair.certificate);
      assert.match(receipt.dispositionText, /processed$/);
      assert.match(answer.headers.get('EDIINT-Features') ?? '', /multiple-attachments/, 'HDR-04');
      assert.equal(answer.headers.get('AS2-Version'), '1.2');
      const [message] = station.messages;
      assert.deepEqual(message?.attachments?.map(described), [
        {
          contentType: 'application/xml',
          contentId: '1@alpha',
          filename: 'order.xml',
          root: true,
          sizeBytes: XML.length,
        },
        {
          contentType: 'application/pdf',
          contentId: '2@alpha',
          filename: 'drawing.pdf',
          root: false,
          sizeBytes: PDF.length,
        },
      ]);
      assert.deepEqual([message.contentType, message.filename], ['application/xml', 'order.xml']);
      assert.equal((await message.payload.read()).toString(), XML, 'the root is the payload');
      assert.ok((await message.attachments?.[1]?.payload.read())?.equals(PDF));
    });
  });

  it('the root is what start names; without it the first part', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      await post(await composeWire(alpha, beta, related([order, drawing], '; start="<2@alpha>"')));
      await post(await composeWire(alpha, beta, related([order, drawing], '')));
      assert.deepEqual(
        station.messages.map(({ filename }) => filename),
        ['drawing.pdf', 'order.xml'],
      );
    });
  });

  it('law 2: all documents are durable files before the flow sees the message, and after a restart', async () => {
    const large = { ...drawing, content: Buffer.alloc(300_000, 'x') };
    const paths: string[] = [];
    await receiving(
      {
        thresholdBytes: 1000,
        async handOver({ attachments = [] }) {
          for (const { payload } of attachments) paths.push(await payload.file());
          return { accept: true };
        },
      },
      async ({ alpha, beta, post, station }) => {
        await post(await composeWire(alpha, beta, related([order, large])));
        const contents = await Promise.all(paths.map((path) => readFile(path)));
        assert.deepEqual(
          contents.map(({ length }) => length),
          [XML.length, 300_000],
        );
        assert.ok(paths.every((path) => path.startsWith(station.spool.directory)));
        assert.deepEqual(await readdir(station.spool.spill.directory), []);
      },
    );
  });

  it('REL-04, REL-06: a repeat is one when all documents are the same', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const messageId = '<with-attachments@alpha.example>';
      const first = await post(await composeWire(alpha, beta, { messageId, ...related([order, drawing]) }));
      const again = await post(await composeWire(alpha, beta, { messageId, ...related([order, drawing]) }));
      assert.ok(first.body.equals(again.body));
      const changed = { ...drawing, content: 'another drawing' };
      await post(await composeWire(alpha, beta, { messageId, ...related([order, changed]) }));
      assert.equal((await station.event('message-rejected')).error?.code, 'message-id-reused');
      assert.equal(station.messages.length, 1);
    });
  });

  it('MA-05: one altered document invalidates all of them', async () => {
    await receiving(
      { partner: { requires: { requireSigned: true } } },
      async ({ alpha, beta, post, station }) => {
        const message = await composeWire(alpha, beta, {
          ...related([order, drawing]),
          protection: 'signed',
        });
        const body = Buffer.from(message.body);
        body[body.indexOf(PDF) + 5] = 0;
        const receipt = await receiptIn(await post({ ...message, body }), beta.keyPair.certificate);
        assert.match(receipt.dispositionText, /integrity-check-failed/);
        assert.equal(station.messages.length, 0);
      },
    );
  });

  it('MA-04: documents of all kinds come unmodified', async () => {
    const types = [
      ...['xml', 'pdf', 'msword', 'rtf', 'octet-stream', 'zip'].map((name) => `application/${name}`),
      ...['gif', 'tiff', 'jpeg'].map((name) => `image/${name}`),
      ...['plain', 'html', 'rtf', 'xml'].map((name) => `text/${name}`),
    ];
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256));
    const parts = types.map((type): Part => ({ type, content: Buffer.concat([bytes, Buffer.from(type)]) }));
    await receiving({}, async ({ alpha, beta, post, station }) => {
      await post(await composeWire(alpha, beta, related(parts)));
      const documents = station.messages[0]?.attachments ?? [];
      assert.deepEqual(
        documents.map(({ contentType }) => contentType),
        types,
      );
      for (const [at, { payload }] of documents.entries()) {
        assert.ok((await payload.read()).equals(parts[at]?.content as Buffer), types[at]);
      }
    });
  });

  it('SEC-11: more documents than are kept in files of their own are refused', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const many = Array.from({ length: 300 }, (_, n): Part => ({ type: 'text/plain', content: String(n) }));
      const receipt = await receiptIn(
        await post(await composeWire(alpha, beta, related(many))),
        beta.keyPair.certificate,
      );
      assert.match(receipt.dispositionText, /unexpected-processing-error/);
      assert.equal((await station.event('message-rejected')).error?.code, 'mime-too-many-parts');
    });
  });

  it('the multipart as it came, where that is wanted', async () => {
    await receiving({ splitAttachments: false }, async ({ alpha, beta, post, station }) => {
      const wanted = related([order, drawing]);
      await post(await composeWire(alpha, beta, wanted));
      const [message] = station.messages;
      assert.equal(message?.attachments, undefined);
      assert.match(message?.contentType ?? '', /^multipart\/related/);
      assert.ok((await message?.payload.read())?.equals(wanted.payload));
    });
  });

  it('a message of one document has no list', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      await post(await composeWire(alpha, beta));
      await post(await composeWire(alpha, beta, related([order])));
      assert.deepEqual(
        station.messages.map(({ attachments, filename }) => [attachments, filename]),
        [
          [undefined, 'order.edi'],
          [undefined, 'order.xml'],
        ],
      );
    });
  });

  it('FN-03: names that are the same, or would lead elsewhere, are made different and safe', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const named = (filename: string): Part => ({ type: 'text/plain', content: filename, filename });
      const parts = [
        named('a.txt'),
        named('../../A.TXT'),
        named('a.txt'),
        named('CON'),
        { ...order, filename: 'a.txt' },
      ];
      await post(await composeWire(alpha, beta, related(parts)));
      assert.deepEqual(
        station.messages[0]?.attachments?.map(({ filename }) => filename),
        ['a.txt', 'A (2).TXT', 'a (3).txt', '_CON', 'a (4).txt'],
      );
      assert.equal(station.messages[0]?.filename, 'a (4).txt', 'the root goes by its own name');
    });
    assert.deepEqual(uniqueFilenames(['x', undefined, 'x', '', 'x (2)']), [
      'x',
      undefined,
      'x (2)',
      'unnamed',
      'x (2) (2)',
    ]);
  });

  it('DSP-10, FN-03: refused with the reason, for a partner who wants it so', async () => {
    const refuse = { partner: { unsuitableFilenames: 'refuse' } } as const;
    const twice = related([order, { ...drawing, filename: 'order.xml' }]);
    for (const [options, disposition, text] of [
      [{ filename: '../etc/passwd' }, 'illegal-filename', /name of a file/],
      [twice, 'duplicate-filename', /same name/],
      [{ filename: 'order.edi' }, undefined, /received/],
      [related([order, drawing]), undefined, /received/],
    ] as const) {
      await receiving(refuse, async ({ alpha, beta, post, station }) => {
        const receipt = await receiptIn(
          await post(await composeWire(alpha, beta, options)),
          beta.keyPair.certificate,
        );
        assert.equal(receipt.disposition.description, disposition);
        assert.match(receipt.text.replace(/\s+/g, ' '), text);
        assert.ok(receipt.mic, 'MIC-12: the content could be read');
        assert.equal(station.messages.length, disposition ? 0 : 1);
        assert.deepEqual(await readdir(station.spool.spill.directory), []);
      });
    }
  });

  it('FN-01, FN-02: the name is that of the document inside; unsigned it is as good as its sender', async () => {
    await receiving({ partner: { requires: {} } }, async ({ alpha, beta, post, station }) => {
      for (const protection of ['signed+encrypted', 'none'] as const) {
        await post(await composeWire(alpha, beta, { protection, filename: 'order 4711.edi' }));
      }
      assert.deepEqual(
        station.messages.map(({ filename, signed }) => [filename, signed]),
        [
          ['order 4711.edi', true],
          ['order 4711.edi', false],
        ],
      );
    });
  });
});

function described({ payload: _payload, ...rest }: ReceivedAttachment): object {
  return rest;
}
