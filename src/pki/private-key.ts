import { createPrivateKey, type KeyObject } from 'node:crypto';
import { As2Error } from '../errors';
import { type Content, type ContentKind, readContents } from './content';
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
  throw first ? wrongContent(first.kind) : new As2Error('private-key-missing', {});
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
    return createPrivateKey({ key: pem, format: 'pem', passphrase: passphrase ?? '' });
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code?.includes('UNSUPPORTED'))
      throw new As2Error('private-key-encryption-unsupported', {}, { cause });
    throw new As2Error(
      passphrase ? 'private-key-passphrase' : 'private-key-passphrase-missing',
      {},
      { cause },
    );
  }
}

function wrongContent(kind: ContentKind): As2Error {
  switch (kind) {
    case 'certificate':
    case 'pkcs7':
      return new As2Error('private-key-is-certificate', {});
    case 'certificate-request':
      return new As2Error('private-key-is-request', {});
    case 'public-key':
      return new As2Error('private-key-is-public-key', {});
    case 'ssh-key':
      return new As2Error('private-key-is-ssh-key', {});
    case 'openpgp':
      return new As2Error('private-key-is-openpgp', {});
    case 'pkcs12':
      return new As2Error('private-key-is-pkcs12', {});
    case 'java-keystore':
      return new As2Error('private-key-is-java-keystore', {});
    case 'damaged':
      return new As2Error('private-key-damaged', {});
    case 'private-key':
    case 'encrypted-private-key':
    case 'revocation-list':
    case 'unknown':
      return new As2Error('private-key-unreadable', {});
  }
}
