import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import {
  childrenOf,
  context,
  contextTag,
  integer,
  octetString,
  oid,
  parseBer,
  sequence,
} from '../../src/asn1';
import { bufferFlow } from '../../src/bytes';
import { dispositionFor, formatDisposition, micOfError, type OpenOptions } from '../../src/as2';
import { envelopedFlow, signDetached } from '../../src/cms';
import { type As2Error, isAs2Error } from '../../src/errors';
import { handmadeEnvelope, pkcs1Recipient } from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { payloadPart, payloadPartMics } from '../support/payload-part';
import { withTempDirectory } from '../support/temp';
import { signedByOpenssl } from './openssl-smime';
import { collect, composed, opened, payloadBytes, stations, wire, type Wire } from './stations';

async function refusal(message: Wire, options: Partial<OpenOptions> = {}): Promise<As2Error> {
  try {
    await opened(message, options);
  } catch (error) {
    assert.ok(isAs2Error(error), String(error));
    return error;
  }
  return assert.fail('it was taken');
}

function answer(error: As2Error): string {
  return formatDisposition(dispositionFor(error)).replace('automatic-action/MDN-sent-automatically; ', '');
}

async function signedAndEncrypted(): Promise<Wire> {
  const { alpha, beta } = await stations();
  return composed({
    sign: { keyPair: alpha, digest: 'sha-256' },
    encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' },
  });
}

async function signed(): Promise<Wire> {
  const { alpha } = await stations();
  return composed({ sign: { keyPair: alpha, digest: 'sha-256' } });
}

/** Any plaintext, encrypted for beta. */
async function encrypted(plaintext: Buffer): Promise<Wire> {
  const { beta } = await stations();
  const flow = envelopedFlow(bufferFlow(plaintext), {
    recipients: [beta.certificate],
    cipher: 'aes-128-cbc',
  });
  return wire({ 'Content-Type': 'application/pkcs7-mime' }, await collect(flow.chunks));
}

function replaced({ headers, body }: Wire, from: string, to: string): Wire {
  const text = body.toString('latin1');
  assert.ok(text.includes(from), `${from} is in there`);
  return { headers, body: Buffer.from(text.replace(from, to), 'latin1') };
}

/** A signed message of which the signature was exchanged. */
async function withSignature(der: Buffer): Promise<Wire> {
  const { headers, body } = await signed();
  const base64 = body.toString('latin1').replace(/MII[^-]*/, `${der.toString('base64')}\r\n\r\n`);
  return { headers, body: Buffer.from(base64, 'latin1') };
}

async function signatureOver(part: Buffer): Promise<Buffer> {
  const { alpha } = await stations();
  const digest = createHash('sha256').update(part).digest();
  return signDetached(digest, { keyPair: alpha, digest: 'sha-256' });
}

