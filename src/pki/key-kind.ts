import type { KeyObject } from 'node:crypto';

/** OpenSSL's curve names -> the names NIST and everyone else uses. */
const curveNames: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** What kind of key it is, in words: 'RSA 2048', 'RSA-PSS 3072', 'EC P-256', 'Ed25519', 'DSA 1024'. */
export function keyKindOf(key: KeyObject): string {
  const { asymmetricKeyType: type = key.type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' || type === 'rsa-pss' || type === 'dsa')
    return `${type.toUpperCase()} ${details?.modulusLength}`;
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'with own parameters';
    return `EC ${curveNames[curve] ?? curve}`;
  }
  return type.replace(/^ed/, 'Ed');
}
