import { composeMessage, newMessageId } from '../src/as2';
import { drain, fileSource, flowOf } from '../src/bytes';
import { type Material, MIB } from './material';
import { openssl } from './openssl';
import { type Row, sideBySide } from './row';

/** How fast a message is made from a file; both sides throw the result away. */
export const sendRow: Row = {
  id: 'send',
  what: 'send from a file: sign SHA-256, encrypt AES-256-CBC',
  unit: 'MB/s',
  target: { ratioAtLeast: 0.8 },
  async measure(material) {
    const bytes = (material.quick ? 64 : 1024) * MIB;
    const file = await material.file(bytes);
    const { sender, receiver } = material;
    const speeds = await sideBySide(
      bytes,
      material.quick ? 3 : 5,
      () => composeFrom(material, file),
      () =>
        openssl(
          // prettier-ignore
          ['cms', '-sign', '-binary', '-stream', '-md', 'sha256', '-in', file,
            '-signer', sender.certificateFile, '-inkey', sender.keyFile, '-outform', 'SMIME'],
          // prettier-ignore
          ['cms', '-encrypt', '-binary', '-stream', '-aes-256-cbc', '-outform', 'DER',
            '-out', '/dev/null', receiver.certificateFile],
        ),
    );
    return { ours: speeds.ours / 1e6, reference: speeds.reference / 1e6 };
  },
};

async function composeFrom({ sender, receiver }: Material, file: string): Promise<void> {
  const { body } = composeMessage({
    from: 'sender',
    to: 'receiver',
    messageId: newMessageId('bench.example'),
    payload: { content: flowOf(await fileSource(file)), contentType: 'application/octet-stream' },
    sign: { keyPair: sender.keyPair, digest: 'sha-256' },
    encrypt: { recipients: [receiver.keyPair.certificate], cipher: 'aes-256-cbc' },
    receipt: { signed: true },
  });
  await drain(body.chunks);
}
