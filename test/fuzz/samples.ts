import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  composeCompressedMessage,
  composeMessage,
  composeReceipt,
  type ComposeOptions,
  processed,
  readAs2Headers,
} from '../../src/as2';
import { constructed, context, contextTag, octetString, parseBer, sequence } from '../../src/asn1';
import { bufferFlow } from '../../src/bytes';
import {
  cipherAlgorithm,
  cipherNames,
  createDigest,
  type DigestName,
  envelopedFlow,
  signDetached,
} from '../../src/cms';
import { compressedDataFlow, deflated } from '../../src/cms/compressed-data/write';
import { Headers } from '../../src/mime';
import { opensslKeyPair } from '../cms/openssl-keys';
import { collect } from '../support/chunks';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { openssl } from '../support/openssl';
import { opensslEncrypt, opensslSign } from '../support/openssl-cms';
import { withTempDirectory } from '../support/temp';
import { kept } from './kept-keys';

/** The stations of all fuzzing: `own` reads what `partners` and strangers send. */
export interface Keys {
  readonly own: TestKeyPair;
  readonly ownEc: TestKeyPair;
  readonly ownX25519: TestKeyPair;
  readonly partner: TestKeyPair;
  readonly partnerEc: TestKeyPair;
  readonly partnerEd25519: TestKeyPair;
  readonly stranger: TestKeyPair;
}

/** Valid input for every reader of the core, as the core and as openssl write it. */
export interface Samples {
  readonly keys: Keys;
  /** DER and BER of all kinds. */
  readonly structures: readonly Buffer[];
  /** ContentInfo with SignedData over `signedContent`, detached and opaque. */
  readonly signatures: readonly Buffer[];
  readonly envelopes: readonly Buffer[];
  readonly compressed: readonly Buffer[];
  /** MIME entities, the messages and receipts among them. */
  readonly entities: readonly Buffer[];
  readonly messages: readonly Buffer[];
  readonly receipts: readonly Buffer[];
  readonly certificates: readonly Buffer[];
  readonly privateKeys: readonly Buffer[];
  readonly pkcs12: readonly Buffer[];
}

export const signedContent = Buffer.from(
  'Content-Type: application/edi-x12\r\n\r\nISA*00*          *00*  ~\r\n',
);
export const PASSPHRASE = 'fuzz';

const made = new Map<string | undefined, Promise<Samples>>();

/**
 * Made once: keys and the other side's samples cost time.
 * @param keysDirectory where the keys are kept from run to run, so that what was signed once stays signed; else new ones
 */
export function samples(keysDirectory?: string): Promise<Samples> {
  const known = made.get(keysDirectory);
  if (known) return known;
  const making = makeSamples(keysDirectory);
  made.set(keysDirectory, making);
  return making;
}

async function makeSamples(keysDirectory: string | undefined): Promise<Samples> {
  const keys = keysDirectory === undefined ? await makeKeys() : await kept(keysDirectory, makeKeys);
  const [signatures, envelopes, compressed, messages, receipts, files] = await Promise.all([
    makeSignatures(keys),
    makeEnvelopes(keys),
    makeCompressed(),
    makeMessages(keys),
    makeReceipts(keys),
    makeFiles(keys),
  ]);
  const certificates = Object.values(keys).map(({ certificate }: TestKeyPair) => certificate.der);
  return {
    keys,
    structures: [
      ...certificates,
      ...signatures,
      ...envelopes,
      ...compressed,
      files.pkcs12[0] ?? Buffer.alloc(0),
    ],
    signatures,
    envelopes,
    compressed,
    entities: [...plainEntities, ...messages, ...receipts],
    messages: [...messages, ...plainEntities],
    receipts,
    ...files,
    certificates: [...files.certificates, ...certificates],
  };
}

