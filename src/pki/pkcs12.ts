import { createHash, createHmac, createPrivateKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type Asn1Node, childrenOf, contextTag, octetStringValue, oidValue, parseBer } from '../asn1';
import { As2Error, isAs2Error } from '../errors';
import { Certificate } from './certificate';
import { readContents } from './content';
import { sameName } from './distinguished-name';
import { belongsTo } from './key-pair';
import {
  decryptWithPassphrase,
  IterationBudget,
  macKey,
  type Passphrase,
  UnsupportedProtection,
} from './password-encryption';

export interface OpenedPkcs12 {
  readonly privateKey: KeyObject;
  /** The key's own certificate first, then its issuers, then whatever else is in the file. */
  readonly certificates: readonly Certificate[];
}

const contentTypes = { data: '1.2.840.113549.1.7.1', encryptedData: '1.2.840.113549.1.7.6' } as const;

/** RFC 7292 §4.2: the kinds of bags; others (CRLs, secrets) are passed over. */
const bagTypes = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  safeContents: '1.2.840.113549.1.12.10.1.6',
} as const;

const x509CertificateType = '1.2.840.113549.1.9.22.1';

const macDigests: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.5': 'md5',
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** The parts of PFX (RFC 7292 §4). */
interface Pfx {
  readonly authenticatedSafe: Buffer;
  readonly macData: Asn1Node | undefined;
}

interface Bags {
  readonly keys: KeyObject[];
  readonly certificates: Certificate[];
}

/**
 * Opens a PKCS#12 file (`.p12`, `.pfx`; RFC 7292) that holds one private key and its certificate: RSA or EC; protected
 * in today's way (PBES2 with AES) or in the old one (3DES, RC2); with or without a MAC.
 * @param file binary or base64
 * @param passphrase empty for a file without one
 * @throws As2Error `pkcs12-…`
 */
export function openPkcs12(file: Buffer, passphrase: string): OpenedPkcs12 {
  const [content] = readContents(file);
  if (!content) throw new As2Error('pkcs12-missing', {});
  if (content.kind === 'damaged')
    throw new As2Error('pkcs12-damaged', { reason: 'its structure ends too early' });
  if (content.kind !== 'pkcs12') throw new As2Error('pkcs12-unreadable', {});
  try {
    return arrange(readBags(readPfx(content.bytes), passphrase, new IterationBudget()));
  } catch (cause) {
    if (cause instanceof UnsupportedProtection) {
      throw new As2Error('pkcs12-unsupported', { algorithm: cause.message }, { cause });
    }
    if (isAs2Error(cause) && cause.code !== 'asn1-malformed') throw cause;
    throw new As2Error('pkcs12-damaged', { reason: cause instanceof Error ? cause.message : '?' }, { cause });
  }
}

function readPfx(file: Buffer): Pfx {
  const [, authSafe, macData] = childrenOf(parseBer(file));
  const [type, content] = childrenOf(authSafe);
  if (oidValue(type) !== contentTypes.data) throw new UnsupportedProtection('public-key integrity mode');
  return { authenticatedSafe: octetStringValue(childrenOf(content, contextTag(0))[0]), macData };
}

function readBags(pfx: Pfx, passphrase: string, budget: IterationBudget): Bags {
  // An empty passphrase is written in two ways, and some programs write the one that means "none".
  const candidates: Passphrase[] = passphrase === '' ? ['', undefined] : [passphrase];
  if (pfx.macData) {
    const { macData } = pfx;
    const index = candidates.findIndex((candidate) =>
      macMatches(macData, pfx.authenticatedSafe, candidate, budget),
    );
    if (index === -1) throw new As2Error('pkcs12-passphrase', {});
    return readSafe(pfx.authenticatedSafe, candidates[index], budget);
  }
  for (const candidate of candidates) {
    try {
      return readSafe(pfx.authenticatedSafe, candidate, budget);
    } catch (error) {
      if (error instanceof UnsupportedProtection) throw error;
      // Without a MAC this is how a wrong passphrase shows: bad padding, or garbage where a structure should be.
    }
  }
  throw new As2Error('pkcs12-passphrase', {});
}

