/** RFC 5652 §4, RFC 5083 §2, RFC 3274 §1.1: what a ContentInfo can hold. */
export const contentTypes = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  compressedData: '1.2.840.113549.1.9.16.1.9',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
} as const;

/** RFC 5652 §11. */
export const attributeTypes = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  /** RFC 8551 §2.5.2. */
  smimeCapabilities: '1.2.840.113549.1.9.15',
} as const;

/** RFC 3274 §2: id-alg-zlibCompress. */
export const zlibCompress = '1.2.840.113549.1.9.16.3.8';