async function makeKeys(): Promise<Keys> {
  const [own, ownEc, ownX25519, partner, partnerEc, partnerEd25519, stranger] = await Promise.all([
    testKeyPair('Own'),
    testKeyPair('Own EC', { keyType: 'ec-p256' }),
    opensslKeyPair('x25519'),
    testKeyPair('Partner'),
    testKeyPair('Partner EC', { keyType: 'ec-p256' }),
    opensslKeyPair('ed25519'),
    testKeyPair('Stranger'),
  ]);
  return { own, ownEc, ownX25519, partner, partnerEc, partnerEd25519, stranger };
}

export async function signature(
  content: Buffer,
  keyPair: TestKeyPair,
  digest: DigestName = 'sha-256',
): Promise<Buffer> {
  return signDetached(createDigest(digest).update(content).digest(), { keyPair, digest });
}

/** The same with the content inside. */
export function opaque(detached: Buffer, content: Buffer): Buffer {
  const [contentType, explicit] = parseBer(detached).children;
  const [version, digests, encapsulated, ...rest] = explicit?.children[0]?.children ?? [];
  if (!contentType || !version || !digests || !encapsulated) throw new TypeError('no signed data');
  const inside = sequence(...encapsulated.children.map(({ raw }) => raw), context(0, octetString(content)));
  const signedData = sequence(version.raw, digests.raw, inside, ...rest.map(({ raw }) => raw));
  return sequence(contentType.raw, constructed(contextTag(0), signedData));
}

async function makeSignatures({ partner, partnerEc, partnerEd25519 }: Keys): Promise<Buffer[]> {
  const detached = await Promise.all([
    signature(signedContent, partner),
    signature(signedContent, partner, 'sha-1'),
    signature(signedContent, partnerEc, 'sha-384'),
    signature(signedContent, partnerEd25519, 'sha-512'),
    opensslSign(signedContent, partner, '-noattr'),
    opensslSign(signedContent, partnerEc, '-noattr'),
    opensslSign(signedContent, partner, '-keyid', '-md', 'sha512', '-nocerts'),
    opensslSign(signedContent, partner, '-keyopt', 'rsa_padding_mode:pss'),
  ]);
  const withContent = await Promise.all([
    opensslSign(signedContent, partner, '-nodetach'),
    opensslSign(signedContent, partnerEc, '-nodetach', '-stream'),
    opensslSign(signedContent, partner, '-nodetach', '-stream', '-noattr'),
  ]);
  return [...detached, ...withContent, ...detached.slice(0, 3).map((one) => opaque(one, signedContent))];
}

/** What can be deciphered here without a process of its own. */
export const ciphers = cipherNames.filter((name) => !cipherAlgorithm(name).legacy);

async function makeEnvelopes({ own, ownEc, ownX25519, stranger }: Keys): Promise<Buffer[]> {
  const write = (options: Parameters<typeof envelopedFlow>[1]) =>
    collect(envelopedFlow(bufferFlow(signedContent), options).chunks);
  const ours = ciphers.flatMap((cipher) => [
    write({ cipher, recipients: [own.certificate] }),
    write({ cipher, recipients: [own.certificate], aeadStructure: 'enveloped-data' }),
  ]);
  const theirs = [
    opensslEncrypt(signedContent, [own], ['-aes256']),
    opensslEncrypt(signedContent, [stranger, own], ['-stream', '-des3']),
    opensslEncrypt(signedContent, [own], ['-aes-128-gcm']),
    opensslEncrypt(signedContent, [own], ['-keyid', '-aes128'], ['-keyopt', 'rsa_padding_mode:oaep']),
    opensslEncrypt(signedContent, [ownEc], ['-aes128']),
  ];
  const others = [
    write({ cipher: 'aes-256-cbc', recipients: [ownEc.certificate, stranger.certificate] }),
    write({ cipher: 'aes-256-gcm', recipients: [ownX25519.certificate] }),
  ];
  return Promise.all([...ours, ...theirs, ...others]);
}

async function makeCompressed(): Promise<Buffer[]> {
  const stream = await collect(deflated(bufferFlow(signedContent).chunks));
  const streamed = { chunks: deflated(bufferFlow(Buffer.alloc(10_000, 'UNH+1+')).chunks) };
  return Promise.all([bufferFlow(stream), streamed].map((flow) => collect(compressedDataFlow(flow).chunks)));
}

