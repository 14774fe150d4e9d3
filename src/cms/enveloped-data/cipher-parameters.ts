import { malformed, octetString, octetStringValue } from '../../asn1';
import { As2Error } from '../../errors';
import { type AlgorithmIdentifier, algorithmIdentifier } from '../algorithm-identifier';
import { type CipherAlgorithm, cipherByOid } from '../algorithms';

/** A content-encryption algorithm with its parameters. */
export interface ContentCipher {
  readonly algorithm: CipherAlgorithm;
  /** Initialization vector or nonce. */
  readonly iv: Buffer;
}

/** @throws As2Error `algorithm-unsupported`, `asn1-malformed` */
export function readContentCipher({ oid, parameters }: AlgorithmIdentifier): ContentCipher {
  const algorithm = cipherByOid(oid);
  if (!algorithm) throw new As2Error('algorithm-unsupported', { algorithm: oid, purpose: 'encryption' });
  const iv = octetStringValue(parameters);
  if (iv.length !== algorithm.ivBytes) throw malformed('the initialization vector has a bad length');
  return { algorithm, iv };
}

/** RFC 3565 §2.3 for AES-CBC: the parameter is the initialization vector. */
export function contentCipherIdentifier({ algorithm, iv }: ContentCipher): Buffer {
  return algorithmIdentifier(algorithm.oid, octetString(iv));
}
