import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { composeMessage, newMessageId, openMessage } from '../src/as2';
import { type Chunks, fileSource, flowOf } from '../src/bytes';
import { bufferSource, readAll } from '../src/bytes';
import { As2Error } from '../src/errors';
import { type Headers, parseParameterized, readEntity, readMultipart } from '../src/mime';
import { type Material, MIB } from './material';
import { openssl } from './openssl';
import { type Row, sideBySide } from './row';

/** How fast a message is opened; the payload goes to disk on both sides. */
export const receiveRow: Row = {
  id: 'receive',
  what: 'receive: decrypt, verify, to disk',
  unit: 'MB/s',
  target: { ratioAtLeast: 4 },
  async measure(material) {
    const bytes = (material.quick ? 64 : 1024) * MIB;
    const { sender, receiver, directory } = material;
    const payload = await material.file(bytes);
    const { headers, body } = await writeMessage(material, payload);
    // What lies between the two openssl commands, taking the parts from each other, is not counted.
    const { content, signature } = await splitSigned(material, payload);
    const inner = join(directory, 'inner.bin');
    const speeds = await sideBySide(
      bytes,
      material.quick ? 2 : 3,
      () => open(material, headers, body),
      async () => {
        await openssl(
          // prettier-ignore
          ['cms', '-decrypt', '-binary', '-inform', 'DER', '-in', body, '-out', inner,
            '-recip', receiver.certificateFile, '-inkey', receiver.keyFile],
        );
        await openssl(
          // prettier-ignore
          ['cms', '-verify', '-binary', '-inform', 'DER', '-in', signature, '-content', content,
            '-noverify', '-certfile', sender.certificateFile, '-out', inner],
        );
      },
    );
    for (const file of [payload, body, content, signature, inner]) await rm(file, { force: true });
    return { ours: speeds.ours / 1e6, reference: speeds.reference / 1e6 };
  },
};

async function open(material: Material, headers: Headers, body: string): Promise<void> {
  const spill = { directory: join(material.directory, 'spill'), thresholdBytes: MIB };
  const opened = await openMessage(
    { headers, body: await fileSource(body) },
    {
      keys: [material.receiver.keyPair],
      signingCertificates: [material.sender.keyPair.certificate],
      spill,
    },
  );
  await opened.payload.bytes.dispose();
}

async function writeMessage(
  material: Material,
  payload: string,
): Promise<{ headers: Headers; body: string }> {
  const body = join(material.directory, 'message.der');
  const composed = await compose(material, payload, true);
  await write(composed.body.chunks, body);
  return { headers: composed.headers, body };
}

/** The signed part and its signature of an unencrypted message, as files. */
async function splitSigned(material: Material, payload: string) {
  const composed = await compose(material, payload, false);
  const { parameters } = parseParameterized(composed.headers.get('content-type') ?? '');
  const files = {
    content: join(material.directory, 'part.bin'),
    signature: join(material.directory, 'part.p7s'),
  };
  let index = 0;
  for await (const part of readMultipart(composed.body.chunks, parameters.get('boundary'))) {
    if (index++ === 0) {
      await write(part, files.content);
    } else {
      const entity = await readEntity(part);
      const text = await readAll(entity.body, MIB, () => new As2Error('truncated', { expected: 0 }));
      await write(bufferSource(Buffer.from(text.toString('latin1'), 'base64')).open(), files.signature);
    }
  }
  return files;
}

async function compose({ sender, receiver }: Material, payload: string, encrypted: boolean) {
  return composeMessage({
    from: 'sender',
    to: 'receiver',
    messageId: newMessageId('bench.example'),
    payload: { content: flowOf(await fileSource(payload)), contentType: 'application/octet-stream' },
    sign: { keyPair: sender.keyPair, digest: 'sha-256' },
    ...(encrypted
      ? { encrypt: { recipients: [receiver.keyPair.certificate], cipher: 'aes-256-cbc' as const } }
      : {}),
  });
}

async function write(chunks: Chunks, path: string): Promise<void> {
  await pipeline(chunks, createWriteStream(path));
}
