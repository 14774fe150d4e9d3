import { createPrivateKey, type KeyObject } from 'node:crypto';
import { childrenOf, parseBer } from '../asn1';
import { As2Error, type As2ErrorCode, isAs2Error } from '../errors';
import { type Content, type ContentKind, readContents } from './content';
import { assertAffordable, UnsupportedProtection } from './password-encryption';
import { toPem } from './pem';

/**
 * Reads a private key: PKCS#8, PKCS#1 or SEC1, as PEM, DER or bare base64; encrypted as PKCS#8 or in OpenSSL's old
 * way (`DEK-Info`). Other blocks of the same text, such as the certificate, are passed over.
 * @param passphrase only needed for an encrypted key; it is ignored for one in the clear
 * @throws As2Error `private-key-…`; neither its text nor its facts nor its cause hold any of the secret
 */
export function readPrivateKey(input: string | Buffer, passphrase?: string): KeyObject {
  const contents = readContents(input);
  const key = contents.find(({ kind }) => kind === 'private-key' || kind === 'encrypted-private-key');
  if (key) return key.kind === 'private-key' ? readClear(key) : readEncrypted(key, passphrase);
  const [first] = contents;
  if (!first) throw new As2Error('private-key-missing', {});
  throw new As2Error(isOther(first.kind) ? codesForOther[first.kind] : 'private-key-unreadable', {});
}

function readClear(content: Content): KeyObject {
  const attempts = ['pkcs8', 'pkcs1', 'sec1'] as const;
  for (const type of attempts) {
    try {
      return createPrivateKey({ key: content.bytes, format: 'der', type });
    } catch {
      // Not of this form; what OpenSSL says about it helps nobody.
    }
  }
  throw new As2Error('private-key-unreadable', {});
}

function readEncrypted({ bytes, label, headers = [] }: Content, passphrase: string | undefined): KeyObject {
  const pem =
    headers.length > 0
      ? toPem(label ?? '', bytes).replace('\n', `\n${headers.join('\n')}\n\n`)
      : toPem('ENCRYPTED PRIVATE KEY', bytes);
  try {
    if (headers.length === 0) assertAffordable(childrenOf(parseBer(bytes))[0]);
    return createPrivateKey({ key: pem, format: 'pem', passphrase: passphrase ?? '' });
  } catch (cause) {
    throw new As2Error(decryptionCode(cause, passphrase), {}, { cause });
  }
}

function decryptionCode(cause: unknown, passphrase: string | undefined) {
  if (cause instanceof UnsupportedProtection) return 'private-key-encryption-unsupported';
  if (isAs2Error(cause)) return 'private-key-damaged';
  const { code } = cause as { code?: string };
  // Not ERR_OSSL_UNSUPPORTED: one wrong passphrase in 256 leaves valid padding, and then the garbage is "unsupported".
  if (code === 'ERR_OSSL_EVP_UNSUPPORTED') return 'private-key-encryption-unsupported';
  return passphrase ? 'private-key-passphrase' : 'private-key-passphrase-missing';
}

/** What the sentence says when something else than a private key was found. */
const codesForOther = {
  certificate: 'private-key-is-certificate',
  'certificate-request': 'private-key-is-request',
  damaged: 'private-key-damaged',
  'java-keystore': 'private-key-is-java-keystore',
  openpgp: 'private-key-is-openpgp',
  pkcs12: 'private-key-is-pkcs12',
  pkcs7: 'private-key-is-certificate',
  'public-key': 'private-key-is-public-key',
  'ssh-key': 'private-key-is-ssh-key',
} as const satisfies Partial<Record<ContentKind, As2ErrorCode>>;

function isOther(kind: ContentKind): kind is keyof typeof codesForOther {
  return kind in codesForOther;
}