describe('Messages that were tampered with', () => {
  it('DSP-06, MIC-12 one byte of the payload: integrity-check-failed, with the MIC of what arrived', async () => {
    const message = await signed();
    const error = await refusal(replaced(message, 'ISA*00*', 'ISA*01*'));
    assert.equal(error.code, 'signature-content-altered');
    assert.equal(answer(error), 'processed/error: integrity-check-failed');
    assert.equal(micOfError(error)?.algorithm, 'sha-256');
    assert.match(error.message, /CN=alpha/);
  });

  for (const [what, from, to] of [
    ['a header of the part', 'application/edi-x12', 'application/EDI-x12'],
    ['a blank line more', 'ISA*00*~\r\n', 'ISA*00*~\r\n\r\n'],
    ['a line break less', 'ISA*00*~\r\n\r\n', 'ISA*00*~\r\n'],
    ['a header more', 'Content-Type: application/edi-x12', 'X: y\r\nContent-Type: application/edi-x12'],
  ] as const) {
    it(`MIME-01, MIME-02 ${what}: integrity-check-failed`, async () => {
      assert.equal((await refusal(replaced(await signed(), from, to))).code, 'signature-content-altered');
    });
  }

  it('DSP-05 signed by a certificate that is not the partner’s: authentication-failed, and both are named', async () => {
    const gamma = await testKeyPair('gamma');
    const error = await refusal(await composed({ sign: { keyPair: gamma, digest: 'sha-256' } }));
    assert.equal(error.code, 'signature-signer-unknown');
    assert.equal(answer(error), 'processed/error: authentication-failed');
    assert.match(String(error.facts.found), /CN=gamma.*SHA-256 [0-9A-F:]+$/);
    assert.match(String(error.facts.expected), /CN=alpha/);
    assert.ok(micOfError(error));
  });

  it('SEC-01 signed by a certificate with the partner’s name and serial number: authentication-failed', async () => {
    const { alpha } = await stations();
    const mallory = await testKeyPair('mallory');
    const forged = { ...alpha, privateKey: mallory.privateKey };
    const error = await refusal(await composed({ sign: { keyPair: forged, digest: 'sha-256' } }));
    assert.equal(error.code, 'signature-invalid');
    assert.equal(answer(error), 'processed/error: authentication-failed');
  });

  it('a signed message where no certificate is configured', async () => {
    const error = await refusal(await signed(), { signingCertificates: [] });
    assert.equal(error.code, 'signature-certificate-missing');
    assert.equal(answer(error), 'processed/error: authentication-failed');
  });

  for (const [what, from] of [
    ['a damaged signature', /MII.{8}/],
    ['a damaged signature, whose base64 ends in the middle', /MII.{9}/],
    ['a damaged signature, whose base64 ends in the middle somewhere else', /MII.{10}/],
    ['a damaged signature, of the right length', /MII.{5}/],
    ['no signature', /MII[^-]*/],
  ] as const) {
    it(`${what}: integrity-check-failed`, async () => {
      const message = await signed();
      const text = message.body.toString('latin1').replace(from, '');
      const error = await refusal({ ...message, body: Buffer.from(text, 'latin1') });
      assert.equal(error.code, 'signature-unreadable');
      assert.equal(answer(error), 'processed/error: integrity-check-failed');
    });
  }

  it('a digest nobody knows: authentication-failed, and it is named', async () => {
    const der = await signatureOver(payloadPart);
    const sha256 = Buffer.from('0609608648016503040201', 'hex');
    for (let at = der.indexOf(sha256); at >= 0; at = der.indexOf(sha256, at + 1))
      der[at + sha256.length - 1] = 0x7e;
    const error = await refusal(await withSignature(der));
    assert.equal(error.code, 'signature-algorithm-unsupported');
    assert.equal(answer(error), 'processed/error: authentication-failed');
    assert.match(error.message, /2\.16\.840\.1\.101\.3\.4\.2\.126/);
  });

  it('SEC-11 a signature of more than 4 MiB', async () => {
    assert.equal(
      (await refusal(await withSignature(Buffer.alloc(4.2 * 1024 * 1024, 0x30)))).code,
      'signature-too-large',
    );
  });

  it('SIG-08 a signer named by a key identifier that is not the partner’s', async () => {
    const gamma = await testKeyPair('gamma');
    const { headers, body } = await signedByOpenssl(payloadPart, gamma, '-binary -keyid -nocerts');
    const error = await refusal({ headers, body });
    assert.equal(error.code, 'signature-signer-unknown');
    assert.match(String(error.facts.found), /^key identifier [0-9A-F]{40}$/);
  });

  it('SIG-09 a signer that is only named', async () => {
    const gamma = await testKeyPair('gamma');
    const error = await refusal(await signedByOpenssl(payloadPart, gamma, '-binary -nocerts'));
    assert.match(
      String(error.facts.found),
      new RegExp(`^serial number ${gamma.certificate.serialNumber} of CN=gamma$`),
    );
  });

  it('a bare signature where a message should be', async () => {
    const message = wire({ 'Content-Type': 'application/pkcs7-mime' }, await signatureOver(payloadPart));
    assert.equal((await refusal(message)).code, 'signature-without-content');
  });

  it('a multipart/signed with one part', async () => {
    const { headers, body } = await signed();
    const boundary = /boundary="([^"]+)"/.exec(headers.get('Content-Type') ?? '')?.[1] ?? '';
    const end = body.lastIndexOf(`\r\n--${boundary}\r\n`);
    const message = {
      headers,
      body: Buffer.concat([body.subarray(0, end), Buffer.from(`\r\n--${boundary}--\r\n`)]),
    };
    assert.equal((await refusal(message)).code, 'signature-part-missing');
  });

  it('truncated anywhere: refused, whatever is missing', async () => {
    for (const message of [await signed(), await signedAndEncrypted()]) {
      for (let length = 0; length < message.body.length - 4; length += 41) {
        const error = await refusal({ ...message, body: message.body.subarray(0, length) });
        assert.match(answer(error), /^processed\/error: /);
      }
    }
  });

  it('SEC-04 altered anywhere: refused, or the content is the one that was signed', async () => {
    const message = await signedAndEncrypted();
    const original = await payloadBytes(await opened(message));
    for (let at = 0; at < message.body.length; at += 7) {
      const body = Buffer.from(message.body);
      body[at] = (body[at] ?? 0) ^ 0x20;
      const changed = await opened({ ...message, body }, { policy: { requireSigned: true } }).catch(
        (error: unknown) => error,
      );
      if (isAs2Error(changed)) continue;
      assert.ok(changed && !(changed instanceof Error), String(changed));
      assert.deepEqual(await payloadBytes(changed as Awaited<ReturnType<typeof opened>>), original);
    }
  });
});

