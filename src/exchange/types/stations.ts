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
  /** More addresses of the same system, tried in this order when there is no connection to `url`. */
  readonly urls?: readonly string[];
  readonly encryptionCertificate?: Certificate;
  /** Signatures of messages and receipts count only when one of these made them (SEC-01). */
  readonly signingCertificates: readonly Certificate[];
  /** How messages go to it. */
  readonly sending: SendingSettings;
  /** What its messages must carry to be taken (SEC-02). */
  readonly requires?: SecurityPolicy;
  readonly connection?: ConnectionSettings;
  /** How receipts are delivered, in place of `connection`; asynchronous ones of ours may go to another server. */
  readonly receiptConnection?: ConnectionSettings;
  /**
   * Hosts its asynchronous receipts may be asked to, beside the host of `url` (SEC-09): `name`, `name:port`, an address,
   * or a pattern (`*.partner.example`, `*`), whose hosts have to be in the internet.
   */
  readonly receiptHosts?: readonly string[];
  /**
   * What becomes of a message that names a file unsafely, or two files alike (FN-03): the names are made safe and
   * different, or the message is refused with `illegal-filename` or `duplicate-filename` (DSP-10). Default: `rename`.
   */
  readonly unsuitableFilenames?: 'rename' | 'refuse';
  /** When a message that did not get through is sent again. */
  readonly retry?: RetrySettings;
  /** Messages on their way to it at one time; default 4. */
  readonly parallel?: number;
  /** Who may come in its name. */
  readonly inbound?: InboundSettings;
}

/** What a request must bring to be looked at. */
export interface AccessSettings {
  /** HTTP Basic, over TLS only (TLS-06). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Where it comes from: IP addresses and ranges such as `198.51.100.0/24`; none: from anywhere. */
  readonly addresses?: readonly string[];
}

/** What a request of a partner must bring beside what the message itself proves. All that is set must hold. */
export interface InboundSettings extends AccessSettings {
  /**
   * TLS certificates, of which the sender shows one (TLS-05); or one with the same subject and issuer, when the
   * connection vouches for its issuer, so that a renewal needs no change here.
   */
  readonly clientCertificates?: readonly Certificate[];
  /** Octets of a request; more get 413, whatever the receiver takes of others. */
  readonly maxMessageBytes?: number;
  /** Requests in a minute; more get 429. */
  readonly messagesPerMinute?: number;
}

export interface RetrySettings {
  /** In all, the first one included; default 10. */
  readonly attempts?: number;
  /** Pauses between them, the last one repeats; default 1, 5, 10, 20, 40, 60, 60, … minutes. Each varies by 20 %. */
  readonly pausesMs?: readonly number[];
  /** HTTP statuses after which the message is sent again although they usually mean "never", such as 404 (REL-03). */
  readonly alsoStatuses?: readonly number[];
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
  /** The receipt that is asked for. */
  readonly receipt: 'signed' | 'unsigned' | 'none';
  /** In the answer to the message, or later in a request of its own (REQ-09). Default: `sync`. */
  readonly receiptDelivery?: 'sync' | 'async';
  /** Where asynchronous receipts are to go: the address of our own endpoint, as the partner reaches it. */
  readonly receiptUrl?: string;
  /** How long an asynchronous receipt is waited for; default 30 min, at most 6 days (RCV-07). */
  readonly receiptTimeoutMs?: number;
  /**
   * What happens when it does not come: the message fails, or it is sent again with the same Message-ID as often as
   * the attempts allow, so that a partner that recognises repeats sends its receipt again. Default: `fail`.
   */
  readonly receiptOverdue?: 'fail' | 'resend';
  /**
   * Whether a large message goes on where the line broke (AS2 Restart). A partner that does not know it gets everything
   * again, as without. Default: false.
   */
  readonly restart?: boolean | RestartSettings;
}

export interface RestartSettings {
  /** Octets of a request from which on; default 1 MiB. */
  readonly thresholdBytes?: number;
  /**
   * Before each question how much has arrived, until something more has; then, and when all have passed, the next
   * attempt is that of the retry plan. Default: 1, 2, 4, 8, 15 s.
   */
  readonly pausesMs?: readonly number[];
}

/** One of our identities and one partner that work together. */
export interface Relationship {
  readonly identity: Identity;
  readonly partner: Partner;
}

/** Who may talk to whom; asked for every request, so that a changed configuration counts at once. */
export interface StationDirectory {
  /**
   * @param names AS2 names without quotes, to be compared with case: `from` is the partner, `to` is us (HDR-09);
   *   `partner` is the name our user gave it, where several have the same AS2 names and a message is to be sent
   * @throws As2Error when our own station is not in order; the partner then gets a 503 and sends again
   */
  find(names: {
    readonly from: string;
    readonly to: string;
    readonly partner?: string;
  }): Relationship | undefined;
}
