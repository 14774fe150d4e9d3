import assert from 'node:assert/strict';
import { openMessage } from '../../src/as2';
import {
  constructed,
  context,
  contextTag,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  tags,
} from '../../src/asn1';
import { bufferFlow, bufferSource, type Chunks } from '../../src/bytes';
import { envelopedFlow, openContentInfo, openEnveloped, openSignedData } from '../../src/cms';
import { type As2ErrorCode, isAs2Error } from '../../src/errors';
import { Headers, safeFilename } from '../../src/mime';
import { openPkcs12, readPrivateKey } from '../../src/pki';
import { collect } from '../support/chunks';
import { withTempDirectory } from '../support/temp';
import { rewritten } from './rewrite';
import { PASSPHRASE, type Samples, samples, signature, signedContent } from './samples';
import { assertQuick } from '../support/working-time';

/*
 * What fuzzing and reading with its eyes found, each as small as it gets.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

function refusedAs(...codes: As2ErrorCode[]): (error: unknown) => boolean {
  return (error) => isAs2Error(error) && codes.includes(error.code);
}

describe('Hostile input that once did harm', () => {
  let all: Samples;

  before(async () => {
    all = await samples();
  });

  it('SEC-11: a key agreement with a very long algorithm or keying material does no harm', async () => {
    const { ownX25519 } = all.keys;
    const options = { cipher: 'aes-128-cbc', recipients: [ownX25519.certificate] } as const;
    const message = await collect(envelopedFlow(bufferFlow(signedContent), options).chunks);
    // ContentInfo, [0], EnvelopedData, recipientInfos, [1] KeyAgreeRecipientInfo, keyEncryptionAlgorithm, the wrapping
    const longAlgorithm = rewritten(message, [1, 0, 1, 0, 2, 1], ({ children }) => {
      const padding = Array.from({ length: 1000 }, nullValue);
      return sequence(children[0]?.raw ?? Buffer.alloc(0), ...padding);
    });
    const longMaterial = rewritten(message, [1, 0, 1, 0], ({ tag, children }) => {
      const [version, originator, ...rest] = children.map(({ raw }) => raw);
      const material = context(1, octetString(Buffer.alloc(4096)));
      return constructed(tag, version ?? material, originator ?? material, material, ...rest);
    });
    const decrypted = async (bytes: Buffer): Promise<Buffer> => {
      const rest = { directory: '/nonexistent', thresholdBytes: MiB };
      const opened = await openEnveloped(await openContentInfo(bufferFlow(bytes).chunks), [ownX25519], rest);
      return collect(opened.content);
    };
    // The identifier that went into the key was the short one, which is tried too.
    assert.deepEqual(await decrypted(longAlgorithm), signedContent);
    await assert.rejects(decrypted(longMaterial), refusedAs('decryption-failed'));
  });

  const pbkdf2 = (iterations: Buffer) =>
    sequence(oid('1.2.840.113549.1.5.12'), sequence(octetString(Buffer.alloc(8)), integer(iterations)));
  const scrypt = (...numbers: number[]) =>
    sequence(
      oid('1.3.6.1.4.1.11591.4.11'),
      sequence(octetString(Buffer.alloc(8)), ...numbers.map((number) => integer(number))),
    );
  const aes = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(Buffer.alloc(16)));
  const costly: Readonly<Record<string, Buffer>> = {
    'PBKDF2 with 2^31 iterations': sequence(
      oid('1.2.840.113549.1.5.13'),
      sequence(pbkdf2(Buffer.from('7fffffff', 'hex')), aes),
    ),
    'scrypt with 2^29 lanes': sequence(oid('1.2.840.113549.1.5.13'), sequence(scrypt(2, 1, 0x1fffffff), aes)),
    'pbeWithSHAAnd3-KeyTripleDES-CBC with 2^31 iterations': sequence(
      oid('1.2.840.113549.1.12.1.3'),
      sequence(octetString(Buffer.alloc(8)), integer(Buffer.from('7fffffff', 'hex'))),
    ),
  };
  for (const [what, algorithm] of Object.entries(costly)) {
    it(`SEC-11: a private key that asks for ${what} is refused at once`, () => {
      const key = sequence(algorithm, octetString(Buffer.alloc(64)));
      assert.throws(() => readPrivateKey(key, 'x'), refusedAs('private-key-encryption-unsupported'));
    });
  }

  it('SEC-11: a PKCS#12 file that announces a MAC of 60 KiB costs no more than one of 32 octets', () => {
    const [file = Buffer.alloc(0)] = all.pkcs12;
    const hostile = rewritten(file, [2, 0, 1], () => octetString(Buffer.alloc(60 * KiB)));
    assert.throws(() => openPkcs12(hostile, PASSPHRASE), refusedAs('pkcs12-passphrase'));
  });

  it('SEC-11: what follows opaque content is not collected without end', async () => {
    const opened = await openSignedData(await openContentInfo(opaqueWithTail(3 * MiB, 1000)));
    assert.ok(opened.content);
    await collect(opened.content);
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(opened.signedData(), refusedAs('asn1-malformed'));
    const heldBytes = process.memoryUsage().arrayBuffers - before;
    assert.ok(heldBytes < 64 * MiB, `${heldBytes} bytes`);
  });

  it('SEC-11: hundreds of certificates beside dozens of signatures are read once, not for each', async () => {
    const one = await signature(signedContent, all.keys.partner);
    const many = rewritten(one, [1, 0], ({ children }) => {
      const [certificates, signers] = children
        .slice(3)
        .map((node) => node.children[0]?.raw ?? Buffer.alloc(0));
      return sequence(
        ...children.slice(0, 3).map(({ raw }) => raw),
        constructed(contextTag(0), ...Array.from({ length: 190 }, () => certificates ?? Buffer.alloc(0))),
        constructed(tags.set, ...Array.from({ length: 32 }, () => signers ?? Buffer.alloc(0))),
      );
    });
    const body = Buffer.concat([
      Buffer.from('--b\r\n'),
      signedContent,
      Buffer.from('\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n'),
      many,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    const headers = Headers.fromPairs([['Content-Type', 'multipart/signed; boundary=b; micalg=sha-256']]);
    const open = () =>
      openMessage(
        { headers, body: bufferSource(body) },
        {
          keys: [],
          signingCertificates: [all.keys.stranger.certificate],
          spill: { directory: '/nonexistent', thresholdBytes: MiB },
        },
      );
    await assertQuick(1000, () => assert.rejects(open(), refusedAs('signature-signer-unknown')));
  });

  it('law 3: the documents of a multipart hold together no more memory than one of them may', () =>
    withTempDirectory(async (directory) => {
      const part = `--b\r\nContent-Type: text/plain\r\n\r\n${'x'.repeat(900)}\r\n`;
      const body = Buffer.from(`${part.repeat(100)}--b--\r\n`);
      const headers = Headers.fromPairs([['Content-Type', 'multipart/mixed; boundary=b']]);
      const { attachments = [] } = await openMessage(
        { headers, body: bufferSource(body) },
        {
          keys: [],
          signingCertificates: [],
          spill: { directory, thresholdBytes: 1000 },
          splitAttachments: true,
        },
      );
      assert.equal(attachments.length, 100);
      const held = attachments.reduce((sum, { bytes }) => sum + (bytes.buffer?.length ?? 0), 0);
      assert.ok(held <= 1000, `${held} bytes`);
    }));

  for (const [name, safe] of [
    [`con${' '.repeat(300)}.txt`, '_con.txt'],
    ['con .txt', '_con .txt'],
    ['LPT1 ', '_LPT1'],
  ] as const) {
    it(`SEC-10: ${JSON.stringify(name.slice(0, 12))} names no device`, () => {
      assert.equal(safeFilename(name, 'x'), safe);
    });
  }
});

/** SignedData with little content and a long tail that never reaches its signers. */
async function* opaqueWithTail(
  elementBytes: number,
  elements: number,
): Chunks & AsyncGenerator<Buffer, void> {
  const indefinite = (identifier: number) => Buffer.from([identifier, 0x80]);
  yield Buffer.concat([
    indefinite(0x30),
    oid('1.2.840.113549.1.7.2'),
    indefinite(0xa0),
    indefinite(0x30),
    integer(1),
    constructed(tags.set),
    sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(signedContent))),
  ]);
  const element = context(5, octetString(Buffer.alloc(elementBytes)));
  for (let sent = 0; sent < elements; sent += 1) yield element;
}
