import { createPrivateKey } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair, readCertificates } from '../../src/pki';
import type { TestKeyPair } from '../support/keys';

type Pems = Readonly<Record<string, Pick<TestKeyPair, 'privateKeyPem' | 'certificatePem'>>>;

/** The keys of an earlier run, or those that `make` makes, which the next run will find. */
export async function kept<T extends Readonly<Record<keyof T, TestKeyPair>>>(
  directory: string,
  make: () => Promise<T>,
): Promise<T> {
  const file = join(directory, 'keys.json');
  try {
    const pems = JSON.parse(await readFile(file, 'utf8')) as Pems;
    return Object.fromEntries(Object.entries(pems).map(([name, pem]) => [name, read(pem)])) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const keys = await make();
  const pems = Object.entries<TestKeyPair>(keys).map(([name, { privateKeyPem, certificatePem }]) => {
    return [name, { privateKeyPem, certificatePem }] as const;
  });
  await mkdir(directory, { recursive: true });
  await writeFile(file, JSON.stringify(Object.fromEntries(pems)), { mode: 0o600 });
  return keys;
}

function read({ privateKeyPem, certificatePem }: Pems[string]): TestKeyPair {
  const [certificate] = readCertificates(certificatePem);
  if (!certificate) throw new Error('a kept certificate cannot be read');
  return { ...makeKeyPair(certificate, createPrivateKey(privateKeyPem)), privateKeyPem, certificatePem };
}