const AS2 =
  'AS2-Version: 1.2\r\nAS2-From: Partner\r\nAS2-To: "Own Station"\r\nMessage-ID: <1@partner.example>\r\n';

const plainEntities = [
  `${AS2}Content-Type: application/edi-x12\r\nContent-Disposition: attachment; filename="po.edi"\r\n\r\nISA*00*~`,
  `${AS2}Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=20b=\r\nc=C3=A4\r\n`,
  `${AS2}Disposition-Notification-To: x@y\r\nDisposition-Notification-Options: signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=optional, sha-256, md5\r\nReceipt-Delivery-Option: http://p.example/\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\na\r\n--b\r\n\r\nb\r\n--b--\r\n`,
].map((text) => Buffer.from(text));

export function asEntity(headers: Headers, body: Buffer): Buffer {
  return Buffer.concat([headers.toBuffer(), Buffer.from('\r\n'), body]);
}

async function makeMessages({ own, partner, partnerEc }: Keys): Promise<Buffer[]> {
  const variants: Partial<ComposeOptions>[] = [
    {},
    { sign: { keyPair: partner, digest: 'sha-256' } },
    { sign: { keyPair: partnerEc, digest: 'sha-512' }, receipt: { signed: true } },
    { encrypt: { recipients: [own.certificate], cipher: 'aes-256-cbc' } },
    {
      encrypt: { recipients: [own.certificate], cipher: 'aes-128-gcm' },
      sign: { keyPair: partner, digest: 'sha-1' },
    },
    {
      encrypt: { recipients: [own.certificate], cipher: 'des-ede3-cbc' },
      sign: { keyPair: partner, digest: 'sha-256' },
    },
  ];
  const encrypt = { recipients: [own.certificate], cipher: 'aes-256-cbc' } as const;
  const sign = { keyPair: partner, digest: 'sha-256' } as const;
  const compressed = [{ sign }, { encrypt }, { sign, encrypt }].flatMap((options) =>
    (['before-signing', 'after-signing'] as const).map(async (order) => {
      const spill = { directory: '/nonexistent', thresholdBytes: 1024 * 1024 };
      const made = await composeCompressedMessage({
        ...messageOptions(),
        ...options,
        compress: { order, spill },
      });
      return asEntity(made.headers, await collect(made.body.chunks));
    }),
  );
  const plain = variants.map(async (options) => {
    const { headers, body } = composeMessage({ ...messageOptions(), ...options });
    return asEntity(headers, await collect(body.chunks));
  });
  return Promise.all([...plain, ...compressed, encryptedOpaque(partner, own)]);
}

/** Signed with the content inside, and encrypted: the signature ends right before the padding. */
async function encryptedOpaque(signer: TestKeyPair, recipient: TestKeyPair): Promise<Buffer> {
  const signed = opaque(await signature(signedContent, signer), signedContent);
  const inside = asEntity(Headers.fromPairs([['Content-Type', 'application/pkcs7-mime']]), signed);
  const options = { recipients: [recipient.certificate], cipher: 'aes-128-cbc' } as const;
  const body = await collect(envelopedFlow(bufferFlow(inside), options).chunks);
  return asEntity(
    Headers.fromPairs([['Content-Type', 'application/pkcs7-mime; smime-type=enveloped-data']]),
    body,
  );
}

export function messageOptions(): ComposeOptions {
  return {
    from: 'Partner',
    to: 'Own Station',
    messageId: '<1@partner.example>',
    subject: 'Order 4711',
    payload: {
      content: bufferFlow(Buffer.from('ISA*00*          ~\r\n')),
      contentType: 'application/edi-x12',
      filename: 'po.edi',
    },
  };
}

const request = readAs2Headers(Headers.parse(Buffer.from(`${AS2}Disposition-Notification-To: x\r\n`)));

