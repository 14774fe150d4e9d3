import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import {
  AEAD_STRUCTURE,
  COMPRESS,
  ENCRYPT,
  KEY_TRANSPORT,
  SIGN,
  SIGN_SCHEME,
} from '../../nodes/shared/choices';
import type { IdentityNode } from '../../nodes/shared/identity';
import { type PartnerDef, readPartner } from '../../nodes/shared/partner';
import { type ProtectionDef } from '../../nodes/shared/protection';
import { normalizeMessageId } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import type { CipherName, DigestName } from '../../src/cms';
import type { Relationship } from '../../src/exchange';
import { Headers } from '../../src/mime';
import type { IssuableKeyType } from '../../src/pki';
import { asMimeFile, type Wire } from '../as2/stations';
import { verifiedByOpenssl } from '../as2/openssl-smime';
import { opensslKeyPair } from '../cms/openssl-keys';
import type { Party } from '../partner/parties';
import { type Sender, withSender } from '../partner/sender';
import { type Station, withStation } from '../partner/station';
import { composeWire, postWire, receiptIn } from '../partner/wire-message';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { opensslDecrypt } from '../support/openssl-cms';

/*
 * Everything that the partner's dialog offers, from its properties to the wire and back: two stations in this process,
 * configured as the nodes do it, exchange a document by HTTP, and `openssl` reads what travelled, where it can.
 */

const DOCUMENT = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA+261122:0900+1'\r\n".repeat(60));

type KeyName = IssuableKeyType | 'ed25519' | 'ed448' | 'rsa-pss';

interface Case {
  readonly title: string;
  /** How the sender is configured for the receiver. */
  readonly sends?: ProtectionDef;
  /** How the receiver is configured for the sender. */
  readonly accepts?: ProtectionDef;
  /** Default: RSA on both sides. */
  readonly keys?: { readonly sender?: KeyName; readonly receiver?: KeyName };
  /** What the receiver must find, where it is not what the sender's properties name. */
  readonly finds?: { readonly digest?: DigestName; readonly signature?: string };
}

/** What a receiver has to allow for each choice of a sender. */
const OPT_IN: Readonly<Partial<Record<DigestName | CipherName, keyof ProtectionDef>>> = {
  'sha-1': 'acceptSha1',
  md5: 'acceptMd5',
  'des-ede3-cbc': 'accept3des',
  'cast5-cbc': 'acceptCast5',
  'idea-cbc': 'acceptIdea',
  'rc2-128-cbc': 'acceptRc2',
  'rc2-64-cbc': 'acceptRc2',
  'rc2-40-cbc': 'acceptRc2',
};

function optIn(name: DigestName | CipherName | ''): ProtectionDef {
  const property = name === '' ? undefined : OPT_IN[name];
  return property ? { [property]: true } : {};
}

const aead = ENCRYPT.filter((cipher) => /gcm|ccm|poly1305/.test(cipher));

