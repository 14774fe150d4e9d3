import { constants, privateDecrypt, publicEncrypt, randomBytes, sign, verify } from 'node:crypto';
import { composeMessage, newMessageId, openMessage } from '../src/as2';
import { bufferFlow, spill, type SpilledBytes, type SpillOptions } from '../src/bytes';
import type { Headers } from '../src/mime';
import type { Material } from './material';
import { median, type Row } from './row';

const PAYLOAD_BYTES = 10 * 1024;
/** So many that garbage is collected several times in each round. */
const MESSAGES_A_ROUND = 400;
/** As many are on their way at a time, as in a station that has something to do. */
const AT_ONCE = 8;
/** Until everything is compiled and kept that is going to be. */
const WARM_UP_MESSAGES = 1500;

/**
 * What a small message costs beside the RSA operations that it needs: one signs, one encrypts the key, one decrypts it,
 * one verifies. Both sides take short turns, so that both meet the same conditions. What counts is the time of the
 * processors, all threads together: that it signs in a second thread is no merit of ours here, and what else runs on
 * the machine does not matter.
 */
export const smallMessagesRow: Row = {
  id: 'small-messages',
  what: '10 KB messages built and opened, signed and encrypted, for each second of processor time',
  unit: '1/s',
  target: { ratioAtLeast: 0.6 },
  async measure(material) {
    const { sender, receiver } = material;
    const payload = randomBytes(PAYLOAD_BYTES);
    const spillOptions = { directory: material.directory, thresholdBytes: 1024 * 1024 };
    const bare = bareOperations(material);
    const message = await build(material, payload, spillOptions);
    const work = {
      bare: async () => bare(),
      build: async () => void (await build(material, payload, spillOptions)),
      open: async () => {
        await openMessage(message, {
          keys: [receiver.keyPair],
          signingCertificates: [sender.keyPair.certificate],
          spill: spillOptions,
        });
      },
    };
    for (const one of Object.values(work)) await microsecondsEach(one, WARM_UP_MESSAGES);
    const times: Record<keyof typeof work, number[]> = { bare: [], build: [], open: [] };
    for (let round = 0; round < (material.quick ? 5 : 80); round++) {
      for (const name of ['bare', 'build', 'open'] as const)
        times[name].push(await microsecondsEach(work[name], MESSAGES_A_ROUND));
    }
    const each = { bare: median(times.bare), build: median(times.build), open: median(times.open) };
    return {
      ours: 1e6 / (each.build + each.open),
      reference: 1e6 / each.bare,
      details: { buildMicroseconds: each.build, openMicroseconds: each.open, bareMicroseconds: each.bare },
    };
  },
};

async function build(
  { sender, receiver }: Material,
  payload: Buffer,
  options: SpillOptions,
): Promise<{ headers: Headers; body: SpilledBytes }> {
  const { headers, body, mics } = composeMessage({
    from: 'sender',
    to: 'receiver',
    messageId: newMessageId('bench.example'),
    payload: { content: bufferFlow(payload), contentType: 'application/edi-x12', filename: 'order.edi' },
    sign: { keyPair: sender.keyPair, digest: 'sha-256' },
    encrypt: { recipients: [receiver.keyPair.certificate], cipher: 'aes-256-cbc' },
    receipt: { signed: true },
  });
  const rested = await spill(body.chunks, options);
  mics();
  return { headers, body: rested };
}

function bareOperations({ sender, receiver }: Material): () => void {
  const padding = constants.RSA_PKCS1_PADDING;
  const [attributes, contentKey] = [randomBytes(120), randomBytes(32)];
  const signature = sign('sha256', attributes, sender.keyPair.privateKey);
  const encryptedKey = publicEncrypt({ key: receiver.keyPair.certificate.publicKey, padding }, contentKey);
  return () => {
    sign('sha256', attributes, sender.keyPair.privateKey);
    publicEncrypt({ key: receiver.keyPair.certificate.publicKey, padding }, contentKey);
    privateDecrypt({ key: receiver.keyPair.privateKey, padding }, encryptedKey);
    verify('sha256', attributes, sender.keyPair.certificate.publicKey, signature);
  };
}

async function microsecondsEach(work: () => Promise<void>, count: number): Promise<number> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
