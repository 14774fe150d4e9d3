import { oid, sequence } from '../../asn1';
import { cipherAlgorithm } from '../algorithms';
import { zlibCompress } from '../oids';

/**
 * SMIMECapabilities (RFC 8551 §2.5.2): what may be sent to us, the best first. Of what is understood here, that which
 * everybody should use; partners of AS2 agree beforehand, and this is for those who look. No entry has parameters
 * (RFC 3565 §4.1 for AES, RFC 3274 §1.1 for zlib).
 */
export const smimeCapabilities: Buffer = sequence(
  ...[cipherAlgorithm('aes-256-cbc').oid, cipherAlgorithm('aes-128-cbc').oid, zlibCompress].map((type) =>
    sequence(oid(type)),
  ),
);