const cases: readonly Case[] = [
  { title: 'a flow that says nothing about it' },
  ...SIGN.map((sign): Case => ({
    title: `signature ${sign || 'none'}`,
    sends: { sign },
    accepts: { requireSigned: sign !== '', ...optIn(sign) },
  })),
  ...SIGN_SCHEME.flatMap((signScheme) =>
    (['sha-256', 'sha3-512'] as const).map((sign): Case => ({
      title: `${signScheme} with ${sign}`,
      sends: { signScheme, sign },
    })),
  ),
  ...ENCRYPT.map((encrypt): Case => ({
    title: `ENV-10, ENV-14 encryption ${encrypt || 'none'}`,
    sends: { encrypt },
    accepts: { requireEncrypted: encrypt !== '', ...optIn(encrypt) },
  })),
  ...AEAD_STRUCTURE.flatMap((aeadStructure) =>
    (['aes-128-gcm', 'aes-256-gcm', 'aes-192-ccm', 'chacha20-poly1305'] as const).map((encrypt): Case => ({
      title: `${encrypt} in ${aeadStructure}`,
      sends: { encrypt, aeadStructure },
    })),
  ),
  ...KEY_TRANSPORT.flatMap((keyTransport) =>
    (['aes-128-cbc', 'aes-256-gcm'] as const).map((encrypt): Case => ({
      title: `key of ${encrypt} by ${keyTransport}`,
      sends: { keyTransport, encrypt },
    })),
  ),
  ...COMPRESS.filter((compress) => compress !== '').flatMap((compress) =>
    [
      { sign: 'sha-256', encrypt: 'aes-256-cbc' },
      { sign: 'sha-256', encrypt: '' },
      { sign: '', encrypt: 'aes-256-cbc' },
      { sign: '', encrypt: '' },
    ].map(({ sign, encrypt }): Case => ({
      title: `CMP-03 compression ${compress}, ${sign || 'no'} signature, ${encrypt || 'no'} encryption`,
      sends: { compress, sign, encrypt },
      accepts: { requireSigned: sign !== '', requireEncrypted: encrypt !== '' },
    })),
  ),
  ...(['ec-p256', 'ec-p384', 'ec-p521'] as const).flatMap((key) =>
    (['aes-256-cbc', 'aes-128-gcm'] as const).map((encrypt): Case => ({
      title: `${key} on both sides, ${encrypt}`,
      keys: { sender: key, receiver: key },
      sends: { encrypt },
      finds: { signature: 'ecdsa' },
    })),
  ),
  ...(['sha-1', 'sha-224', 'sha-512', 'sha3-256'] as const).map((sign): Case => ({
    title: `EC key with ${sign}`,
    keys: { sender: 'ec-p256' },
    sends: { sign },
    accepts: optIn(sign),
    finds: { signature: 'ecdsa' },
  })),
  {
    title: 'EC key and 3DES',
    keys: { receiver: 'ec-p256' },
    sends: { encrypt: 'des-ede3-cbc' },
    accepts: { accept3des: true },
  },
  {
    title: 'RSA settings and an EC key, which has its own way',
    keys: { sender: 'ec-p384', receiver: 'ec-p384' },
    sends: { signScheme: 'rsa-pss', keyTransport: 'rsa-oaep-sha-256' },
    finds: { signature: 'ecdsa' },
  },
  { title: 'EC key to an RSA key', keys: { sender: 'ec-p256' }, finds: { signature: 'ecdsa' } },
  { title: 'RSA key to an EC key', keys: { receiver: 'ec-p384' } },
  {
    title: 'Ed25519 key, which has one digest only',
    keys: { sender: 'ed25519' },
    sends: { sign: 'sha-256' },
    finds: { digest: 'sha-512', signature: 'ed25519' },
  },
  {
    title: 'Ed448 key, which has one digest only',
    keys: { sender: 'ed448' },
    sends: { sign: 'sha-384' },
    finds: { digest: 'shake256', signature: 'ed448' },
  },
  {
    title: 'RSA key that is for PSS only',
    keys: { sender: 'rsa-pss' },
    finds: { signature: 'rsa-pss' },
  },
  {
    title: 'PSS, OAEP, GCM and compression at once',
    sends: {
      sign: 'sha-512',
      signScheme: 'rsa-pss',
      encrypt: 'aes-256-gcm',
      aeadStructure: 'enveloped-data',
      keyTransport: 'rsa-oaep-sha-256',
      compress: 'after-signing',
    },
  },
];

/** Ciphers the `openssl` command does not know, and CAST5 with its parameters as RFC 2984 has them (ENV-12). */
const foreignToOpenssl = /ccm|poly1305|idea|cast5/;