describe('One way to fail to decrypt', () => {
  const part = payloadPart.toString('latin1');
  /** Ends of a signed entity behind which an attacker put blocks of his own. */
  const appended = (entity: string) => `${entity}${'\u00a7'.repeat(16)}`;

  const matrix: readonly (readonly [title: string, message: () => Promise<Wire>])[] = [
    [
      'another certificate',
      async () => {
        const gamma = await testKeyPair('gamma');
        return composed({ encrypt: { recipients: [gamma.certificate], cipher: 'aes-256-cbc' } });
      },
    ],
    ['a damaged key block', async () => damagedAt(await signedAndEncrypted(), 300)],
    ['a damaged end, so that the padding is wrong', async () => damagedAt(await signedAndEncrypted(), -1)],
    [
      'a cut-off end',
      async () => {
        const message = await signedAndEncrypted();
        return { ...message, body: message.body.subarray(0, -16) };
      },
    ],
    ['plaintext that is noise', () => encrypted(Buffer.from('\u0091\u0003noise\u00ff'.repeat(9), 'latin1'))],
    [
      'noise that begins with a line feed',
      () => encrypted(Buffer.from('\n\u0091\u0003noise\u00ff'.repeat(9), 'latin1')),
    ],
    [
      'a multipart that does not end',
      () => encrypted(Buffer.from(`Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n${part}`)),
    ],
    [
      'a multipart without its boundary',
      () => encrypted(Buffer.from(`Content-Type: multipart/signed; boundary=b\r\n\r\n${part}`)),
    ],
    [
      'a multipart without parts',
      () => encrypted(Buffer.from('Content-Type: multipart/signed; boundary=b\r\n\r\n--b--\r\n')),
    ],
    [
      'CMS in CMS that is none',
      () => encrypted(Buffer.from('Content-Type: application/pkcs7-mime\r\n\r\n0123456789')),
    ],
    [
      'blocks behind the closing delimiter',
      async () => {
        const message = await signed();
        const type = message.headers.get('Content-Type');
        return encrypted(
          Buffer.from(appended(`Content-Type: ${type}\r\n\r\n${message.body.toString('latin1')}`), 'latin1'),
        );
      },
    ],
  ];
  for (const [title, message] of matrix) {
    it(`SEC-03, DSP-04 ${title}: decryption-failed, without a MIC`, async () => {
      const error = await refusal(await message());
      assert.match(error.code, /^decryption-/);
      assert.equal(answer(error), 'processed/error: decryption-failed');
      assert.equal(micOfError(error), undefined);
    });
  }

  it('ENV-02 names the certificates the message is for, and ours', async () => {
    const gamma = await testKeyPair('gamma');
    const error = await refusal(
      await composed({ encrypt: { recipients: [gamma.certificate], cipher: 'aes-256-cbc' } }),
      {
        keys: [await testKeyPair('beta'), await testKeyPair('delta')],
      },
    );
    assert.equal(error.code, 'decryption-no-key');
    assert.match(error.message, new RegExp(gamma.certificate.serialNumber));
    assert.match(error.message, /CN=beta.*CN=delta/);
  });

  it('ENV-02 opens with a former key', async () => {
    const { beta } = await stations();
    const message = await opened(await signedAndEncrypted(), { keys: [await testKeyPair('delta'), beta] });
    assert.equal(message.encrypted, true);
  });
});

