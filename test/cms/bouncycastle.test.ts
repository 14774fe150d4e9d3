import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCompressed, openContentInfo, readSignedData, verifySignedData } from '../../src/cms';
import { Certificate, type KeyPair, makeKeyPair } from '../../src/pki';
import { collect, inPieces } from '../support/chunks';
import { packageRoot } from '../support/paths';
import { verifyOverContent } from '../support/over-content';
import { decrypted, digestOf, verify } from './helpers';

/*
 * Messages that another implementation made, with keys made for them alone: proof for what the openssl command
 * cannot do (CCM, IDEA, EdDSA, plain EnvelopedData with an authenticating cipher, compression).
 */

interface Message {
  readonly name: string;
  readonly key: string;
  /** base64, like everything in the file. */
  readonly message: string;
}

interface Vectors {
  readonly content: string;
  readonly keys: Readonly<Record<string, { readonly privateKey: string; readonly certificate: string }>>;
  readonly encrypted: readonly Message[];
  readonly signed: readonly Message[];
  readonly compressed: readonly Message[];
}

const vectors = JSON.parse(
  readFileSync(join(packageRoot, 'test/cms/vectors/bouncycastle.json'), 'utf8'),
) as Vectors;
const content = Buffer.from(vectors.content, 'base64');

function keyPair(name: string): KeyPair {
  const key = vectors.keys[name];
  if (!key) throw new Error(`no key ${name}`);
  const privateKey = createPrivateKey({
    key: Buffer.from(key.privateKey, 'base64'),
    type: 'pkcs8',
    format: 'der',
  });
  return makeKeyPair(Certificate.fromDer(Buffer.from(key.certificate, 'base64')), privateKey);
}

/** The rules that a message is a proof of. */
function rules(name: string): string {
  if (/attributes/.test(name)) return 'AEAD-05';
  if (/ccm/.test(name)) return 'AEAD-03';
  if (/gcm/.test(name)) return 'AEAD-02';
  if (/chacha/.test(name)) return 'AEAD-04';
  if (/OAEP/.test(name)) return 'ENV-06';
  if (/ECDH/.test(name)) return 'ENV-07';
  if (/rc2/.test(name)) return 'ENV-11';
  if (/cast5/.test(name)) return 'ENV-12';
  if (/idea/.test(name)) return 'ENV-13';
  if (/des-ede3/.test(name)) return 'ENV-10';
  return 'ENV-09';
}

describe('cms: messages made by Bouncy Castle', () => {
  for (const { name, key, message } of vectors.encrypted) {
    it(`${rules(name)}: ${name}`, async () => {
      assert.ok((await decrypted(Buffer.from(message, 'base64'), [keyPair(key)], 77)).equals(content));
    });
  }

  for (const { name, key, message } of vectors.signed) {
    it(`SIG-01: ${name}`, async () => {
      const { certificate } = keyPair(key);
      const signature = Buffer.from(message, 'base64');
      const signedData = readSignedData(signature);
      assert.equal(signedData.eContent?.equals(content), name.includes('opaque') ? true : undefined);
      let report = verify(signature, content, [certificate]);
      if (report.status === 'content-needed') {
        report = await verifyOverContent(signedData, inPieces(content, 9), new Map(), [certificate]);
      }
      assert.equal(report.status, 'verified');
      const [{ digest = 'sha-256' as const }] = [report];
      const altered = new Map([[digest, digestOf(content.subarray(1), digest)]] as const);
      assert.notEqual(verifySignedData(signedData, altered, [certificate]).status, 'verified');
    });
  }

  for (const { name, message } of vectors.compressed) {
    it(`CMP-02: ${name}`, async () => {
      const opened = await openContentInfo(inPieces(Buffer.from(message, 'base64'), 20));
      assert.ok(
        (await collect(await openCompressed(opened, { sizeBytes: 10_000, ratio: 100 }))).equals(content),
      );
    });
  }
});