describe('algorithms a partner can be configured for', () => {
  for (const one of cases) {
    it(one.title, async () => {
      const { alpha, beta } = await parties(one.keys);
      const { sends = {}, accepts = {}, finds = {} } = one;
      await between(relationship(beta, alpha, accepts), async (sender, station) => {
        const outgoing = relationship(alpha, beta, { ...sends, url: station.url });
        const outcome = await sender.send(outgoing, {
          payload: {
            content: bufferSource(DOCUMENT),
            contentType: 'application/EDIFACT',
            filename: 'order.edi',
          },
        });
        assert.equal(outcome.error, undefined);
        assert.equal(outcome.receipt?.micMatches, true);
        assert.equal(outcome.receipt?.signed, true);

        const [message] = station.messages;
        assert.ok(message);
        assert.ok((await message.payload.read()).equals(DOCUMENT));
        const { sign = 'sha-256', signScheme = 'rsa-pkcs1', encrypt = 'aes-256-cbc', compress = '' } = sends;
        const expected = {
          ...(sign === '' ? {} : { digest: finds.digest ?? sign, signature: finds.signature ?? signScheme }),
          ...(encrypt === '' ? {} : { cipher: encrypt }),
        };
        assert.deepEqual(message.algorithms, expected);
        assert.equal(message.compressed, compress !== '');

        const wire = await travelled(sender, outgoing, outcome.messageId);
        assertNamed(wire, sends);
        if (!finds.signature?.startsWith('ed')) await assertReadByOpenssl(wire, sends, alpha, beta);
      });
    });
  }

  it('a compressed message is smaller than the document', async () => {
    const { alpha, beta } = await parties();
    await between(relationship(beta, alpha, {}), async (sender, station) => {
      for (const compress of ['before-signing', 'after-signing'] as const) {
        const large = Buffer.alloc(1_000_000, DOCUMENT);
        const outgoing = relationship(alpha, beta, { url: station.url, compress });
        const { error, sizeBytes = Infinity } = await sender.send(outgoing, {
          payload: { content: bufferSource(large), contentType: 'application/EDIFACT' },
        });
        assert.equal(error, undefined);
        assert.ok(sizeBytes < 30_000, `${sizeBytes} bytes`);
        assert.deepEqual(await station.messages.at(-1)?.payload.read(), large);
      }
    });
  });

  it('compression keeps nothing beside the exchange, also when the payload cannot be read', async () => {
    const { alpha, beta } = await parties();
    await between(relationship(beta, alpha, {}), async (sender, station) => {
      const outgoing = relationship(alpha, beta, { url: station.url, compress: 'before-signing' });
      // Larger than what may stay in memory, also compressed.
      const large = randomBytes(300_000);
      const good = await sender.send(outgoing, {
        payload: { content: bufferSource(large), contentType: 'application/octet-stream' },
      });
      assert.equal(good.error, undefined);
      const shorter = { ...bufferSource(large.subarray(1)), length: large.length };
      const changed = await sender.send(outgoing, {
        payload: { content: shorter, contentType: 'text/plain' },
      });
      assert.equal(changed.error?.code, 'payload-length-changed');
      assert.deepEqual(changed.error?.facts, { expected: large.length, received: large.length - 1 });
      const broken = {
        async *open() {
          yield large;
          throw new Error('EIO');
        },
      };
      const unread = await sender.send(outgoing, { payload: { content: broken, contentType: 'text/plain' } });
      assert.equal(unread.error?.code, 'payload-unreadable');
      assert.deepEqual(await readdir(sender.spool.spill.directory), []);
      assert.equal(station.messages.length, 1);
    });
  });
});

