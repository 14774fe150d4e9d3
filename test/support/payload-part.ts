/**
 * The payload part P of the conformance list's Appendix 3 with its digests: 99 bytes, made of two header fields, a
 * blank line and a body of 10 bytes.
 */
export const payloadPart = Buffer.from(
  'Q29udGVudC1UeXBlOiBhcHBsaWNhdGlvbi9lZGkteDEyDQpDb250ZW50LURpc3Bvc2l0aW9uOiBhdHRhY2htZW50OyBmaWxlbmFtZT0icG8uZWRpIg0KDQpJU0EqMDAqfg0K',
  'base64',
);

export const payloadBody = payloadPart.subarray(89);

/** Of the whole part, headers included (MIC-H). */
export const payloadPartMics = {
  md5: 'e9RadJtCRAF6nTNxbTT1aQ==',
  sha1: 'E+ueq08uZd1yCPyqSrD3n5s3VuY=',
  sha256: 'PMj9xNQq+UALl0smPehS8opn0w8q01P6xjcCE6t9NxM=',
} as const;

/** Of the body alone (MIC-B). */
export const payloadBodyMics = {
  md5: 'KMeinEET3NsprzIxOQCj5w==',
  sha1: 'UeQG1ap6cuw1ktI4vxq9tP0BfnY=',
  sha256: 'aboWc4f5Bi8Rralvbt/IXvmA8bV2bJzWLuyB7kz/d5M=',
} as const;
