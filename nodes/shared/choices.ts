/*
 * What partners offer for the protection of messages; the dialog and the runtime read the same lists. The first of each
 * is what a partner of an older flow, without that property, gets. The core can do more, which nobody agrees on.
 */

export const SIGN = [
  'sha-256',
  'sha-384',
  'sha-512',
  'sha-224',
  'sha3-256',
  'sha3-384',
  'sha3-512',
  'sha3-224',
  'sha-1',
  '',
] as const;

export const SIGN_SCHEME = ['rsa-pkcs1', 'rsa-pss'] as const;

export const ENCRYPT = [
  'aes-256-cbc',
  'aes-192-cbc',
  'aes-128-cbc',
  'aes-256-gcm',
  'aes-192-gcm',
  'aes-128-gcm',
  'aes-256-ccm',
  'aes-192-ccm',
  'aes-128-ccm',
  'chacha20-poly1305',
  'des-ede3-cbc',
  'cast5-cbc',
  'idea-cbc',
  'rc2-128-cbc',
  'rc2-64-cbc',
  'rc2-40-cbc',
  '',
] as const;

export const AEAD_STRUCTURE = ['auth-enveloped-data', 'enveloped-data'] as const;

export const KEY_TRANSPORT = ['rsa-pkcs1', 'rsa-oaep-sha-256', 'rsa-oaep-sha-1'] as const;

export const COMPRESS = ['', 'before-signing', 'after-signing'] as const;

export const RECEIPT = ['signed', 'unsigned', 'none'] as const;

export const RECEIPT_DELIVERY = ['sync', 'async'] as const;

export const RECEIPT_OVERDUE = ['fail', 'resend'] as const;

export const UNSUITABLE_FILENAMES = ['rename', 'refuse'] as const;

/** The oldest version of TLS that is spoken. */
export const LEAST_TLS = ['1.2', '1.3'] as const;

export const PROXY = ['', 'environment', 'node'] as const;

export const REDIRECTS = ['no', 'same-host'] as const;

/** The core waits no longer for a receipt, in minutes (RCV-07). */
export const LONGEST_RECEIPT_WAIT = 6 * 24 * 60;
export const MOST_ATTEMPTS = 100;
/** An HTTP status that is no success. */
export const STATUS = /^[345]\d\d$/;
export const MOST_PARALLEL = 64;
