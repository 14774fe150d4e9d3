import type { As2Error, As2ErrorCode } from '../errors';
import { type Disposition, failedFailure, processedError } from './disposition';

/** RFC 4130 §7.5.3, §7.5.4; RFC 5402 §5; the draft that renews RFC 4130, §8.4.3 (DSP-10). */
export const dispositionTexts = {
  authenticationFailed: 'authentication-failed',
  decompressionFailed: 'decompression-failed',
  decryptionFailed: 'decryption-failed',
  duplicateFilename: 'duplicate-filename',
  illegalFilename: 'illegal-filename',
  insufficientMessageSecurity: 'insufficient-message-security',
  integrityCheckFailed: 'integrity-check-failed',
  unexpectedProcessingError: 'unexpected-processing-error',
  unknownTradingRelationship: 'unknown-trading-relationship',
  unsupportedFormat: 'unsupported format',
  unsupportedMicAlgorithms: 'unsupported MIC-algorithms',
} as const;

const authenticationFailed = processedError(dispositionTexts.authenticationFailed);
const decompressionFailed = processedError(dispositionTexts.decompressionFailed);
const decryptionFailed = processedError(dispositionTexts.decryptionFailed);
const insufficientMessageSecurity = processedError(dispositionTexts.insufficientMessageSecurity);
const integrityCheckFailed = processedError(dispositionTexts.integrityCheckFailed);
const unexpectedProcessingError = processedError(dispositionTexts.unexpectedProcessingError);

/** Every failure for which the standard has words of its own; all others are unexpected (DSP-09). */
const byCode: Readonly<Partial<Record<As2ErrorCode, Disposition>>> = {
  // DSP-04: these must not be told apart from outside (SEC-03).
  'decryption-failed': decryptionFailed,
  'decryption-no-key': decryptionFailed,

  // DSP-05
  'signature-algorithm-unsupported': authenticationFailed,
  'signature-certificate-missing': authenticationFailed,
  'signature-invalid': authenticationFailed,
  'signature-signer-unknown': authenticationFailed,

  // DSP-06
  'signature-content-altered': integrityCheckFailed,
  'signature-part-missing': integrityCheckFailed,
  'signature-unreadable': integrityCheckFailed,
  'signature-without-content': integrityCheckFailed,

  // DSP-07, CMP-06, CMP-07
  'decompression-failed': decompressionFailed,
  'decompression-too-large': decompressionFailed,

  // DSP-08, ENV-14, SEC-05
  'message-cipher-not-allowed': insufficientMessageSecurity,
  'message-digest-not-allowed': insufficientMessageSecurity,
  'message-not-encrypted': insufficientMessageSecurity,
  'message-not-signed': insufficientMessageSecurity,

  // DSP-10, for partners who want it so (FN-03)
  'filename-illegal': processedError(dispositionTexts.illegalFilename),
  'filename-repeated': processedError(dispositionTexts.duplicateFilename),

  // DSP-11
  'mic-algorithms-unsupported': failedFailure(dispositionTexts.unsupportedMicAlgorithms),
  'receipt-format-unsupported': failedFailure(dispositionTexts.unsupportedFormat),
};

/** By what the algorithm was for. Those of the key must not be told apart from a key that does not open (DSP-04). */
const byPurpose: Readonly<Record<string, Disposition>> = {
  // ENV-14: as for a cipher that is known but not allowed.
  encryption: insufficientMessageSecurity,
  'authenticated encryption': insufficientMessageSecurity,
  compression: decompressionFailed,
};

/** What a receipt says about a message that failed with this error. */
export function dispositionFor(error: As2Error): Disposition {
  if (error.code === 'algorithm-unsupported')
    return byPurpose[String(error.facts.purpose)] ?? decryptionFailed;
  return byCode[error.code] ?? unexpectedProcessingError;
}