async function makeReceipts({ partner }: Keys): Promise<Buffer[]> {
  const base = {
    request,
    text: 'Taken.',
    product: 'Fuzz 1.0',
    messageId: '<2@own.example>',
    disposition: processed,
  };
  const mic = { value: createHash('sha256').digest('base64'), algorithm: 'sha-256' } as const;
  const composed = await Promise.all([
    composeReceipt({ ...base, mic }),
    composeReceipt({ ...base, mic, sign: { keyPair: partner } }),
  ]);
  const opaqueReport = await opaqueReceipt(partner);
  return [...composed.map(({ headers, body }) => asEntity(headers, body)), opaqueReport, ...plainReceipts];
}

async function opaqueReceipt(partner: TestKeyPair): Promise<Buffer> {
  const report = plainReceipts[0] ?? Buffer.alloc(0);
  const body = opaque(await signature(report, partner), report);
  const headers = Headers.fromPairs([['Content-Type', 'application/pkcs7-mime; smime-type=signed-data']]);
  return asEntity(headers, body);
}

const plainReceipts = [
  'Content-Type: multipart/report; report-type=disposition-notification; boundary=r\r\n\r\n--r\r\n\r\nfor people\r\n--r\r\nContent-Type: message/disposition-notification\r\n\r\nReporting-UA: x\r\nOriginal-Message-ID: <1@own.example>\r\nDisposition: automatic-action/MDN-sent-automatically; processed/error: decryption-failed\r\nReceived-content-MIC: 2jmj7l5rSw0yVb/vlWAYkK/YBwk=, sha1\r\n\r\n--r--\r\n',
  'Content-Type: text/plain\r\n\r\nOriginal-Message-ID: <1@own.example>\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\n',
  'Content-Type: text/html\r\n\r\n<html><body>It works!</body></html>',
].map((text) => Buffer.from(text));

type Files = Pick<Samples, 'certificates' | 'privateKeys' | 'pkcs12'>;

async function makeFiles({ partner, ownEc, ownX25519, own }: Keys): Promise<Files> {
  return withTempDirectory(async (directory) => {
    const file = (name: string): string => join(directory, name);
    await writeFile(file('key'), partner.privateKeyPem);
    await writeFile(file('ec'), ownEc.privateKeyPem);
    await writeFile(file('cert'), partner.certificatePem);
    await writeFile(file('both'), partner.privateKeyPem + partner.certificatePem);
    await writeFile(file('ec both'), ownEc.privateKeyPem + ownEc.certificatePem);
    const run = (words: string, ...more: string[]) => openssl([...words.split(' '), ...more]);
    const pass = ['-passout', `pass:${PASSPHRASE}`];
    const privateKeys = [
      run('pkcs8 -topk8 -iter 100 -in', file('key'), ...pass),
      run('pkcs8 -topk8 -outform DER -v1 PBE-SHA1-3DES -iter 100 -in', file('ec'), ...pass),
      run('rsa -traditional -aes128 -in', file('key'), ...pass),
      run('ec -outform DER -in', file('ec')),
      run('rsa -traditional -outform DER -in', file('key')),
      run('rsa -pubout -in', file('key')),
    ];
    const pkcs12 = [
      run('pkcs12 -export -iter 100 -macalg sha256 -in', file('both'), ...pass),
      run('pkcs12 -export -iter 50 -legacy -in', file('ec both'), ...pass),
      run('pkcs12 -export -nomac -keypbe NONE -certpbe NONE -in', file('both'), ...pass),
    ];
    const certificates = [
      run('crl2pkcs7 -nocrl -outform DER -certfile', file('cert')),
      run('crl2pkcs7 -nocrl -certfile', file('cert')),
      run('req -new -subj /CN=fuzz -key', file('key')),
    ];
    const pem = [own.certificatePem + partner.certificatePem, ownX25519.certificatePem].map((text) =>
      Buffer.from(text),
    );
    return {
      privateKeys: [...(await Promise.all(privateKeys)), Buffer.from(own.privateKeyPem)],
      pkcs12: await Promise.all(pkcs12),
      certificates: [...(await Promise.all(certificates)), ...pem],
    };
  });
}
