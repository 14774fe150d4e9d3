import assert from 'node:assert/strict';
import { testKeyPair } from '../support/keys';
import { onTab, withFlow } from '../support/node-red-flow';

const identity = { id: 'own', type: 'as2-identity', name: 'Own', as2Name: 'OWN', url: '', certificate: '' };

interface Card {
  readonly subject: string;
  readonly pem: string;
}

describe('admin routes', () => {
  it('show the certificates of a pasted text', async () => {
    const { certificatePem } = await testKeyPair('Partner');
    await withFlow({ nodes: [identity] }, async ({ admin }) => {
      const answer = await admin.post('/as2/certificate/inspect').send({ text: certificatePem }).expect(200);
      const { certificates } = answer.body as { certificates: Card[] };
      assert.deepEqual(
        certificates.map(({ subject }) => subject),
        ['CN=Partner'],
      );
      assert.equal(certificates[0]?.pem, certificatePem);
      assert.equal(answer.headers['cache-control'], 'no-store');
    });
  });

  it('show the certificate of an uploaded binary file', async () => {
    const { certificate } = await testKeyPair('Partner');
    await withFlow({ nodes: [identity] }, async ({ admin }) => {
      const body = { base64: certificate.der.toString('base64') };
      const answer = await admin.post('/as2/certificate/inspect').send(body).expect(200);
      assert.equal((answer.body as { certificates: Card[] }).certificates[0]?.subject, 'CN=Partner');
    });
  });

  it('answer with a sentence to what is no certificate', async () => {
    const { privateKeyPem } = await testKeyPair('Partner');
    await withFlow({ nodes: [identity] }, async ({ admin }) => {
      const answer = await admin.post('/as2/certificate/inspect').send({ text: privateKeyPem }).expect(400);
      const { code, message } = answer.body as { code: string; message: string };
      assert.equal(code, 'certificate-is-private-key');
      assert.match(message, /^This is a private key, not a certificate\./);
    });
  });

  it('answer with a sentence to a request without a body', async () => {
    await withFlow({ nodes: [identity] }, async ({ admin }) => {
      const answer = await admin.post('/as2/certificate/inspect').expect(400);
      assert.equal((answer.body as { code: string }).code, 'input-missing');
    });
  });

  it('tell whether a key belongs to a certificate, and never give the key back', async () => {
    const own = await testKeyPair('Own');
    const other = await testKeyPair('Other');
    await withFlow({ nodes: [identity] }, async ({ admin }) => {
      const inspect = async (certificate?: string) => {
        const body = { privateKey: own.privateKeyPem, certificate };
        return (await admin.post('/as2/key/inspect').send(body).expect(200)).body as unknown;
      };
      assert.deepEqual(await inspect(own.certificatePem), { kind: 'RSA 2048', matchesCertificate: true });
      assert.deepEqual(await inspect(other.certificatePem), { kind: 'RSA 2048', matchesCertificate: false });
      assert.deepEqual(await inspect(), { kind: 'RSA 2048' });
    });
  });

  it('compare a stored key that the editor does not have with a new certificate', async () => {
    const own = await testKeyPair('Own');
    const other = await testKeyPair('Other');
    const credentials = { own: { privateKey: own.privateKeyPem } };
    const nodes = [{ ...identity, certificate: own.certificatePem }];
    await withFlow({ nodes, credentials }, async ({ admin }) => {
      const body = { id: 'own', privateKey: '__PWRD__', certificate: other.certificatePem };
      const answer = await admin.post('/as2/key/inspect').send(body).expect(200);
      assert.deepEqual(answer.body, { kind: 'RSA 2048', matchesCertificate: false });
    });
  });

  it('say from which environment variable a key comes', async () => {
    const credentials = { own: { privateKey: '${AS2_TEST_KEY}' } };
    await withFlow({ nodes: [identity], credentials }, async ({ admin }) => {
      for (const body of [{ id: 'own', privateKey: '__PWRD__' }, { privateKey: '${AS2_TEST_KEY}' }]) {
        const answer = await admin.post('/as2/key/inspect').send(body).expect(200);
        assert.deepEqual(answer.body, { variable: 'AS2_TEST_KEY' });
      }
    });
  });

  it('generate a key and the certificate for it', async () => {
    await withFlow({ nodes: [identity] }, async ({ admin }) => {
      const wish = {
        commonName: 'Fresh',
        organization: 'Example',
        country: 'DE',
        keyType: 'ec-p256',
        validDays: 10,
      };
      const made = (await admin.post('/as2/identity/generate').send(wish).expect(200)).body as {
        privateKey: string;
        certificate: string;
        card: Card;
      };
      assert.match(made.card.subject, /CN=Fresh/);
      const inspected = await admin.post('/as2/key/inspect').send(made).expect(200);
      assert.deepEqual(inspected.body, { kind: 'EC P-256', matchesCertificate: true });
    });
  });

  it('list where messages arrive', async () => {
    const nodes = [identity, ...onTab({ id: 'in', type: 'as2-in', name: 'Orders', path: '/orders' })];
    await withFlow({ nodes }, async ({ admin }) => {
      const answer = await admin.get('/as2/endpoints').expect(200);
      assert.deepEqual(answer.body, [{ id: 'in', name: 'Orders', path: '/orders', url: '/orders' }]);
    });
  });
});
