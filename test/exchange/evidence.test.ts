import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readEntity } from '../../src/mime';
import { bufferSource } from '../../src/bytes';
import { collect } from '../as2/stations';
import { decryptedByOpenssl, verifiedByOpenssl } from '../as2/openssl-smime';
import { alphaAndBeta } from '../partner/parties';
import { withRawServer } from '../partner/servers';
import { WholeStation } from '../partner/whole-station';

const ORDER = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA'\r\nUNZ+1+1'\r\n");

/**
 * The signed content of a message, as openssl takes it out; it throws unless that certificate signed it.
 * @param encrypted the body of the request
 */
async function signedContent(
  encrypted: Buffer,
  ...[recipient, signer]: Parameters<typeof decryptedByOpenssl>[1][]
): Promise<Buffer> {
  assert.ok(recipient && signer);
  return verifiedByOpenssl(await decryptedByOpenssl(encrypted, recipient), signer);
}

/** The digest that a receipt binds itself to; openssl has checked its signature. */
async function digestIn(receipt: Buffer, signer: Parameters<typeof verifiedByOpenssl>[1]): Promise<string> {
  const report = (await verifiedByOpenssl(receipt, signer)).toString('latin1');
  assert.match(report, /^Disposition: automatic-action\/MDN-sent-automatically; processed\r?$/m);
  return /^Received-content-MIC: ([^,]*), sha-256\r?$/im.exec(report)?.[1] ?? 'none';
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

describe('Evidence', () => {
  let station: WholeStation;
  before(async () => {
    station = await WholeStation.start();
  });
  after(async () => {
    await station?.stop();
  });

  for (const delivery of ['sync', 'async'] as const) {
    it(`RCV-09: of a message sent, with a receipt ${delivery}: openssl proves who has what`, async () => {
      const { alpha, beta } = await alphaAndBeta();
      station.configure({ sending: { receiptDelivery: delivery, receiptUrl: station.url } });
      const { exchangeId = '', receipt } = await station.send(ORDER);
      assert.equal(receipt?.signer?.fingerprintSha256, beta.keyPair.certificate.fingerprintSha256);
      const folder = await station.spool.get(exchangeId);
      assert.ok(folder);
      const [request, given, payload] = await Promise.all(
        (['request.raw', 'receipt', 'payload'] as const).map((file) => folder.read(file)),
      );
      assert.deepEqual(payload, ORDER);
      const content = await signedContent(request ?? ORDER, beta.keyPair, alpha.keyPair);
      assert.equal(await digestIn(given ?? ORDER, beta.keyPair), digestOf(content));
      assert.deepEqual(await bodyOf(content), ORDER);
    });

    it(`RCV-09: of a message received, with a receipt ${delivery}: openssl proves the same`, async () => {
      const { alpha, beta } = await alphaAndBeta();
      station.configure({});
      station.messages.length = 0;
      const { partner, messages, spool } = station;
      await partner.send({ payload: ORDER, ...(delivery === 'async' ? { receiptUrl: true } : {}) });
      if (delivery === 'async') await partner.receipts.next();
      const [message] = messages;
      assert.equal(message?.signer?.fingerprintSha256, beta.keyPair.certificate.fingerprintSha256);
      const folder = await spool.get(message.exchangeId);
      assert.ok(folder);
      const [request, given] = await Promise.all(
        (['request.raw', 'receipt'] as const).map((file) => folder.read(file)),
      );
      const content = await signedContent(request ?? ORDER, alpha.keyPair, beta.keyPair);
      assert.equal(await digestIn(given ?? ORDER, alpha.keyPair), digestOf(content));
      assert.deepEqual(await bodyOf(content), ORDER);
    });
  }

  it('REL-10: an answer that comes before the last byte was taken is no success', async () => {
    await withRawServer(
      (socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.write('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n', () =>
            socket.resetAndDestroy(),
          );
        });
      },
      async (url) => {
        station.configure({
          url: `${url}/as2`,
          sending: { receipt: 'none', sign: 'none', encrypt: 'none' },
          retry: { attempts: 1 },
        });
        const { ok, error } = await station.send(Buffer.alloc(20 * 1024 * 1024));
        assert.equal(ok, false);
        assert.match(error?.code ?? '', /^http-/);
      },
    );
  });

  it('REL-10: a sender that breaks off after the last byte finds its message taken, once', async () => {
    station.configure({});
    station.messages.length = 0;
    const { partner, messages } = station;
    const message = await partner.compose({ payload: ORDER });
    await partner.post(message, { breaks: 'after-body' });
    const { receipt, verdict } = await partner.post(message);
    assert.equal(verdict?.positive, true);
    assert.equal(receipt?.originalMessageId, message.messageId);
    assert.equal(messages.length, 1);
  });
});

describe('A station of its own', () => {
  it('HDR-18: may send to itself: nothing guards against it, so that a loop can be tested', async () => {
    const station = await WholeStation.start();
    try {
      const { identity, partner } = station.relationship;
      const [own] = identity.keyPairs;
      assert.ok(own);
      const { certificate } = own;
      station.configure({
        as2Name: identity.as2Name,
        url: station.url,
        encryptionCertificate: certificate,
        signingCertificates: [certificate],
      });
      const { ok, from, to, receipt } = await station.send(ORDER);
      assert.deepEqual([ok, from, to], [true, 'ALPHA', 'ALPHA']);
      assert.equal(receipt?.micMatches, true);
      assert.deepEqual(await station.messages[0]?.payload.read(), ORDER);
      assert.notEqual(partner.as2Name, to);
    } finally {
      await station.stop();
    }
  });
});

async function bodyOf(entity: Buffer): Promise<Buffer> {
  return collect((await readEntity(bufferSource(entity).open())).body);
}
