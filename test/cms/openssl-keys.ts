import { createPrivateKey, createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair, readCertificates } from '../../src/pki';
import type { TestKeyPair } from '../support/keys';
import { testKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { withTempDirectory } from '../support/temp';

/** Kinds of keys that the package uses but does not issue; made once for all tests. */
export type OpensslKeyKind = 'ed25519' | 'ed448' | 'rsa-pss' | 'x25519' | 'x448';

const generation: Readonly<Record<OpensslKeyKind, string>> = {
  ed25519: '-algorithm ed25519',
  ed448: '-algorithm ed448',
  'rsa-pss': '-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048',
  x25519: '-algorithm x25519',
  x448: '-algorithm x448',
};

const made = new Map<OpensslKeyKind, Promise<TestKeyPair>>();

export function opensslKeyPair(kind: OpensslKeyKind): Promise<TestKeyPair> {
  const existing = made.get(kind);
  if (existing) return existing;
  const keyPair = make(kind);
  made.set(kind, keyPair);
  return keyPair;
}

/** Keys for agreement cannot sign their own certificate: an authority issues all of them. */
async function make(kind: OpensslKeyKind): Promise<TestKeyPair> {
  const authority = await testKeyPair('Authority');
  return withTempDirectory(async (directory) => {
    const file = (name: string): string => join(directory, name);
    const privateKeyPem = (await openssl(['genpkey', ...(generation[kind] ?? '').split(' ')])).toString();
    const privateKey = createPrivateKey(privateKeyPem);
    await writeFile(file('ca.pem'), authority.certificatePem);
    await writeFile(file('ca.key'), authority.privateKeyPem);
    await writeFile(file('public.pem'), createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }));
    const request = await openssl([
      'req',
      '-new',
      '-key',
      file('ca.key'),
      '-subj',
      `/CN=Station with ${kind}`,
    ]);
    const certificatePem = await openssl(
      [
        'x509',
        '-req',
        '-force_pubkey',
        file('public.pem'),
        '-CA',
        file('ca.pem'),
        '-CAkey',
        file('ca.key'),
        '-days',
        '30',
      ],
      request,
    );
    const [certificate] = readCertificates(certificatePem);
    if (!certificate) throw new Error('openssl issued no certificate');
    return {
      ...makeKeyPair(certificate, privateKey),
      privateKeyPem,
      certificatePem: certificatePem.toString(),
    };
  });
}
