import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferSource } from '../../src/bytes';
import { readEntity } from '../../src/mime';
import type { TestKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { withTempDirectory } from '../support/temp';
import { collect, type Wire } from './stations';

/** `openssl cms` with whole MIME entities: what an S/MIME product writes and reads. */

/**
 * @param signer or several, each with a signature of its own
 * @param options the peer's own words, such as `-binary -md sha384`
 */
export async function signedByOpenssl(
  entity: Buffer,
  signer: TestKeyPair | readonly TestKeyPair[],
  options: string,
  command: 'cms' | 'smime' = 'cms',
): Promise<Wire> {
  const [first, ...others] = [signer].flat();
  const keys: string[] = [];
  const signWith = async (one: TestKeyPair | undefined, rest: readonly TestKeyPair[]): Promise<Wire> => {
    if (!one) return asWire(await openssl([command, '-sign', ...keys, ...words(options)], entity));
    return withKey(one, (key, certificate) => {
      keys.push('-signer', certificate, '-inkey', key);
      return signWith(rest[0], rest.slice(1));
    });
  };
  return signWith(first, others);
}

export async function encryptedByOpenssl(
  entity: Buffer,
  recipient: TestKeyPair,
  options: string,
): Promise<Wire> {
  return withKey(recipient, async (_key, certificate) => {
    const args = ['cms', '-encrypt', '-binary', ...words(options), '-recip', certificate];
    return asWire(await openssl(args, entity));
  });
}

/** @returns the signed content as openssl sees it; throws unless that certificate made the signature */
export async function verifiedByOpenssl(mime: Buffer, signer: TestKeyPair, options = ''): Promise<Buffer> {
  return withKey(signer, (_key, certificate) =>
    openssl(
      [
        ...words('cms -verify -inform SMIME -noverify -nointern'),
        ...words(options),
        '-certfile',
        certificate,
      ],
      mime,
    ),
  );
}

export async function decryptedByOpenssl(cms: Buffer, recipient: TestKeyPair): Promise<Buffer> {
  return withKey(recipient, (key, certificate) =>
    openssl([...words('cms -decrypt -binary -inform DER'), '-inkey', key, '-recip', certificate], cms),
  );
}

/** A MIME file as an HTTP message: its headers become those of the request. */
async function asWire(file: Buffer): Promise<Wire> {
  const { headers, body } = await readEntity(bufferSource(file).open());
  return { headers, body: await collect(body) };
}

async function withKey<T>(
  keyPair: TestKeyPair,
  work: (key: string, certificate: string) => Promise<T>,
): Promise<T> {
  return withTempDirectory(async (directory) => {
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    await writeFile(key, keyPair.privateKeyPem);
    await writeFile(certificate, keyPair.certificatePem);
    return work(key, certificate);
  });
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
