import type { CompressOptions, SecurityPolicy } from '../../as2';
import type { CipherName, DigestName, EncryptOptions, SignOptions } from '../../cms';
import type { ConnectionSettings } from '../../http';
import type { Certificate, KeyPair } from '../../pki';

/** One of our own stations, ready for use: its keys are read and fit their certificates. */
export interface Identity {
  readonly as2Name: string;
  /** The first one signs and is named in receipts; every one is tried for decryption, so that a change can overlap. */
  readonly keyPairs: readonly KeyPair[];
  /** Right side of the Message-IDs we make, e.g. our public host name. */
  readonly messageIdHost?: string;
}

/** One remote station, ready for use: its certificates are read. */
export interface Partner {
  /** What our user calls it; used in texts, never on the wire. */
  readonly name: string;
  readonly as2Name: string;
  /** http(s) address of its AS2 endpoint; a partner that only sends to us needs none. */
  readonly url?: string;
  readonly encryptionCertificate?: Certificate;
  /** Signatures of messages and receipts count only when one of these made them (SEC-01). */
  readonly signingCertificates: readonly Certificate[];
  /** How messages go to it. */
  readonly sending: SendingSettings;
  /** What its messages must carry to be taken (SEC-02). */
  readonly requires?: SecurityPolicy;
  readonly connection?: ConnectionSettings;
  /** Hosts (`name` or `name:port`) its asynchronous receipts may be asked to, beside the host of `url` (SEC-09). */
  readonly receiptHosts?: readonly string[];
}

export interface SendingSettings {
  /** Digest of the signature, or `none` for an unsigned message. */
  readonly sign: DigestName | 'none';
  /** How an RSA key signs messages and receipts; other kinds of keys have one way each. Default: `rsa-pkcs1`. */
  readonly scheme?: SignOptions['scheme'];
  /** Cipher, or `none` for an unencrypted message. */
  readonly encrypt: CipherName | 'none';
  /** How the key of the message is encrypted for an RSA certificate. Default: `rsa-pkcs1`. */
  readonly keyTransport?: EncryptOptions['keyTransport'];
  /** For `rsa-oaep`. Default: `sha-256`. */
  readonly oaepDigest?: EncryptOptions['oaepDigest'];
  /** For GCM, CCM and ChaCha20-Poly1305. Default: `auth-enveloped-data`. */
  readonly aeadStructure?: EncryptOptions['aeadStructure'];
  /** Where the layer of compression stands. Default: there is none. */
  readonly compress?: CompressOptions['order'];
  /** The synchronous receipt that is asked for. */
  readonly receipt: 'signed' | 'unsigned' | 'none';
}

/** One of our identities and one partner that work together. */
export interface Relationship {
  readonly identity: Identity;
  readonly partner: Partner;
}

/** Who may talk to whom; asked for every request, so that a changed configuration counts at once. */
export interface StationDirectory {
  /**
   * @param names AS2 names without quotes, to be compared with case: `from` is the partner, `to` is us (HDR-09)
   * @throws As2Error when our own station is not in order; the partner then gets a 503 and sends again
   */
  find(names: { readonly from: string; readonly to: string }): Relationship | undefined;
}
