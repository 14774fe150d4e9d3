import assert from 'node:assert/strict';
import { createCipheriv, createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { context, integer, octetString, oid, sequence } from '../../src/asn1';
import {
  cipherAlgorithm,
  type CipherName,
  digestAlgorithm,
  digestByName,
  type DigestName,
  readSignedData,
} from '../../src/cms';
import { keyWrapFor } from '../../src/cms/algorithms';
import { createOpener } from '../../src/cms/content-encryption/aead';
import { unwrapKey } from '../../src/cms/recipients/key-wrap';
import { decryptOaep } from '../../src/cms/rsa/oaep';
import { decryptPkcs1 } from '../../src/cms/rsa/pkcs1-encryption';
import { signatureVerifier } from '../../src/cms/signed-data/signature-value';
import { makeKeyPair } from '../../src/pki';
import { decrypted, verify } from '../cms/helpers';
import { inPieces } from '../support/chunks';
import {
  certificateFor,
  handmadeEnvelope,
  handmadeSignature,
  keyAgreement,
  pkcs1Recipient,
} from '../support/handmade-cms';
import { testKeyPair } from '../support/keys';
import { verifyOverContent } from '../support/over-content';
import { hkdfKey, x963Key } from './derivations';
import { hex } from './published';

/** The fields that are used here, of a group and of each of its tests. */
export interface WycheproofGroup {
  readonly tagSize?: number;
  readonly sha?: string;
  readonly mgf?: string;
  readonly mgfSha?: string;
  readonly sLen?: number;
  readonly curve?: string;
  readonly publicKeyDer?: string;
  readonly privateKeyPkcs8?: string;
  readonly tests: readonly WycheproofTest[];
}

export interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly key?: string;
  readonly iv?: string;
  readonly aad?: string;
  readonly msg?: string;
  readonly ct?: string;
  readonly tag?: string;
  readonly sig?: string;
  readonly label?: string;
  readonly public?: string;
  readonly private?: string;
  readonly shared?: string;
}

/** Whether our code takes what the test offers; undefined: nothing of ours does such a thing. */
type Taken = boolean | undefined;

/** Prepares a group; then each of its tests is tried. */
type Family = (
  group: WycheproofGroup,
  file: string,
) => Promise<((test: WycheproofTest) => Promise<Taken> | Taken) | undefined>;

export const families: readonly (readonly [files: RegExp, ids: string, family: Family])[] = [
  [/^aes_gcm_test/, 'AEAD-02', aead],
  [/^aes_ccm_test/, 'AEAD-03', aead],
  [/^chacha20_poly1305_test/, 'AEAD-04', aead],
  [/^aes_cbc_pkcs5_test/, 'ENV-09', cbc],
  [/^aes_wrap_test/, 'ENV-07', keyWrap],
  [/^rsa_signature_\d+_sha\w*_test/, 'SIG-10', rsaSignature],
  [/^rsa_pss_\w+_test/, 'SIG-12', pss],
  [/^ecdsa_secp(?:256|384|521)r1_sha\w*(?<!p1363|webcrypto)_test/, 'SIG-13', ecdsa],
  [/^ed(?:25519|448)_test/, 'SIG-14', edwards],
  [/^rsa_oaep_\w+_test/, 'ENV-06', oaep],
  [/^rsa_pkcs1_\d+_test/, 'ENV-05', pkcs1],
  [/^ecdh_secp(?:256|384|521)r1_ecpoint_test/, 'ENV-07', agreement],
  [/^x(?:25519|448)_test/, 'ENV-07', agreement],
];

function octets(text: string | undefined): Buffer {
  return hex(text ?? '');
}

function digestOf(name: string | undefined): DigestName | undefined {
  return digestByName((name ?? '').replace('/', '-'))?.name;
}

async function opens(message: Buffer, key: Parameters<typeof makeKeyPair>, expected: Buffer): Promise<Taken> {
  try {
    return (await decrypted(message, [makeKeyPair(...key)], 7)).equals(expected);
  } catch {
    return false;
  }
}

