import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openMessage } from '../../../src/as2';
import { bufferSource, type ByteSource, fileSource } from '../../../src/bytes';
import { withTempDirectory } from '../../support/temp';
import { testKeyPair } from '../../support/keys';
import { CONTENT, OutboxBench, until } from './outbox-bench';

describe('exchange: outbox, what is taken', () => {
  describe('when it rejects, nothing stays', () => {
    const broken = {
      async *open() {
        yield Buffer.alloc(300_000);
        throw new Error('EIO: i/o error, read');
      },
    };
    const circular: { self?: object } = {};
    circular.self = circular;
    const cases = [
      [
        'a stream that fails',
        { payload: { content: broken, contentType: 'text/plain' } },
        'payload-unreadable',
      ],
      [
        'an attachment that fails',
        {
          payload: {
            content: bufferSource(CONTENT),
            contentType: 'text/plain',
            attachments: [{ content: broken, contentType: 'text/plain' }],
          },
        },
        'payload-unreadable',
      ],
      ['too much to remember', { context: { big: 'x'.repeat(1024 * 1024) } }, 'context-unusable'],
      ['something to remember that is no JSON', { context: circular }, 'context-unusable'],
      ['a Message-ID that is none', { messageId: 'order 1' }, 'message-id-invalid'],
    ] as const;
    for (const [title, changes, code] of cases) {
      it(title, async () => {
        await OutboxBench.run({}, async (bench) => {
          await assert.rejects(bench.submit(changes), { code });
          assert.deepEqual(await readdir(bench.spool.spill.directory), []);
          assert.deepEqual(await bench.spool.list({ direction: 'out', limit: 10 }), []);
          assert.equal(bench.partner.arrived.length, 0);
          assert.equal(bench.eventsOf('send-failed')[0]?.error?.code, code);
          await bench.idle();
        });
      });
    }

    it('certificates that are not valid, ours and the partner’s: nothing is composed', async () => {
      const day = 24 * 3_600_000;
      const expired = await testKeyPair('Expired', {
        notBefore: new Date(Date.now() - 20 * day),
        validDays: 5,
      });
      for (const changes of [
        { encryptionCertificate: expired.certificate },
        { identity: { keyPairs: [expired] } },
      ]) {
        await OutboxBench.run({ partner: changes }, async (bench) => {
          await assert.rejects(bench.submit(), { code: 'certificate-expired' });
          assert.deepEqual(await bench.spool.list({ direction: 'out', limit: 10 }), []);
        });
      }
    });

    it('a file that goes while it is read', async () => {
      await withTempDirectory(async (temp) => {
        const path = join(temp, 'order.edi');
        await writeFile(path, Buffer.alloc(500_000));
        const content = await fileSource(path);
        await rm(path);
        await OutboxBench.run({}, async (bench) => {
          await assert.rejects(bench.submit({ payload: { content, contentType: 'text/plain' } }), {
            code: 'payload-unreadable',
          });
          assert.deepEqual(await readdir(bench.spool.spill.directory), []);
        });
      });
    });

    it('a disk that does not work', async () => {
      await OutboxBench.run({}, async (bench) => {
        const { directory } = bench.spool.spill;
        await rm(directory, { recursive: true });
        await writeFile(directory, 'a file where the directory was');
        const content = bufferSource(Buffer.alloc(500_000));
        await assert.rejects(bench.submit({ payload: { content, contentType: 'text/plain' } }), {
          code: 'store-unavailable',
        });
        await rm(directory);
      });
    });
  });

  it('REL-02: a Message-ID that was used before is refused', async () => {
    await OutboxBench.run({}, async (bench) => {
      const messageId = '<order-4711@alpha.example>';
      await bench.send({ messageId });
      await assert.rejects(bench.submit({ messageId }), { code: 'message-id-taken' });
      const twice = await Promise.allSettled(['a', 'b'].map(() => bench.submit({ messageId: '<x@y>' })));
      assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      await bench.idle();
      assert.equal(bench.partner.arrived.length, 2);
    });
  });

  it('of very many messages only some are composed at a time; streams do not wait for each other', async () => {
    await OutboxBench.run({}, async (bench) => {
      let reading = 0;
      let most = 0;
      const last = Promise.withResolvers<void>();
      const contentOf = (isStream: boolean): ByteSource => ({
        ...(isStream ? {} : { length: CONTENT.length }),
        async *open() {
          most = Math.max(most, ++reading);
          if (isStream && reading === 50) last.resolve();
          await (isStream ? last.promise : new Promise(setImmediate));
          yield CONTENT;
          reading--;
        },
      });
      for (const isStream of [false, true]) {
        most = 0;
        const payloads = Array.from({ length: 50 }, () => ({
          content: contentOf(isStream),
          contentType: 'application/edifact',
        }));
        await Promise.all(payloads.map(async (payload) => bench.submit({ payload })));
        assert.equal(most, isStream ? 50 : 32);
      }
      await until(() => bench.told.length === 100, 'all are there');
    });
  });

  it('keeps what was sent, small and large, whatever the protection; or not, if told so', async () => {
    const large = Buffer.alloc(700_000, 'large content ');
    for (const content of [CONTENT, large]) {
      for (const sending of [{}, { sign: 'none', encrypt: 'none' }] as const) {
        await OutboxBench.run({ partner: { sending }, listener: 'nobody' }, async (bench) => {
          const payload = { content: bufferSource(content), contentType: 'text/plain' };
          await bench.submit({ payload });
          await bench.idle();
          await bench.restart();
          bench.attach();
          await until(() => bench.told.length === 1, 'it is told');
          const stored = await bench.told[0]?.info.payload();
          assert.equal(stored?.length, content.length);
          const folder = await bench.spool.get(bench.told[0]!.info.exchangeId);
          const file = sending.sign === 'none' ? 'request.raw' : 'payload';
          assert.ok((await folder!.read(file)).equals(content));
        });
      }
    }
    await OutboxBench.run({ options: { keepPayload: false } }, async (bench) => {
      await bench.send();
      assert.equal(await bench.told[0]?.info.payload(), undefined);
    });
  });

  it('MA-01, MA-02: several documents in one message', async () => {
    await OutboxBench.run({}, async (bench) => {
      const attachments = [
        {
          content: bufferSource(Buffer.from('%PDF-1.7 …')),
          contentType: 'application/pdf',
          filename: 'drawing.pdf',
        },
        {
          content: bufferSource(Buffer.alloc(200_000, 7)),
          contentType: 'image/tiff',
          filename: 'photo.tiff',
        },
      ];
      const content = bufferSource(CONTENT);
      const outcome = await bench.send({ payload: { content, contentType: 'application/xml', attachments } });
      assert.equal(outcome.ok, true, outcome.error?.message);
      assert.equal(outcome.receipt?.micMatches, true);
      const [message] = bench.partner.arrived;
      assert.ok(message);
      const opened = await openMessage(
        { headers: message.headers, body: bufferSource(message.body) },
        {
          keys: [bench.beta.keyPair],
          signingCertificates: [bench.alpha.keyPair.certificate],
          spill: bench.spool.spill,
          splitAttachments: true,
        },
      );
      assert.deepEqual(
        opened.attachments?.map(({ filename, contentType }) => [filename, contentType]),
        [
          [undefined, 'application/xml'],
          ['drawing.pdf', 'application/pdf'],
          ['photo.tiff', 'image/tiff'],
        ],
      );
      assert.ok(message.headers.get('EDIINT-Features')?.includes('multiple-attachments'));
      const folder = await bench.spool.get(bench.told[0]!.info.exchangeId);
      assert.deepEqual(await folder!.read('payload'), CONTENT);
      assert.equal((await folder!.read('attachment-2')).length, 200_000);
      for (const { bytes } of opened.attachments ?? []) await bytes.dispose();
    });
  });

  it('tells how much of a large message is on its way', async () => {
    await OutboxBench.run({ partner: { sending: { sign: 'none', encrypt: 'none' } } }, async (bench) => {
      const totalBytes = 6 * 1024 * 1024;
      const content = bufferSource(Buffer.alloc(totalBytes, 'x'));
      await bench.send({ payload: { content, contentType: 'text/plain' } });
      const { progress } = bench;
      assert.deepEqual(progress.at(-1), {
        exchangeId: bench.told[0]?.info.exchangeId,
        sentBytes: totalBytes,
        totalBytes,
      });
      assert.ok(progress.length <= 2, 'the clock stands still');
      await bench.send();
      assert.equal(progress.at(-1)?.totalBytes, totalBytes, 'nothing about small ones');
    });
  });

  it('a step that the journal does not take is noted as soon as it works', async () => {
    let answers = 0;
    await OutboxBench.run(
      {
        script: async (arrived, partner) => {
          if (++answers === 1) await broken.then(() => undefined);
          return partner.receipt(arrived);
        },
      },
      async (bench) => {
        const exchangeId = await bench.submit();
        await until(() => answers === 1, 'it is on its way');
        const step = bench.spool.exclusively.bind(bench.spool);
        let failures = 0;
        // The disk is full for a while: what fails is the step, not the transfer.
        bench.spool.exclusively = async (direction, key, work) =>
          step(direction, key, async () => {
            if (failures++ < 2) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
            return work();
          });
        mend();
        await until(() => failures === 1, 'it failed');
        while ((await bench.state(exchangeId)) !== 'completed') await bench.clock.pass(1_000);
        assert.equal(failures > 2, true);
        assert.equal(bench.waited[0]?.error?.code, 'store-full');
        assert.equal(bench.partner.arrived.length, 1);
        await bench.idle();
        assert.equal(bench.told.length, 1);
      },
    );
  });
});

let mend = (): void => undefined;
const broken = new Promise<void>((resolve) => (mend = resolve));