/** MacData: DigestInfo, salt, iterations DEFAULT 1 (RFC 7292 §4, §5.1 step 5). */
function macMatches(
  macData: Asn1Node,
  authenticatedSafe: Buffer,
  passphrase: Passphrase,
  budget: IterationBudget,
): boolean {
  const [digestInfo, salt, iterations] = childrenOf(macData);
  const [algorithm, expected] = childrenOf(digestInfo);
  const id = oidValue(childrenOf(algorithm)[0]);
  const digest = macDigests[id];
  if (!digest) throw new UnsupportedProtection(id);
  const expectedMac = octetStringValue(expected);
  // The key is as long as the digest, whatever length the file claims (RFC 7292 §4): each octet costs iterations.
  const keyBytes = createHash(digest).digest().length;
  const key = macKey(digest, passphrase, octetStringValue(salt), iterations, keyBytes, budget);
  const mac = createHmac(digest, key).update(authenticatedSafe).digest();
  return mac.length === expectedMac.length && timingSafeEqual(mac, expectedMac);
}

function readSafe(authenticatedSafe: Buffer, passphrase: Passphrase, budget: IterationBudget): Bags {
  const bags: Bags = { keys: [], certificates: [] };
  for (const contentInfo of childrenOf(parseBer(authenticatedSafe))) {
    collectBags(parseBer(safeContents(contentInfo, passphrase, budget)), passphrase, bags, budget);
  }
  return bags;
}

function safeContents(contentInfo: Asn1Node, passphrase: Passphrase, budget: IterationBudget): Buffer {
  const [type, explicit] = childrenOf(contentInfo);
  const [content] = childrenOf(explicit, contextTag(0));
  switch (oidValue(type)) {
    case contentTypes.data:
      return octetStringValue(content);
    case contentTypes.encryptedData: {
      const [, encryptedContentInfo] = childrenOf(content);
      const [, algorithm, encrypted] = childrenOf(encryptedContentInfo);
      return decryptWithPassphrase(algorithm, octetStringValue(encrypted, contextTag(0)), passphrase, budget);
    }
    default:
      throw new UnsupportedProtection('public-key privacy mode');
  }
}

function collectBags(safe: Asn1Node, passphrase: Passphrase, bags: Bags, budget: IterationBudget): void {
  for (const bag of childrenOf(safe)) {
    const [type, explicit] = childrenOf(bag);
    const [value] = childrenOf(explicit, contextTag(0));
    switch (oidValue(type)) {
      case bagTypes.key:
        bags.keys.push(privateKeyOf(value?.raw ?? Buffer.alloc(0)));
        break;
      case bagTypes.shroudedKey: {
        const [algorithm, encrypted] = childrenOf(value);
        bags.keys.push(
          privateKeyOf(decryptWithPassphrase(algorithm, octetStringValue(encrypted), passphrase, budget)),
        );
        break;
      }
      case bagTypes.certificate:
        bags.certificates.push(...certificateOf(value));
        break;
      case bagTypes.safeContents:
        if (value) collectBags(value, passphrase, bags, budget);
        break;
    }
  }
}

function privateKeyOf(privateKeyInfo: Buffer): KeyObject {
  return createPrivateKey({ key: privateKeyInfo, format: 'der', type: 'pkcs8' });
}

function certificateOf(certBag: Asn1Node | undefined): Certificate[] {
  const [type, value] = childrenOf(certBag);
  if (oidValue(type) !== x509CertificateType) return [];
  return [Certificate.fromDer(octetStringValue(childrenOf(value, contextTag(0))[0]))];
}

function arrange({ keys, certificates }: Bags): OpenedPkcs12 {
  const [privateKey, another] = keys;
  if (!privateKey) throw new As2Error('pkcs12-no-private-key', {});
  if (another) throw new As2Error('pkcs12-several-keys', { count: keys.length });
  const own = certificates
    .filter((certificate) => belongsTo(certificate, privateKey))
    .sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime())[0];
  if (!own) throw new As2Error('pkcs12-no-certificate', {});
  const chain = chainOf(own, certificates);
  return { privateKey, certificates: [...chain, ...certificates.filter((other) => !chain.includes(other))] };
}

/** `own`, its issuer, the issuer's issuer …, as far as they are there. */
function chainOf(own: Certificate, certificates: readonly Certificate[]): Certificate[] {
  const chain = [own];
  for (let last: Certificate | undefined = own; last;) {
    const { issuerDer }: Certificate = last;
    last = certificates.find((other) => !chain.includes(other) && sameName(other.subjectDer, issuerDer));
    if (last) chain.push(last);
  }
  return chain;
}
