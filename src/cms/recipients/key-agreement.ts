import { createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import {
  type Asn1Node,
  bitString,
  bitStringBytes,
  childrenOf,
  context,
  nullValue,
  octetString,
  oid,
  parseBer,
  sequence,
} from '../../asn1';
import { As2Error } from '../../errors';
import type { Certificate } from '../../pki';
import { algorithmIdentifier, readAlgorithmIdentifier } from '../algorithm-identifier';
import {
  createDigest,
  digestAlgorithm,
  type KeyAgreementAlgorithm,
  keyAgreementByOid,
  keyAgreementFor,
  type KeyWrapAlgorithm,
  keyWrapByOid,
  keyWrapFor,
} from '../algorithms';
import { unwrapKey, wrapKey } from './key-wrap';
import type { KeyAgreement } from './recipient-info';

/** Far beyond any in use; node:crypto's HKDF throws where both together are longer than 1024 octets. */
const LONGEST_KEY_INFO_BYTES = 256;
const LONGEST_KEYING_MATERIAL_BYTES = 512;

/**
 * Agrees with the originator's ephemeral key on a key-encryption key and unwraps the content-encryption key
 * (RFC 5753 §3.1, RFC 8418 §2).
 * @returns undefined when it does not unwrap; the caller shows nothing of that
 * @throws As2Error `algorithm-unsupported`
 */
export function agreeAndUnwrap(
  recipient: KeyAgreement,
  certificate: Certificate,
  privateKey: KeyObject,
): Buffer | undefined {
  const { oid: scheme, parameters } = recipient.keyEncryptionAlgorithm;
  const agreement = keyAgreementByOid(scheme);
  const wrap = keyWrapByOid(readAlgorithmIdentifier(parameters).oid);
  if (!agreement || !wrap || !recipient.originatorKey) {
    throw new As2Error('algorithm-unsupported', { algorithm: scheme, purpose: 'key agreement' });
  }
  if ((recipient.userKeyingMaterial?.length ?? 0) > LONGEST_KEYING_MATERIAL_BYTES) return undefined;
  let secret: Buffer;
  try {
    secret = diffieHellman({
      privateKey,
      publicKey: publicKeyLike(certificate.publicKey, recipient.originatorKey),
    });
  } catch {
    return undefined; // not a point of that curve
  }
  for (const keyInfo of keyInfoForms(parameters, wrap)) {
    const key = unwrapKey(
      wrap,
      deriveKey(agreement, wrap, secret, keyInfo, recipient.userKeyingMaterial),
      recipient.encryptedKey,
    );
    if (key) return key;
  }
  return undefined;
}

/** What stands in SharedInfo: the identifier as received; some put it there with NULL and send it without, or so. */
function keyInfoForms(
  parameters: Asn1Node | undefined,
  { oid: wrapOid }: KeyWrapAlgorithm,
): readonly Buffer[] {
  const forms = [
    parameters?.raw ?? Buffer.alloc(0),
    sequence(oid(wrapOid)),
    sequence(oid(wrapOid), nullValue()),
  ];
  return forms.filter((form, index) => {
    return form.length <= LONGEST_KEY_INFO_BYTES && forms.findIndex((other) => other.equals(form)) === index;
  });
}

/** The RecipientInfo for a certificate with an EC, X25519 or X448 key (RFC 5753 §3.1.1, RFC 8418 §3). */
export function agreeAndWrap(
  certificate: Certificate,
  recipientIdentifier: Buffer,
  contentKey: Buffer,
): Buffer {
  const wrap = keyWrapFor(contentKey.length);
  if (!wrap) {
    const algorithm = `${certificate.keyKind} with a key of ${contentKey.length * 8} bits`;
    throw new As2Error('algorithm-unsupported', { algorithm, purpose: 'key agreement' });
  }
  const agreement = keyAgreementFor(
    certificate.publicKey.asymmetricKeyType === 'ec' ? 'x963' : 'hkdf',
    'sha-256',
  );
  const ephemeral = ephemeralKeyFor(certificate.publicKey);
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: certificate.publicKey });
  const keyInfo = algorithmIdentifier(wrap.oid, undefined);
  const encryptedKey = wrapKey(wrap, deriveKey(agreement, wrap, secret, keyInfo, undefined), contentKey);
  const [algorithm, publicKey] = publicKeyInfo(ephemeral.publicKey);
  // RFC 5753 §3.1.1: the curve is the recipient's, so it is not named again.
  const originatorKey = context(
    1,
    algorithmIdentifier(readAlgorithmIdentifier(algorithm).oid, undefined),
    bitString(bitStringBytes(publicKey)),
  );
  return context(
    1,
    Buffer.from([2, 1, 3]),
    context(0, originatorKey),
    algorithmIdentifier(agreement.oid, keyInfo),
    sequence(sequence(recipientIdentifier, octetString(encryptedKey))),
  );
}

function ephemeralKeyFor(publicKey: KeyObject): {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
} {
  if (publicKey.asymmetricKeyType === 'x25519') return generateKeyPairSync('x25519');
  if (publicKey.asymmetricKeyType === 'x448') return generateKeyPairSync('x448');
  return generateKeyPairSync('ec', { namedCurve: publicKey.asymmetricKeyDetails?.namedCurve ?? '' });
}

/** A public key on the same curve as another one. OpenSSL refuses what is no point of it. */
function publicKeyLike(key: KeyObject, point: Buffer): KeyObject {
  const [algorithm] = publicKeyInfo(key);
  const spki = sequence(algorithm?.raw ?? Buffer.alloc(0), bitString(point));
  return createPublicKey({ key: spki, type: 'spki', format: 'der' });
}

function publicKeyInfo(key: KeyObject): readonly Asn1Node[] {
  return childrenOf(parseBer(key.export({ type: 'spki', format: 'der' })));
}

function deriveKey(
  { kdf, digest }: KeyAgreementAlgorithm,
  { keyBytes }: KeyWrapAlgorithm,
  secret: Buffer,
  keyInfo: Buffer,
  material: Buffer | undefined,
): Buffer {
  const sharedInfo = eccCmsSharedInfo(keyInfo, material, keyBytes);
  if (kdf === 'x963') return x963Kdf(digest, secret, sharedInfo, keyBytes);
  // RFC 8418 §2.2: the keying material is the salt as well.
  const { nodeName } = digestAlgorithm(digest);
  return Buffer.from(hkdfSync(nodeName, secret, material ?? Buffer.alloc(0), sharedInfo, keyBytes));
}

/** ECC-CMS-SharedInfo (RFC 5753 §7.2). */
function eccCmsSharedInfo(keyInfo: Buffer, material: Buffer | undefined, keyBytes: number): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(keyBytes * 8);
  return sequence(
    keyInfo,
    ...(material ? [context(0, octetString(material))] : []),
    context(2, octetString(bits)),
  );
}

/** The key derivation function of ANSI X9.63 (SEC 1 §3.6.1). */
export function x963Kdf(
  digest: KeyAgreementAlgorithm['digest'],
  secret: Buffer,
  sharedInfo: Buffer,
  lengthBytes: number,
): Buffer {
  const blocks: Buffer[] = [];
  for (let length = 0, counter = 1; length < lengthBytes; counter++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const block = createDigest(digest).update(secret).update(count).update(sharedInfo).digest();
    blocks.push(block);
    length += block.length;
  }
  return Buffer.concat(blocks).subarray(0, lengthBytes);
}
