import { createPrivateKey } from 'node:crypto';
import {
  issueSelfSigned,
  type IssuedKeyPair,
  type IssueOptions,
  type KeyPair,
  makeKeyPair,
  readCertificates,
} from '../../src/pki';

export type TestKeyPair = KeyPair & IssuedKeyPair;

const made = new Map<string, Promise<TestKeyPair>>();

/**
 * A key pair with a self-signed certificate for `name`, made at the first call and the same one for everyone who
 * asks for that name and those options in this run: making RSA keys is what costs time in tests.
 */
export function testKeyPair(
  name: string,
  options: Omit<IssueOptions, 'commonName'> = {},
): Promise<TestKeyPair> {
  const id = JSON.stringify([name, options]);
  const existing = made.get(id);
  if (existing) return existing;
  const keyPair = makeTestKeyPair({ ...options, commonName: name });
  made.set(id, keyPair);
  return keyPair;
}

async function makeTestKeyPair(options: IssueOptions): Promise<TestKeyPair> {
  const { privateKeyPem, certificatePem } = await issueSelfSigned(options);
  const [certificate] = readCertificates(certificatePem);
  if (!certificate) throw new Error('the certificate just issued is not there');
  return { ...makeKeyPair(certificate, createPrivateKey(privateKeyPem)), privateKeyPem, certificatePem };
}
