import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { composeMessage, openMessage } from '../../src/as2';
import { bufferFlow, withLength } from '../../src/bytes';
import { endingTheThread } from '../support/ending-the-thread';
import { collect, composed, inMemory, messageOptions, payloadBytes, stations } from './stations';

const MIB = 1024 * 1024;
/** More than stays with the thread that has the bytes. */
const large = randomBytes(4 * MIB);

describe('AS2: the thread that takes digests ends in the middle of a message', () => {
  it('a message that came is read once more, with another thread', async () => {
    const { alpha, beta } = await stations();
    const { headers, body } = await largeMessage();
    const source = endingTheThread(body, 1);
    const opened = await openMessage(
      { headers, body: source },
      { keys: [beta], signingCertificates: [alpha.certificate], spill: inMemory },
    );
    assert.equal(source.openings(), 2);
    assert.ok((await payloadBytes(opened)).equals(large));
    assert.equal(opened.signature?.status, 'verified');
  });

  it('again and again: that is the reason, and not what is in the message', async () => {
    const { alpha, beta } = await stations();
    const { headers, body } = await largeMessage();
    const source = endingTheThread(body, Infinity);
    await assert.rejects(
      openMessage(
        { headers, body: source },
        { keys: [beta], signingCertificates: [alpha.certificate], spill: inMemory },
      ),
      { code: 'digests-lost' },
    );
    assert.equal(source.openings(), 2);
  });

  it('a message that is being composed fails with that reason, and the next one does not', async () => {
    const { alpha } = await stations();
    const content = endingTheThread(large, Infinity);
    const message = composeMessage(
      messageOptions({
        payload: {
          content: withLength(content.open(), large.length),
          contentType: 'application/octet-stream',
        },
        sign: { keyPair: alpha, digest: 'sha-256' },
      }),
    );
    await assert.rejects(collect(message.body.chunks), { code: 'digests-lost' });
    assert.ok((await largeMessage()).body.length > large.length);
  });
});

async function largeMessage() {
  const { alpha, beta } = await stations();
  return composed({
    payload: { content: bufferFlow(large), contentType: 'application/octet-stream' },
    sign: { keyPair: alpha, digest: 'sha-256' },
    encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
  });
}