describe('Less protection than agreed', () => {
  it('SEC-02, DSP-08 plain, although a signature is required', async () => {
    const error = await refusal(await composed(), { policy: { requireSigned: true } });
    assert.equal(error.code, 'message-not-signed');
    assert.equal(answer(error), 'processed/error: insufficient-message-security');
    assert.ok(micOfError(error), 'MIC-12: the content was readable');
  });

  it('SEC-02 the signature was stripped and the payload encrypted again', async () => {
    const error = await refusal(await encrypted(payloadPart), {
      policy: { requireSigned: true, requireEncrypted: true },
    });
    assert.equal(error.code, 'message-not-signed');
    assert.equal(micOfError(error)?.value, payloadPartMics.sha256);
  });

  it('DSP-08 signed, although encryption is required', async () => {
    const error = await refusal(await signed(), { policy: { requireEncrypted: true } });
    assert.equal(error.code, 'message-not-encrypted');
  });

  it('SEC-02 a multipart with a signed and an unsigned part is not a signed message', async () => {
    const { headers, body } = await signed();
    const inner = `Content-Type: ${headers.get('Content-Type')}\r\n\r\n${body.toString('latin1')}`;
    const mixed = `--m\r\n${inner}\r\n--m\r\nContent-Type: text/plain\r\n\r\nevil\r\n--m--\r\n`;
    const message = wire({ 'Content-Type': 'multipart/mixed; boundary=m' }, Buffer.from(mixed, 'latin1'));
    assert.equal((await refusal(message, { policy: { requireSigned: true } })).code, 'message-not-signed');
    assert.equal((await opened(message)).signed, false);
  });

  it('SEC-02 what stands beside the signed part is not delivered', async () => {
    const { headers, body } = await signed();
    const boundary = /boundary="([^"]+)"/.exec(headers.get('Content-Type') ?? '')?.[1] ?? '';
    const close = `--${boundary}--`;
    const more = body
      .toString('latin1')
      .replace(close, `--${boundary}\r\nContent-Type: text/plain\r\n\r\nevil\r\n${close}`);
    const message = await opened({ headers, body: Buffer.from(more, 'latin1') });
    assert.equal((await payloadBytes(message)).includes('evil'), false);
  });

  it('SIG-15 signed data with zero signers counts as unsigned', async () => {
    const { alpha } = await stations();
    const signature = await signDetached(Buffer.alloc(32), { keyPair: alpha, digest: 'sha-256' });
    const [, content] = childrenOf(parseBer(signature));
    const fields = childrenOf(childrenOf(content, contextTag(0))[0]).map(({ raw }) => raw);
    const signerInfos = Buffer.from('3100', 'hex');
    const signedData = context(0, sequence(...fields.slice(0, -1), signerInfos));
    const bare = sequence(oid('1.2.840.113549.1.7.2'), signedData);
    const message = await withSignature(bare);
    assert.equal((await opened(message)).signed, false);
    assert.equal((await refusal(message, { policy: { requireSigned: true } })).code, 'message-not-signed');
  });

  for (const digest of ['md5', 'sha-1'] as const) {
    it(`SEC-05 a signature with ${digest} needs opting in`, async () => {
      const { alpha } = await stations();
      const message = await composed({ sign: { keyPair: alpha, digest } });
      const error = await refusal(message);
      assert.equal(error.code, 'message-digest-not-allowed');
      assert.equal(answer(error), 'processed/error: insufficient-message-security');
      assert.equal((await opened(message, { policy: { allowedDigests: [digest] } })).signed, true);
    });
  }

  it('ENV-14 a cipher that is not on the list', async () => {
    const error = await refusal(await signedAndEncrypted(), { policy: { allowedCiphers: ['aes-128-cbc'] } });
    assert.equal(error.code, 'message-cipher-not-allowed');
    assert.equal(answer(error), 'processed/error: insufficient-message-security');
  });

  for (const [name, id] of [
    ['des-cbc', '1.3.14.3.2.7'],
    ['rc4', '1.2.840.113549.3.4'],
    ['', '1.2.3.4'],
  ] as const) {
    it(`ENV-14 a cipher that nobody may use: ${name} (${id})`, async () => {
      const { beta } = await stations();
      const body = handmadeEnvelope({
        recipient: pkcs1Recipient(beta.certificate, Buffer.alloc(8, 1)),
        cipher: sequence(oid(id), octetString(Buffer.alloc(8))),
        ciphertext: Buffer.alloc(32),
      });
      const error = await refusal(
        wire({ 'Content-Type': 'application/pkcs7-mime; smime-type=enveloped-data' }, body),
      );
      assert.equal(error.code, 'algorithm-unsupported');
      assert.ok(error.message.includes(name && `${name} (${id})`), error.message);
      assert.equal(answer(error), 'processed/error: insufficient-message-security');
    });
  }

  it('CMP-06, DSP-07 a compression that nobody uses', async () => {
    const algorithm = sequence(oid('1.2.3.4'));
    const content = sequence(oid('1.2.840.113549.1.7.1'), context(0, octetString(Buffer.alloc(9))));
    const compressedData = sequence(integer(0), algorithm, content);
    const body = sequence(oid('1.2.840.113549.1.9.16.1.9'), context(0, compressedData));
    const error = await refusal(
      wire({ 'Content-Type': 'application/pkcs7-mime; smime-type=compressed-data' }, body),
    );
    assert.equal(answer(error), 'processed/error: decompression-failed');
  });

  it('SEC-03 an unknown cipher inside a cipher that does not authenticate looks like any failure', async () => {
    const { beta } = await stations();
    const inner = handmadeEnvelope({
      recipient: pkcs1Recipient(beta.certificate, Buffer.alloc(8, 1)),
      cipher: sequence(oid('1.3.14.3.2.7'), octetString(Buffer.alloc(8))),
      ciphertext: Buffer.alloc(32),
    });
    const head = Buffer.from('Content-Type: application/pkcs7-mime\r\n\r\n');
    const error = await refusal(await encrypted(Buffer.concat([head, inner])));
    assert.equal(error.code, 'decryption-failed');
  });

  it('ENV-10 3DES needs opting in', async () => {
    const { beta } = await stations();
    const message = await composed({ encrypt: { recipients: [beta.certificate], cipher: 'des-ede3-cbc' } });
    assert.equal((await refusal(message)).code, 'message-cipher-not-allowed');
    const policy = { allowedCiphers: ['des-ede3-cbc'] as const };
    assert.equal((await opened(message, { policy })).encrypted, true);
  });
});

