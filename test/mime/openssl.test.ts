import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferFlow } from '../../src/bytes';
import {
  base64Lines,
  decodeTransferEncoding,
  entityFlow,
  Headers,
  multipartFlow,
  newBoundary,
  parseParameterized,
  readEntity,
  readMultipart,
} from '../../src/mime';
import { toCrlf } from '../support/canonical';
import { collect, inPieces } from '../support/chunks';
import { testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { opensslSign, opensslVerify } from '../support/openssl-cms';
import { payloadPart } from '../support/payload-part';
import { withTempDirectory } from '../support/temp';

const signer = () => testKeyPair('MIME room');

/** Takes a multipart/signed message apart: the signed part as it travelled, and the signature. */
async function takeApart(message: Buffer): Promise<{ part: Buffer; signature: Buffer }> {
  const { headers, body } = await readEntity(inPieces(message, 100));
  const { value, parameters } = parseParameterized(headers.get('content-type') ?? '');
  assert.equal(value, 'multipart/signed');
  const parts: Buffer[] = [];
  for await (const part of readMultipart(body, parameters.get('boundary'))) parts.push(await collect(part));
  const [part = Buffer.alloc(0), second = Buffer.alloc(0)] = parts;
  assert.equal(parts.length, 2);
  const entity = await readEntity(inPieces(second));
  const encoding = entity.headers.get('content-transfer-encoding');
  return { part, signature: await collect(decodeTransferEncoding(entity.body, encoding)) };
}

describe('mime: against OpenSSL', () => {
  it('MIME-01: what openssl cms -sign writes, with its preamble and LF framing, is taken apart exactly', async () => {
    const keyPair = await signer();
    const { part, signature } = await takeApart(await opensslSign(payloadPart, keyPair, '-outform', 'SMIME'));
    assert.deepEqual(part, payloadPart);
    await opensslVerify(signature, part, keyPair);
  });

  it('MIME-03: text with LF that OpenSSL signed in canonical form verifies in that form, not before', async () => {
    const keyPair = await signer();
    await withTempDirectory(async (directory) => {
      const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
      await writeFile(key, keyPair.privateKeyPem);
      await writeFile(certificate, keyPair.certificatePem);
      const text = Buffer.from('Content-Type: text/plain\n\nline one\nline two\n');
      const words = ['cms', '-sign', '-outform', 'DER', '-inkey', key, '-signer', certificate];
      const signature = await openssl(words, text);
      const canonical = await collect(toCrlf(inPieces(text, 7)));
      await opensslVerify(signature, canonical, keyPair);
      await assert.rejects(opensslVerify(signature, text, keyPair), /exit code/);
    });
  });

  it('MIME-01, HTTP-08: a multipart/signed message of ours is verified by openssl cms -verify', async () => {
    const keyPair = await signer();
    const boundary = newBoundary();
    const signaturePart = entityFlow({
      headers: Headers.fromPairs([
        ['Content-Type', 'application/pkcs7-signature; name="smime.p7s"'],
        ['Content-Transfer-Encoding', 'base64'],
      ]),
      body: bufferFlow(base64Lines(await opensslSign(payloadPart, keyPair))),
    });
    const message = entityFlow({
      headers: Headers.fromPairs([
        ['MIME-Version', '1.0'],
        [
          'Content-Type',
          `multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="${boundary}"`,
        ],
      ]),
      body: multipartFlow(boundary, [bufferFlow(payloadPart), signaturePart]),
    });
    const verified = await openssl(
      ['cms', '-verify', '-noverify', '-inform', 'SMIME'],
      await collect(message.chunks),
    );
    assert.deepEqual(verified, payloadPart);
  });

  it('MIME-06: base64 that OpenSSL wrote is decoded, and the other way round', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 1000 }, (_, at) => at * 7));
    const written = await openssl(['base64', '-e'], bytes);
    assert.deepEqual(await collect(decodeTransferEncoding(inPieces(written, 11), 'base64')), bytes);
    assert.deepEqual(await openssl(['base64', '-d'], base64Lines(bytes)), bytes);
  });
});