describe('algorithms that are refused unless they are allowed for the partner', () => {
  for (const cipher of ENCRYPT.filter((name) => name !== '' && OPT_IN[name])) {
    it(`ENV-14 ${cipher}`, async () => {
      const { alpha, beta } = await parties();
      const recipients = [beta.keyPair.certificate];
      const message = await composeWire(alpha, beta, {
        encrypt: { recipients, cipher: cipher as CipherName },
      });
      await assertOptIn(message, alpha, beta, cipher as CipherName, 'message-cipher-not-allowed');
    });
  }

  for (const digest of ['sha-1', 'md5'] as const) {
    it(`SEC-05 ${digest}`, async () => {
      const { alpha, beta } = await parties();
      const message = await composeWire(alpha, beta, { sign: { keyPair: alpha.keyPair, digest } });
      await assertOptIn(message, alpha, beta, digest, 'message-digest-not-allowed');
    });
  }

  it('PRO-08 a partner of the old profile, both ways; what is sent to it changes nothing in what is accepted', async () => {
    const { alpha, beta } = await parties();
    const old = { sign: 'sha-1', encrypt: 'des-ede3-cbc' };
    const usual = relationship(alpha, beta, {}).partner;
    assert.deepEqual(relationship(alpha, beta, old).partner.requires, usual.requires);
    for (const [from, to] of [
      [alpha, beta],
      [beta, alpha],
    ] as const) {
      const incoming = relationship(to, from, { acceptSha1: true, accept3des: true });
      await between(incoming, async (sender, station) => {
        const outgoing = relationship(from, to, { ...old, url: station.url });
        const { error, mic, receipt, messageId } = await sender.send(outgoing);
        assert.equal(error, undefined);
        assert.match(mic ?? '', /, sha1$/);
        assert.equal(receipt?.mic, mic);
        const { headers } = await travelled(sender, outgoing, messageId);
        assert.match(headers.get('Disposition-Notification-To') ?? '', /^[^@ ]+@[^@ ]+$/);
        assert.match(headers.get('Disposition-Notification-Options') ?? '', /micalg=optional, sha1$/);
      });
    }
  });

  it('switches may come as text, from an environment variable', async () => {
    const { alpha, beta } = await parties();
    const { partner } = relationship(beta, alpha, { acceptSha1: 'true', acceptMd5: 'false' });
    assert.ok(partner.requires?.allowedDigests?.includes('sha-1'));
    assert.ok(!partner.requires?.allowedDigests?.includes('md5'));
  });
});

describe('receipts', () => {
  it('are signed by an RSA key as messages for that partner are', async () => {
    const { alpha, beta } = await parties();
    for (const signScheme of SIGN_SCHEME) {
      await withStation({ relationships: [relationship(beta, alpha, { signScheme })] }, async ({ url }) => {
        const receipt = await receiptIn(
          await postWire(url, await composeWire(alpha, beta)),
          beta.keyPair.certificate,
        );
        assert.equal(receipt.signature?.signers[0]?.algorithm, signScheme);
        assert.equal(receipt.signature?.status, 'verified');
      });
    }
  });

  it('MDN-05 are signed with another digest where the key has no signature with the one asked for', async () => {
    const { alpha, beta } = await parties({ receiver: 'ec-p256' });
    await withStation({ relationships: [relationship(beta, alpha, {})] }, async ({ url }) => {
      for (const [asked, signed] of [
        ['md5', 'sha-256'],
        ['sha-512', 'sha-512'],
      ] as const) {
        const message = await composeWire(alpha, beta, { receipt: { signed: true, micAlgorithms: [asked] } });
        const receipt = await receiptIn(await postWire(url, message), beta.keyPair.certificate);
        assert.equal(receipt.signature?.status, 'verified');
        assert.equal(receipt.signature?.digest, signed);
        assert.equal(receipt.mic?.algorithm, asked, 'the MIC is the one asked for all the same');
      }
    });
  });
});

async function parties(keys: Case['keys'] = {}): Promise<{ alpha: Party; beta: Party }> {
  const { sender = 'rsa-2048', receiver = 'rsa-2048' } = keys;
  return {
    alpha: { as2Name: 'ALPHA', keyPair: await keyPair('Alpha', sender) },
    beta: { as2Name: 'Beta Corp', keyPair: await keyPair('Beta', receiver) },
  };
}

async function keyPair(name: string, kind: KeyName): Promise<TestKeyPair> {
  if (kind === 'ed25519' || kind === 'ed448' || kind === 'rsa-pss') return opensslKeyPair(kind);
  return testKeyPair(name, kind === 'rsa-2048' ? {} : { keyType: kind });
}

