import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { As2Error } from '../../errors';

/**
 * SHA-256 of the one certificate, or of the one public key, with which a server counts as the partner's (TLS-04).
 * @param text hexadecimal with or without colons and blanks, or base64, with or without `sha256/` in front
 * @throws As2Error `tls-pin-unreadable`
 */
export function parsePin(text: string): Buffer {
  const bare = text.trim().replace(/^sha-?256(?:\/|:|\s+(?:fingerprint=)?)\s*/i, '');
  const hex = bare.replace(/[\s:]/g, '');
  if (/^[0-9a-f]{64}$/i.test(hex)) return Buffer.from(hex, 'hex');
  if (/^[a-z0-9+/_-]{43}=?$/i.test(bare)) return Buffer.from(bare, 'base64');
  throw new As2Error('tls-pin-unreadable', { pin: text });
}

/** Whether one of the pins is that of this certificate (DER) or of its public key (SubjectPublicKeyInfo). */
export function fitsPin(certificate: Buffer, pins: readonly Buffer[]): boolean {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  const found = [certificate, key].map((der) => createHash('sha256').update(der).digest());
  return pins.some((pin) => found.some((digest) => timingSafeEqual(pin, digest)));
}
