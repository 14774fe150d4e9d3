import type { KeyObject } from 'node:crypto';
import { As2Error } from '../errors';
import type { Certificate } from './certificate';
import { keyKindOf } from './key-kind';

export interface KeyPair {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

/** @throws As2Error `key-certificate-mismatch` when the certificate was issued for another key */
export function makeKeyPair(certificate: Certificate, privateKey: KeyObject): KeyPair {
  if (!belongsTo(certificate, privateKey)) {
    throw new As2Error('key-certificate-mismatch', {
      subject: certificate.subject,
      certificateKeyKind: certificate.keyKind,
      privateKeyKind: keyKindOf(privateKey),
    });
  }
  return { certificate, privateKey };
}

export function belongsTo(certificate: Certificate, privateKey: KeyObject): boolean {
  try {
    return certificate.x509.checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}