async function aead({ tagSize = 128 }: WycheproofGroup, file: string): ReturnType<Family> {
  const own = await testKeyPair('Station A');
  const mode = /^(?:aes_(\w+)|(chacha20)_poly1305)_test/.exec(file)?.[1] ?? 'chacha20-poly1305';
  return async ({ key, iv, aad, msg, ct, tag }) => {
    const name = mode.startsWith('chacha') ? mode : `aes-${octets(key).length * 8}-${mode}`;
    const algorithm = cipherAlgorithm(name as CipherName);
    const [nonce, ciphertext, mac] = [octets(iv), octets(ct), octets(tag)];
    if (aad === '') {
      const parameters = mode.startsWith('chacha')
        ? octetString(nonce)
        : sequence(octetString(nonce), integer(tagSize / 8));
      const message = handmadeEnvelope({
        recipient: pkcs1Recipient(own.certificate, octets(key)),
        cipher: sequence(oid(algorithm.oid), parameters),
        ciphertext,
        mac,
      });
      return opens(message, [own.certificate, own.privateKey], octets(msg));
    }
    try {
      const opener = createOpener({ algorithm, iv: nonce }, octets(key), ciphertext.length, octets(aad), mac);
      const opened = opener.update(ciphertext);
      return opener.verifies() && opened.equals(octets(msg));
    } catch {
      return false;
    }
  };
}

async function cbc(): ReturnType<Family> {
  const own = await testKeyPair('Station A');
  return ({ key, iv, msg, ct }) => {
    const { oid: id } = cipherAlgorithm(`aes-${octets(key).length * 8}-cbc` as CipherName);
    const message = handmadeEnvelope({
      recipient: pkcs1Recipient(own.certificate, octets(key)),
      cipher: sequence(oid(id), octetString(octets(iv))),
      ciphertext: octets(ct),
    });
    return opens(message, [own.certificate, own.privateKey], octets(msg));
  };
}

// oxlint-disable-next-line require-await -- others have certificates to make
async function keyWrap(): ReturnType<Family> {
  return ({ key, msg, ct }) => {
    const wrap = keyWrapFor(octets(key).length);
    return wrap && unwrapKey(wrap, octets(key), octets(ct))?.equals(octets(msg)) === true;
  };
}

async function rsaSignature({ publicKeyDer, sha }: WycheproofGroup): ReturnType<Family> {
  const digest = digestOf(sha);
  if (!digest || !publicKeyDer) return undefined;
  const certificate = await certificateFor(hex(publicKeyDer));
  const signatureAlgorithm = sequence(oid('1.2.840.113549.1.1.1'));
  return ({ msg, sig }) => {
    const message = handmadeSignature({ certificate, digest, signatureAlgorithm, signature: octets(sig) });
    return verify(message, octets(msg), [certificate], {}, [digest]).status === 'verified';
  };
}

async function pss({ publicKeyDer, sha, mgf, mgfSha, sLen }: WycheproofGroup): ReturnType<Family> {
  const [digest, mgf1Digest] = [digestOf(sha), digestOf(mgfSha)];
  if (!digest || !mgf1Digest || mgf !== 'MGF1' || !publicKeyDer) return undefined;
  const certificate = await certificateFor(hex(publicKeyDer));
  const identifier = (name: DigestName) => sequence(oid(digestAlgorithm(name).oid));
  const parameters = sequence(
    context(0, identifier(digest)),
    context(1, sequence(oid('1.2.840.113549.1.1.8'), identifier(mgf1Digest))),
    context(2, integer(sLen ?? 0)),
  );
  const signatureAlgorithm = sequence(oid('1.2.840.113549.1.1.10'), parameters);
  return ({ msg, sig }) => {
    const message = handmadeSignature({ certificate, digest, signatureAlgorithm, signature: octets(sig) });
    return verify(message, octets(msg), [certificate], {}, [digest]).status === 'verified';
  };
}

async function ecdsa({ publicKeyDer, sha }: WycheproofGroup): ReturnType<Family> {
  const digest = sha?.startsWith('SHAKE') ? undefined : digestOf(sha);
  if (!digest || !publicKeyDer) return undefined;
  const certificate = await certificateFor(hex(publicKeyDer));
  const signatureAlgorithm = sequence(oid('1.2.840.10045.2.1'));
  return async ({ msg, sig }) => {
    const message = handmadeSignature({ certificate, digest, signatureAlgorithm, signature: octets(sig) });
    const content = inPieces(octets(msg), 3);
    const { status } = await verifyOverContent(readSignedData(message), content, new Map(), [certificate]);
    return status === 'verified';
  };
}

