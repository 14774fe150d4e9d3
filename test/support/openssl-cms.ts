import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IssuedKeyPair } from '../../src/pki';
import { openssl } from './openssl';
import { withTempDirectory } from './temp';

/** `openssl cms` with keys and data given as bytes. `options` are the peer's own words, `-stream` for example. */

export async function opensslSign(
  content: Buffer,
  keyPair: IssuedKeyPair,
  ...options: readonly string[]
): Promise<Buffer> {
  return withFiles({ 'key.pem': keyPair.privateKeyPem, 'cert.pem': keyPair.certificatePem }, (file) =>
    openssl(
      [
        'cms',
        '-sign',
        '-binary',
        '-outform',
        'DER',
        '-inkey',
        file('key.pem'),
        '-signer',
        file('cert.pem'),
        ...options,
      ],
      content,
    ),
  );
}

/** Throws unless the detached signature is over that content and made by that certificate. */
export async function opensslVerify(
  signature: Buffer,
  content: Buffer,
  signer: IssuedKeyPair,
): Promise<void> {
  const files = { 'signature.der': signature, content, 'cert.pem': signer.certificatePem };
  await withFiles(files, (file) =>
    openssl([
      ...words('cms -verify -binary -noverify -nointern -inform DER'),
      '-certfile',
      file('cert.pem'),
      '-in',
      file('signature.der'),
      '-content',
      file('content'),
    ]),
  );
}

/** @param options come before the recipients, `recipientOptions` after the first of them */
export async function opensslEncrypt(
  content: Buffer,
  recipients: readonly IssuedKeyPair[],
  options: readonly string[],
  recipientOptions: readonly string[] = [],
): Promise<Buffer> {
  const files = Object.fromEntries(
    recipients.map(({ certificatePem }, index) => [`${index}.pem`, certificatePem]),
  );
  return withFiles(files, (file) =>
    openssl(
      [
        ...words('cms -encrypt -binary -outform DER'),
        ...options,
        ...Object.keys(files).flatMap((name, index) => {
          return ['-recip', file(name), ...(index === 0 ? recipientOptions : [])];
        }),
      ],
      content,
    ),
  );
}

export async function opensslDecrypt(
  message: Buffer,
  recipient: IssuedKeyPair,
  ...options: readonly string[]
): Promise<Buffer> {
  return withFiles({ 'key.pem': recipient.privateKeyPem, 'cert.pem': recipient.certificatePem }, (file) =>
    openssl(
      [
        ...words('cms -decrypt -binary -inform DER'),
        '-inkey',
        file('key.pem'),
        '-recip',
        file('cert.pem'),
        ...options,
      ],
      message,
    ),
  );
}

function words(text: string): string[] {
  return text.split(' ');
}

async function withFiles<T>(
  files: Readonly<Record<string, string | Buffer>>,
  work: (file: (name: string) => string) => Promise<T>,
): Promise<T> {
  return withTempDirectory(async (directory) => {
    const file = (name: string): string => join(directory, name);
    await Promise.all(Object.entries(files).map(([name, content]) => writeFile(file(name), content)));
    return work(file);
  });
}