/** `own` as an identity and `other` as its partner, read from node properties as the runtime does it. */
function relationship(
  own: Party,
  other: Party,
  properties: ProtectionDef & { readonly url?: string },
): Relationship {
  const identity = { as2Name: own.as2Name, keyPairs: [own.keyPair], messageIdHost: 'station.example' };
  const node = { label: own.as2Name, identity: { ready: identity } } as unknown as IdentityNode;
  const def = {
    as2Name: other.as2Name,
    certificate: other.keyPair.certificatePem,
    ...properties,
  } as PartnerDef;
  return readPartner(def, other.as2Name, undefined, node).relationship();
}

async function between(
  incoming: Relationship,
  work: (sender: Sender, station: Station) => Promise<void>,
): Promise<void> {
  await withStation({ relationships: [incoming] }, async (station) => {
    await withSender((sender) => work(sender, station));
  });
}

/** The request as it was stored before it was posted. */
async function travelled({ spool }: Sender, { identity, partner }: Relationship, id: string): Promise<Wire> {
  const key = { from: identity.as2Name, to: partner.as2Name, messageId: normalizeMessageId(id) };
  const folder = await spool.find('out', key);
  assert.ok(folder);
  const fields = JSON.parse((await folder.read('request-headers.json')).toString()) as [string, string][];
  return { headers: Headers.fromPairs(fields), body: await folder.read('request.raw') };
}

/** The outermost layer says what it is. */
function assertNamed({ headers }: Wire, { sign, encrypt, aeadStructure, compress }: ProtectionDef): void {
  const isAuthenticated = aead.some((cipher) => cipher === encrypt) && aeadStructure !== 'enveloped-data';
  const type =
    (encrypt !== '' && `smime-type=${isAuthenticated ? 'authEnveloped' : 'enveloped'}-data;`) ||
    (compress && (sign === '' || compress === 'after-signing') && 'smime-type=compressed-data;') ||
    (sign === '' ? 'application/EDIFACT' : 'multipart/signed;');
  assert.ok(headers.get('Content-Type')?.includes(type), headers.get('Content-Type'));
}

/** Decrypts and verifies what travelled, as far as the command can. */
async function assertReadByOpenssl(
  wire: Wire,
  { sign, encrypt = 'aes-256-cbc', aeadStructure, compress }: ProtectionDef,
  alpha: Party,
  beta: Party,
): Promise<void> {
  const isForeignStructure = aead.some((cipher) => cipher === encrypt) && aeadStructure === 'enveloped-data';
  if (foreignToOpenssl.test(encrypt) || isForeignStructure) return;
  const legacy = encrypt.startsWith('rc2') ? ['-provider', 'legacy', '-provider', 'default'] : [];
  const inner = encrypt === '' ? asMimeFile(wire) : await opensslDecrypt(wire.body, beta.keyPair, ...legacy);
  // It has no zlib, and in MIME messages it verifies text only.
  if (sign === '' || compress) return;
  assert.ok((await verifiedByOpenssl(inner, alpha.keyPair)).includes(DOCUMENT));
}

/** A message is refused, but is taken by a station that allows what it uses. */
async function assertOptIn(
  message: Wire,
  alpha: Party,
  beta: Party,
  name: DigestName | CipherName,
  code: string,
): Promise<void> {
  const everythingElse = Object.fromEntries(
    Object.values(OPT_IN)
      .filter((property) => property !== OPT_IN[name])
      .map((property) => [property, true]),
  );
  for (const [properties, disposition] of [
    [{}, 'error'],
    [everythingElse, 'error'],
    [optIn(name), undefined],
  ] as const) {
    await withStation({ relationships: [relationship(beta, alpha, properties)] }, async (station) => {
      const receipt = await receiptIn(await postWire(station.url, message), beta.keyPair.certificate);
      assert.equal(receipt.disposition.modifier, disposition);
      assert.equal(station.messages.length, disposition ? 0 : 1);
      if (!disposition) return;
      assert.equal(receipt.disposition.description, 'insufficient-message-security');
      const { error } = await station.event('message-rejected');
      assert.equal(error?.code, code);
      assert.match(error?.message ?? '', new RegExp(`allow ${name} in the settings of the partner`));
    });
  }
}