// oxlint-disable-next-line require-await -- others have certificates to make
async function edwards({ publicKeyDer = '' }: WycheproofGroup, file: string): ReturnType<Family> {
  const key = createPublicKey({ key: hex(publicKeyDer), type: 'spki', format: 'der' });
  const id = file.startsWith('ed25519') ? '1.3.101.112' : '1.3.101.113';
  const verifier = signatureVerifier({ oid: id, parameters: undefined }, 'sha-512');
  return ({ msg, sig }) => verifier?.verify(key, 'sha-512', { bytes: octets(msg) }, octets(sig));
}

// oxlint-disable-next-line require-await -- others have certificates to make
async function oaep({ privateKeyPkcs8, sha, mgfSha }: WycheproofGroup): ReturnType<Family> {
  const [digest, mgf1Digest] = [digestOf(sha), digestOf(mgfSha)];
  if (!digest || !mgf1Digest || !privateKeyPkcs8) return undefined;
  const key = createPrivateKey({ key: hex(privateKeyPkcs8), type: 'pkcs8', format: 'der' });
  return ({ msg, ct, label }) => {
    const parameters = { digest, mgf1Digest, label: octets(label) };
    return decryptOaep(key, parameters, octets(ct))?.equals(octets(msg)) === true;
  };
}

// oxlint-disable-next-line require-await -- others have certificates to make
async function pkcs1({ privateKeyPkcs8 = '' }: WycheproofGroup): ReturnType<Family> {
  const key = createPrivateKey({ key: hex(privateKeyPkcs8), type: 'pkcs8', format: 'der' });
  // What has bad padding gives random octets: no key, and nobody can tell.
  return ({ msg, ct }) => decryptPkcs1(key, octets(ct))?.equals(octets(msg)) === true;
}

const curves: Readonly<Record<string, Buffer>> = {
  secp256r1: sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
  secp384r1: sequence(oid('1.2.840.10045.2.1'), oid('1.3.132.0.34')),
  secp521r1: sequence(oid('1.2.840.10045.2.1'), oid('1.3.132.0.35')),
  curve25519: sequence(oid('1.3.101.110')),
  curve448: sequence(oid('1.3.101.111')),
};

/** A message whose key is wrapped with what the agreement must lead to. */
// oxlint-disable-next-line require-await -- others have certificates to make
async function agreement({ curve = '' }: WycheproofGroup): ReturnType<Family> {
  const keyAlgorithm = curves[curve];
  if (!keyAlgorithm) return undefined;
  const isEc = curve.startsWith('secp');
  const keyInfo = sequence(oid('2.16.840.1.101.3.4.1.45'));
  const derive = isEc ? x963Key : hkdfKey;
  const scheme = isEc ? '1.3.132.1.11.1' : '1.2.840.113549.1.9.16.3.19';
  const content = Buffer.from('agreed');
  return async (test) => {
    const privateKey = agreementKey(keyAlgorithm, isEc ? test.private?.replace(/^00/, '') : test.private);
    if (!privateKey) return undefined;
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    const certificate = await certificateFor(spki);
    const key = derive('sha256', octets(test.shared), keyInfo, undefined, 32);
    const [contentKey, iv] = [randomBytes(16), randomBytes(16)];
    const wrapping = createCipheriv('id-aes256-wrap', key, Buffer.alloc(8, 0xa6));
    const encryption = createCipheriv('aes-128-cbc', contentKey, iv);
    const message = handmadeEnvelope({
      recipient: keyAgreement({
        certificate,
        keyAlgorithm,
        point: octets(test.public),
        keyEncryptionAlgorithm: sequence(oid(scheme), keyInfo),
        encryptedKey: Buffer.concat([wrapping.update(contentKey), wrapping.final()]),
      }),
      cipher: sequence(oid('2.16.840.1.101.3.4.1.2'), octetString(iv)),
      ciphertext: Buffer.concat([encryption.update(content), encryption.final()]),
    });
    return opens(message, [certificate, privateKey], content);
  };
}

function agreementKey(algorithm: Buffer, scalar = ''): KeyObject | undefined {
  const isEc = algorithm.length > 10;
  const size = { 19: 32, 16: 48 }[algorithm.length] ?? 0;
  const padded = isEc && size > 0 ? scalar.padStart(size * 2, '0') : scalar;
  const inner = isEc ? sequence(integer(1), octetString(hex(padded))) : octetString(hex(scalar));
  assert.ok(scalar.length > 0);
  const pkcs8 = sequence(integer(0), algorithm, octetString(inner));
  try {
    return createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' });
  } catch {
    return undefined;
  }
}
