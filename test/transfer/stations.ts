import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { bufferSource } from '../../src/bytes';
import type { As2Error } from '../../src/errors';
import type { SendOptions, SendOutcome } from '../../src/exchange';
import { type ConnectionSettings, HttpListener, type ListenerOptions } from '../../src/http';
import { Headers } from '../../src/mime';
import { encryptedByOpenssl, signedByOpenssl, verifiedByOpenssl } from '../as2/openssl-smime';
import { alphaAndBeta, type Party, type PartnerChanges, relationshipOf } from '../partner/parties';
import { withSender } from '../partner/sender';
import { type Station, type StationOptions, withStation } from '../partner/station';
import type { WireAnswer, WireMessage } from '../partner/wire-message';
import { type Issued, type TlsAuthority, withAuthority } from './tools/tls-authority';

/** ALPHA sends, Beta receives, and something real stands between them. */
export interface Stations {
  readonly alpha: Party;
  readonly beta: Party;
  /** Beta's; `station.url` is without TLS. */
  readonly station: Station;
  /** ALPHA sends a document over this connection. */
  send(url: string, connection?: ConnectionSettings, wishes?: SendWishes): Promise<SendOutcome>;
}

export interface SendWishes {
  readonly partner?: PartnerChanges;
  readonly payload?: Buffer;
  readonly options?: Partial<SendOptions>;
}

export const DOCUMENT = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA+260303:1015+1'UNZ+0+1'\r\n");

export async function withStations<T>(
  work: (stations: Stations) => Promise<T>,
  options: StationOptions & { readonly partner?: PartnerChanges } = {},
): Promise<T> {
  const { alpha, beta } = await alphaAndBeta();
  const { partner: alphaAtBeta, ...rest } = options;
  const relationships = [relationshipOf(beta, alpha, alphaAtBeta)];
  return withStation({ relationships, ...rest }, async (station) =>
    withSender(async (sender) =>
      work({
        alpha,
        beta,
        station,
        send: (url, connection = {}, { partner = {}, payload = DOCUMENT, options: changes = {} } = {}) =>
          sender.send(relationshipOf(alpha, beta, { url: `${url}/as2`, connection, ...partner }), {
            payload: {
              content: bufferSource(payload),
              contentType: 'application/edifact',
              filename: 'order.edi',
            },
            ...changes,
          }),
      }),
    ),
  );
}

/** The message is there, unchanged, and its signed receipt says so. */
export async function assertArrived(
  { station }: Stations,
  outcome: SendOutcome,
  payload: Buffer = DOCUMENT,
): Promise<void> {
  assert.ok(outcome.ok, outcome.error?.message);
  assert.deepEqual([outcome.receipt?.signed, outcome.receipt?.micMatches], [true, true]);
  const message = station.messages.find(({ messageId }) => messageId === outcome.messageId);
  assert.ok((await message?.payload.read())?.equals(payload), 'the payload is what was sent');
}

/** The message did not get to Beta's flow. */
export function assertRefused({ station }: Stations, outcome: SendOutcome): As2Error {
  assert.ok(outcome.error, 'the message was sent');
  assert.equal(station.messages.length, 0);
  return outcome.error;
}

/** An authority, and a certificate of it for localhost. */
export interface Certified {
  readonly authority: TlsAuthority;
  readonly root: Issued;
  readonly shows: Issued;
  /** For other files of the test. */
  readonly directory: string;
}

export async function withCertificate<T>(work: (certified: Certified) => Promise<T>): Promise<T> {
  return withAuthority(async (authority, directory) =>
    work({ authority, root: authority.root, shows: await authority.issue('localhost'), directory }),
  );
}

/** Settings of a sender that knows this authority, and that shows a certificate of its own. */
export function trusting({ certificate: ca }: Issued, own?: Issued): ConnectionSettings {
  return { tls: { ca, ...(own ? { cert: own.certificate, key: own.key } : {}) } };
}

/** A URL without its path. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

/** The station on a port of our own, as as2-listener opens it. */
export async function withOwnPort<T>(
  { receiver }: Station,
  options: Partial<ListenerOptions>,
  work: (listener: HttpListener) => Promise<T>,
): Promise<T> {
  const listener = await HttpListener.open({
    port: 0,
    host: '127.0.0.1',
    route: (path) =>
      path === '/as2' ? async (request, response) => receiver.handle(request, response) : undefined,
    ...options,
  });
  try {
    return await work(listener);
  } finally {
    await listener.close(0);
  }
}

/** What a server of Node.js shows. */
export function keyOf({ key, certificate: cert }: Issued): { readonly key: string; readonly cert: string } {
  return { key, cert };
}

export interface OpensslMessageWishes {
  readonly payload?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message of ALPHA to Beta that `openssl cms` has signed and encrypted; a signed receipt is wanted. */
export async function messageByOpenssl(
  { alpha, beta }: Pick<Stations, 'alpha' | 'beta'>,
  { payload = DOCUMENT, headers = {} }: OpensslMessageWishes = {},
): Promise<WireMessage> {
  const entity = Buffer.concat([
    Buffer.from('Content-Type: application/edifact\r\nContent-Transfer-Encoding: binary\r\n\r\n'),
    payload,
  ]);
  const signed = await signedByOpenssl(entity, alpha.keyPair, '-binary -md sha256');
  const whole = Buffer.concat([signed.headers.toBuffer(), Buffer.from('\r\n'), signed.body]);
  const { headers: content, body } = await encryptedByOpenssl(whole, beta.keyPair, '-aes-256-cbc');
  const fields: Record<string, string> = {
    'AS2-Version': '1.2',
    'AS2-From': alpha.as2Name,
    'AS2-To': `"${beta.as2Name}"`,
    'Message-ID': `<${randomUUID()}@alpha.example>`,
    'Disposition-Notification-To': 'edi@alpha.example',
    'Disposition-Notification-Options':
      'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, sha-256',
    ...headers,
  };
  return { headers: Headers.fromPairs([...Object.entries(fields), ...content.entries()]), body };
}

/** The payload is there, and Beta's signed receipt, which openssl has verified, says so. */
export async function assertTaken(
  { station, beta }: Stations,
  answer: WireAnswer | undefined,
  payload: Buffer = DOCUMENT,
): Promise<void> {
  assert.ok(answer, 'there is an answer');
  assert.equal(answer.status, 200, answer.body.toString());
  const mime = Buffer.concat([answer.headers.toBuffer(), Buffer.from('\r\n'), answer.body]);
  const report = (await verifiedByOpenssl(mime, beta.keyPair)).toString();
  assert.match(report, /^Disposition: automatic-action\/MDN-sent-automatically; processed\r?$/im);
  const digest = createHash('sha256')
    .update('Content-Type: application/edifact\r\nContent-Transfer-Encoding: binary\r\n\r\n')
    .update(payload)
    .digest('base64');
  const [, mic] = /^Received-Content-MIC: (\S+), *sha-?256/im.exec(report) ?? [];
  assert.equal(mic, digest);
  const message = station.messages.at(-1);
  assert.ok((await message?.payload.read())?.equals(payload), 'the payload is what was sent');
}