describe('Limits', () => {
  it('MIME-10 nested more deeply than allowed', async () => {
    let message: Wire = wire({ 'Content-Type': 'application/edi-x12' }, 'ISA*00*~\r\n');
    for (let depth = 0; depth < 11; depth++) {
      const { headers, body } = message;
      message = await encrypted(Buffer.concat([headers.toBuffer(), Buffer.from('\r\n'), body]));
    }
    const error = await refusal(message);
    assert.equal(error.code, 'mime-too-deep');
    assert.equal(answer(error), 'processed/error: unexpected-processing-error');
  });

  it('a payload larger than the limit, and nothing is left of it', async () => {
    await withTempDirectory(async (directory) => {
      const error = await refusal(await signedAndEncrypted(), {
        spill: { directory, thresholdBytes: 1, limitBytes: 5 },
      });
      assert.equal(error.code, 'payload-too-large');
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('law 5: nothing is left on disk of any message that was refused', async () => {
    const { beta } = await stations();
    const gamma = await testKeyPair('gamma');
    const bad = [
      replaced(await signed(), 'ISA*00*', 'ISA*01*'),
      await composed({ sign: { keyPair: gamma, digest: 'sha-256' } }),
      damagedAt(await signedAndEncrypted(), -1),
      { ...(await signed()), body: (await signed()).body.subarray(0, -60) },
      await composed({ encrypt: { recipients: [beta.certificate], cipher: 'aes-256-gcm' } }).then((gcm) =>
        damagedAt(gcm, -1),
      ),
    ];
    await withTempDirectory(async (directory) => {
      for (const message of bad) {
        await refusal(message, { spill: { directory, thresholdBytes: 1 } });
        assert.deepEqual(await readdir(directory), []);
      }
      await refusal(await composed(), {
        spill: { directory, thresholdBytes: 1 },
        policy: { requireSigned: true },
      });
      assert.deepEqual(await readdir(directory), []);
    });
  });
});

/** @param at from the end when negative */
function damagedAt({ headers, body }: Wire, at: number): Wire {
  const damaged = Buffer.from(body);
  const index = at < 0 ? damaged.length + at : at;
  damaged[index] = (damaged[index] ?? 0) ^ 0xff;
  return { headers, body: damaged };
}
