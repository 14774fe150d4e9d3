import { createHash, randomUUID } from 'node:crypto';
import { readAll } from '../../src/bytes';
import { bufferFlow } from '../../src/bytes';
import { digestAlgorithm, envelopedFlow, signDetached } from '../../src/cms';
import { As2Error } from '../../src/errors';
import { base64Lines } from '../../src/mime';
import type { Party } from '../partner/parties';
import { partyAlice, partyBob } from '../support/alice';

/** Alice is a partner; Bob is the station that is attacked. Whoever has Alice's key can go deeper. */
export interface Parties {
  readonly alice: Party;
  readonly bob: Party;
  /** Name and port, for the Host field. */
  readonly host: string;
}

export async function partiesFor(url: string): Promise<Parties> {
  return { alice: await partyAlice(), bob: await partyBob(), host: new URL(url).host };
}

type Fields = Readonly<Record<string, string>>;

/** The head of a POST from Alice to Bob; `fields` come last, and an empty value leaves a field away. */
export function head({ host }: Parties, fields: Fields = {}, path = '/as2'): string {
  const all: Fields = {
    Host: host,
    'AS2-From': 'Alice',
    'AS2-To': '"Bob B"',
    'AS2-Version': '1.1',
    'Message-ID': `<${randomUUID()}@hostile.example>`,
    'Content-Type': 'application/edifact',
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n`;
}

/** A whole request with a Content-Length. */
export function post(parties: Parties, fields: Fields, body: Buffer | string = 'x', path?: string): Buffer[] {
  const content = Buffer.from(body);
  const start = head(parties, { ...fields, 'Content-Length': String(content.length) }, path);
  return [Buffer.concat([Buffer.from(`${start}\r\n`, 'latin1'), content])];
}

export const SIGNED_RECEIPT: Fields = {
  'Disposition-Notification-To': 'alice@hostile.example',
  'Disposition-Notification-Options':
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256',
};

/** A MIME entity that Alice signs and encrypts for Bob: what is in it is looked at. */
export async function fromAlice(
  parties: Parties,
  entity: Buffer | string,
  fields: Fields = {},
): Promise<Buffer[]> {
  return encryptedPost(parties, await signedEntity(parties, Buffer.from(entity)), fields);
}

/** multipart/signed by Alice around an entity, with its MIME headers. */
export async function signedEntity({ alice }: Parties, entity: Buffer): Promise<Buffer> {
  const { nodeName } = digestAlgorithm('sha-256');
  const digest = createHash(nodeName).update(entity).digest();
  const signature = await signDetached(digest, { keyPair: alice.keyPair, digest: 'sha-256' });
  return Buffer.concat([
    Buffer.from(
      'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=signed\r\n\r\n--signed\r\n',
    ),
    entity,
    Buffer.from(
      '\r\n--signed\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    ),
    base64Lines(signature),
    Buffer.from('\r\n--signed--\r\n'),
  ]);
}

/** A POST of an entity, encrypted for Bob, with a wish for a signed receipt. */
export async function encryptedPost(
  parties: Parties,
  entity: Buffer,
  fields: Fields = {},
): Promise<Buffer[]> {
  const recipients = [parties.bob.keyPair.certificate];
  const flow = envelopedFlow(bufferFlow(entity), { recipients, cipher: 'aes-256-cbc' });
  const body = await readAll(flow.chunks, 1e9, () => new As2Error('truncated', { expected: 0 }));
  return post(parties, { ...SIGNED_RECEIPT, 'Content-Type': 'application/pkcs7-mime', ...fields }, body);
}
