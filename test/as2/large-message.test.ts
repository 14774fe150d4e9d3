import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { composeMessage, openMessage } from '../../src/as2';
import { bufferFlow, type ByteFlow, type Chunks, spill, tap, withLength } from '../../src/bytes';
import { withTempDirectory } from '../support/temp';
import { withTurns } from '../support/turns';
import { messageOptions, stations } from './stations';

const MiB = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** What buffers in flight may take. */
const ALLOWED_MIB = 40;
/** Memory is looked at after every so many bytes. */
const STEP_BYTES = 8 * MiB;

/** Octets that no compression and no cache makes small, and their digest when they are read. */
function largePayload(sizeBytes: number): { readonly flow: ByteFlow; readonly sha256: () => string } {
  const hash = createHash('sha256');
  return {
    flow: withLength(
      tap(chunks(), (chunk) => hash.update(chunk)),
      sizeBytes,
    ),
    sha256: () => hash.digest('hex'),
  };

  async function* chunks(): AsyncGenerator<Buffer, void> {
    for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES)
      yield randomFillSync(Buffer.alloc(Math.min(left, CHUNK_BYTES)));
  }
}

/** Watches the memory that is really in use while bytes go by. */
class MemoryWatch {
  private readonly before = used();
  private most = 0;
  private unseen = 0;

  watch(chunks: Chunks): Chunks {
    return tap(chunks, ({ length }) => {
      this.unseen += length;
      if (this.unseen < STEP_BYTES) return;
      this.unseen = 0;
      this.most = Math.max(this.most, used());
    });
  }

  get grownMiB(): number {
    return (this.most - this.before) / MiB;
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function used(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function sha256Of(chunks: Chunks): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

describe('Large messages', () => {
  it('law 3: 96 MiB, signed and encrypted, in flat memory both ways', async () => {
    const { alpha, beta } = await stations();
    await withTempDirectory(async (directory) => {
      const spillOptions = { directory, thresholdBytes: MiB };
      const payload = largePayload(96 * MiB);
      const sending = new MemoryWatch();
      const message = composeMessage(
        messageOptions({
          payload: {
            content: payload.flow,
            contentType: 'application/octet-stream',
            filename: 'large.bin',
          },
          sign: { keyPair: alpha, digest: 'sha-256' },
          encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
        }),
      );
      const body = await spill(sending.watch(message.body.chunks), spillOptions);
      assert.equal(body.length, message.body.length, 'HTTP-03: the length was known before');
      assert.ok(sending.grownMiB < ALLOWED_MIB, `sending took ${sending.grownMiB.toFixed(0)} MiB`);

      const receiving = new MemoryWatch();
      const source = { length: body.length, open: () => receiving.watch(body.open()) };
      const opened = await openMessage(
        { headers: message.headers, body: source },
        { keys: [beta], signingCertificates: [alpha.certificate], spill: spillOptions },
      );
      assert.ok(receiving.grownMiB < ALLOWED_MIB, `receiving took ${receiving.grownMiB.toFixed(0)} MiB`);
      assert.ok(opened.payload.bytes.path, 'in a file');
      assert.equal(await sha256Of(opened.payload.bytes.open()), payload.sha256());
      assert.equal(opened.mic.value, message.mics()[0]?.value);
      await opened.payload.bytes.dispose();
      await body.dispose();
    });
  });

  it('law 3: a payload of unknown length goes out with indefinite lengths', async () => {
    const { alpha, beta } = await stations();
    await withTempDirectory(async (directory) => {
      const payload = largePayload(3 * MiB + 17);
      const message = composeMessage(
        messageOptions({
          payload: { content: { chunks: payload.flow.chunks }, contentType: 'application/octet-stream' },
          sign: { keyPair: alpha, digest: 'sha-512' },
          encrypt: { recipients: [beta.certificate], cipher: 'aes-128-cbc' },
        }),
      );
      assert.equal(message.body.length, undefined);
      const body = await spill(message.body.chunks, { directory, thresholdBytes: MiB });
      const opened = await openMessage(
        { headers: message.headers, body },
        { keys: [beta], signingCertificates: [alpha.certificate], spill: { directory, thresholdBytes: MiB } },
      );
      assert.equal(await sha256Of(opened.payload.bytes.open()), payload.sha256());
      assert.deepEqual(
        message.mics().map(({ algorithm }) => algorithm),
        ['sha-512'],
        'no digest nobody needs',
      );
    });
  });

  for (const cipher of ['aes-256-cbc', 'aes-256-gcm', 'aes-256-ccm', 'chacha20-poly1305'] as const) {
    it(`law 8: others have their turn while a Buffer of 8 MiB is made a message and opened again (${cipher})`, async () => {
      const { alpha, beta } = await stations();
      const bytes = randomFillSync(Buffer.alloc(8 * MiB));
      await withTempDirectory(async (directory) => {
        const spillOptions = { directory, thresholdBytes: MiB };
        const message = composeMessage(
          messageOptions({
            payload: { content: bufferFlow(bytes), contentType: 'application/octet-stream' },
            sign: { keyPair: alpha, digest: 'sha-256' },
            encrypt: { recipients: [beta.certificate], cipher },
          }),
        );
        const sent = await withTurns(() => spill(message.body.chunks, spillOptions));
        const opened = await withTurns(() =>
          openMessage(
            { headers: message.headers, body: sent.result },
            { keys: [beta], signingCertificates: [alpha.certificate], spill: spillOptions },
          ),
        );
        assert.ok(sent.turns > bytes.length / MiB, `${sent.turns} turns while sending`);
        assert.ok(opened.turns > bytes.length / MiB, `${opened.turns} turns while opening`);
        assert.equal(
          await sha256Of(opened.result.payload.bytes.open()),
          await sha256Of(bufferFlow(bytes).chunks),
        );
      });
    });
  }

  it('MIC-13 the MICs are not given out before the body was read', () => {
    assert.throws(() => composeMessage(messageOptions()).mics(), /read to its end/);
  });
});
