import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type ComposeOptions, type CompressOptions, parseMic, type SentContent } from '../../src/as2';
import type { MicDeviation } from '../../src/as2/mic-deviations';
import { diagnoseMic, type MicDiagnosis } from '../../src/as2/mic-diagnosis';
import { bufferFlow, bufferSource, type ByteSource } from '../../src/bytes';
import type { DigestName } from '../../src/cms';
import { As2Error } from '../../src/errors';
import { readEntity } from '../../src/mime';
import { inPieces } from '../support/chunks';
import { payloadBody } from '../support/payload-part';
import { withTurns } from '../support/turns';
import { collect, composed, composedCompressed, inMemory, stations } from './stations';

/** A message as it was sent: what a partner may have digested, and what we know about it. */
interface Sent {
  readonly kept: Parameters<typeof diagnoseMic>[1];
  readonly content: SentContent;
  /** The innermost entity, headers included. */
  readonly entity: Buffer;
  readonly body: Buffer;
  /** The HTTP body. */
  readonly request: Buffer;
}

interface Kind {
  readonly sign?: boolean;
  readonly encrypt?: boolean;
  readonly compress?: CompressOptions['order'];
  readonly body?: Buffer;
  readonly source?: ByteSource;
}

async function sent({ sign, encrypt, compress, body = payloadBody, source }: Kind): Promise<Sent> {
  const { alpha, beta } = await stations();
  const options: Partial<ComposeOptions> = {
    payload: { content: bufferFlow(body), contentType: 'application/edi-x12', filename: 'po.edi' },
    ...(sign ? { sign: { keyPair: alpha, digest: 'sha-256' } } : {}),
    ...(encrypt ? { encrypt: { recipients: [beta.certificate], cipher: 'aes-128-cbc' } } : {}),
  };
  const message = compress
    ? await composedCompressed({ ...options, compress: { order: compress, spill: inMemory } })
    : await composed(options);
  const { contentHeaders, headers } = message;
  return {
    kept: message.mics,
    content: {
      entity: {
        headers: contentHeaders,
        body: source ?? { length: body.length, open: () => inPieces(body, 7) },
      },
      signed: sign ?? false,
      encrypted: encrypt ?? false,
      compressed: compress,
      request: { headers, body: bufferSource(message.body) },
    },
    entity: Buffer.concat([contentHeaders.toBuffer(), Buffer.from('\r\n'), body]),
    body,
    request: message.body,
  };
}

function base64(bytes: Buffer | string, algorithm = 'sha256'): string {
  return createHash(algorithm).update(bytes).digest('base64');
}

async function diagnosed(message: Sent, field: string): Promise<MicDiagnosis> {
  const received = parseMic(field);
  assert.ok(received);
  return diagnoseMic(received, message.kept, message.content);
}

const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
const fromLatin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const withLf = (bytes: Buffer): Buffer => fromLatin1(latin1(bytes).replaceAll('\r\n', '\n'));
const withCrlf = (bytes: Buffer): Buffer => fromLatin1(latin1(bytes).replace(/\r?\n/g, '\r\n'));
const headOf = ({ entity, body }: Sent): Buffer => entity.subarray(0, entity.length - body.length);
const with76Columns = (bytes: Buffer): Buffer =>
  fromLatin1(bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n'));

/** The compressed part as the partner finds it, by taking the message apart. */
async function compressedPart({ request }: Sent): Promise<Buffer> {
  const text = latin1(request);
  const boundary = /^--(\S+)\r\n/.exec(text)?.[1] ?? assert.fail('no boundary');
  const start = `--${boundary}\r\n`.length;
  return request.subarray(start, text.indexOf(`\r\n--${boundary}\r\n`, start));
}

interface Quirk {
  readonly title: string;
  readonly kind: Kind;
  /** What the partner writes into its receipt. */
  readonly field: (message: Sent) => string | Promise<string>;
  readonly deviations: readonly MicDeviation[];
  readonly algorithm?: DigestName;
  readonly tolerated?: boolean;
  readonly says: RegExp;
}

const signed: Kind = { sign: true };
const secured: Kind = { sign: true, encrypt: true };
const lineFeeds = fromLatin1("UNA:+.? '\nUNB+UNOC:3+A+B'\r\nUNZ+1+1'\n");
const umlauts = Buffer.from('Käse, größer\r\n', 'latin1');
const marked = Buffer.from('\ufeff<order/>\r\n', 'utf8');

const quirks: readonly Quirk[] = [
  {
    title: 'MIC-01, pain 3: the MIME headers of a signed part left out',
    kind: secured,
    field: ({ body }) => `${base64(body)}, sha-256`,
    deviations: ['headers-left-out'],
    says: /without its MIME headers\. All of it arrived; .* RFC 4130 §7\.3\.1/,
  },
  {
    title: 'MIC-02, pain 2: the MIC of an encrypted message taken before decryption',
    kind: { encrypt: true },
    field: ({ request }) => `${base64(request)}, sha-256`,
    deviations: ['unopened', 'headers-left-out'],
    says: /of the whole request, as it travelled/,
  },
  {
    title: 'pain 2: the same, with the Content headers of the request',
    kind: secured,
    field: ({ request, content }) => {
      const fields = content.request?.headers.entries().filter(([name]) => /^content-/i.test(name)) ?? [];
      const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      return `${base64(Buffer.concat([fromLatin1(`${head}\r\n`), request]))}, sha-256`;
    },
    deviations: ['unopened'],
    says: /before it opens the message/,
  },
  {
    title: 'MIC-03: the headers of a plain message included; that is tolerated',
    kind: {},
    field: ({ entity }) => `${base64(entity)}, sha-256`,
    deviations: ['headers-included'],
    tolerated: true,
    says: /together with its MIME headers/,
  },
  {
    title: 'MIC-04: the content of a compressed message without headers; that is tolerated',
    kind: { compress: 'before-signing' },
    field: ({ body }) => `${base64(body)}, sha-256`,
    deviations: ['headers-left-out'],
    tolerated: true,
    says: /without its MIME headers/,
  },
  {
    title: 'MIC-05: the compressed part of an encrypted message; that is tolerated',
    kind: { compress: 'before-signing', encrypt: true },
    field: async (message) => {
      const plain = await sent({ compress: 'before-signing' });
      const headers = plain.content.request?.headers.entries() ?? [];
      const head = headers
        .filter(([name]) => name.startsWith('Content-'))
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
      assert.ok(message.entity.equals(plain.entity));
      return `${base64(Buffer.concat([fromLatin1(`${head}\r\n`), plain.request]))}, sha-256`;
    },
    deviations: ['after-compression'],
    tolerated: true,
    says: /in its compressed form/,
  },
  {
    title: 'MIC-06, pain 1: compressed before signing, the MIC taken after decompression; that is tolerated',
    kind: { sign: true, compress: 'before-signing' },
    field: ({ entity }) => `${base64(entity)}, sha-256`,
    deviations: ['before-compression'],
    tolerated: true,
    says: /before it was compressed\. .* RFC 5402/,
  },
  {
    title: 'pain 1: the same, without headers',
    kind: { sign: true, compress: 'before-signing' },
    field: ({ body }) => `${base64(body)}, sha-256`,
    deviations: ['before-compression', 'headers-left-out'],
    says: /before it was compressed and without its MIME headers/,
  },
  {
    title: 'MIC-06: the compressed part without its headers',
    kind: { sign: true, compress: 'before-signing' },
    field: async (message) => {
      const part = await compressedPart(message);
      return `${base64(part.subarray(part.indexOf('\r\n\r\n') + 4))}, sha-256`;
    },
    deviations: ['headers-left-out'],
    says: /without its MIME headers/,
  },
  {
    title: 'MIC-07: compressed after signing, the content without headers',
    kind: { sign: true, compress: 'after-signing' },
    field: ({ body }) => `${base64(body)}, sha-256`,
    deviations: ['headers-left-out'],
    says: /without its MIME headers/,
  },
  {
    title: 'MIME-03, pain 4: binary content taken for text, line feeds made CRLF',
    kind: { ...secured, body: lineFeeds },
    field: ({ entity }) => `${base64(withCrlf(entity))}, sha-256`,
    deviations: ['line-ends-crlf'],
    says: /every line end made CRLF.*binary/,
  },
  {
    title: 'MIME-03: headers and content stored with line feeds',
    kind: signed,
    field: ({ entity }) => `${base64(withLf(entity))}, sha-256`,
    deviations: ['line-ends-lf'],
    says: /every line end made a line feed.*compare what they stored/,
  },
  {
    title: 'MIME-03: only the content stored with line feeds',
    kind: signed,
    field: (message) => `${base64(Buffer.concat([headOf(message), withLf(message.body)]))}, sha-256`,
    deviations: ['line-ends-lf'],
    says: /every line end made a line feed/,
  },
  {
    title: 'MIME-03: content with line feeds, without headers',
    kind: signed,
    field: ({ body }) => `${base64(withLf(body))}, sha-256`,
    deviations: ['headers-left-out', 'line-ends-lf'],
    says: /without its MIME headers and with every line end made a line feed\..*treat it as binary/,
  },
  {
    title: 'MIME-01, pain 5: the line break before the boundary counted as content',
    kind: signed,
    field: ({ entity }) => `${base64(Buffer.concat([entity, fromLatin1('\r\n')]))}, sha-256`,
    deviations: ['crlf-added'],
    says: /one line break \(CRLF\) more.*RFC 2046/,
  },
  {
    title: 'MIME-01: its carriage return counted as content',
    kind: signed,
    field: ({ entity }) => `${base64(Buffer.concat([entity, fromLatin1('\r')]))}, sha-256`,
    deviations: ['cr-added'],
    says: /one carriage return more/,
  },
  {
    title: 'pain 5: one line feed more',
    kind: signed,
    field: ({ entity }) => `${base64(Buffer.concat([entity, fromLatin1('\n')]))}, sha-256`,
    deviations: ['lf-added'],
    says: /one line feed more/,
  },
  {
    title: 'pain 5: the last line break lost',
    kind: signed,
    field: ({ entity }) => `${base64(entity.subarray(0, -2))}, sha-256`,
    deviations: ['line-break-removed'],
    says: /without its last line break/,
  },
  {
    title: 'pain 5: the last line feed lost, of content that ends with one',
    kind: { ...signed, body: lineFeeds },
    field: ({ body }) => `${base64(body.subarray(0, -1))}, sha-256`,
    deviations: ['headers-left-out', 'line-break-removed'],
    says: /without its MIME headers and without its last line break/,
  },
  {
    title: 'pain 3: the content encoded anew by a MIME library',
    kind: { ...secured, body: Buffer.alloc(500, 'x') },
    field: (message) => {
      const head = latin1(headOf(message)).replace('Encoding: binary', 'Encoding: base64');
      return `${base64(Buffer.concat([fromLatin1(head), with76Columns(message.body)]))}, sha-256`;
    },
    deviations: ['transfer-encoded'],
    says: /encoded in base64/,
  },
  {
    title: 'pain 3: the header Content-Transfer-Encoding lost on the way into a MIME library',
    kind: secured,
    field: ({ entity }) =>
      `${base64(fromLatin1(latin1(entity).replace('Content-Transfer-Encoding: binary\r\n', '')))}, sha-256`,
    deviations: ['encoding-header-left-out'],
    says: /without the header Content-Transfer-Encoding/,
  },
  {
    title: 'pain 4: Latin-1 taken for UTF-8',
    kind: { ...signed, body: umlauts },
    field: (message) =>
      `${base64(Buffer.concat([headOf(message), Buffer.from(message.body.toString('utf8'))]))}, sha-256`,
    deviations: ['utf-8-damaged'],
    says: /read as UTF-8, which it is not\. The content was damaged/,
  },
  {
    title: 'pain 4: Latin-1 turned into UTF-8',
    kind: { ...signed, body: umlauts },
    field: (message) =>
      `${base64(Buffer.concat([headOf(message), Buffer.from(latin1(message.body), 'utf8')]))}, sha-256`,
    deviations: ['latin-1-as-utf-8'],
    says: /read as Latin-1 and written as UTF-8/,
  },
  {
    title: 'a byte order mark removed',
    kind: { ...signed, body: marked },
    field: (message) => `${base64(Buffer.concat([headOf(message), message.body.subarray(3)]))}, sha-256`,
    deviations: ['byte-order-mark-removed'],
    says: /without its byte order mark/,
  },
  {
    title: 'MIC-10: another algorithm named than used',
    kind: signed,
    field: ({ entity }) => `${base64(entity, 'sha1')}, sha-256`,
    deviations: ['algorithm-misnamed'],
    algorithm: 'sha-1',
    says: /when it is read as sha1/,
  },
  {
    title: 'MIC-10: an algorithm named that nobody knows',
    kind: signed,
    field: ({ entity }) => `${base64(entity, 'sha512')}, SHA-2`,
    deviations: ['algorithm-misnamed'],
    algorithm: 'sha-512',
    says: /when it is read as sha-512/,
  },
  {
    title: 'MIC-10: the hexadecimal text of the digest in base64',
    kind: signed,
    field: ({ entity }) => {
      const text = createHash('sha256').update(entity).digest('hex');
      return `${Buffer.from(text).toString('base64')}, sha-256`;
    },
    deviations: ['hexadecimal-in-base64'],
    says: /read as hexadecimal digits/,
  },
  ...(['sha3-256', 'sha-512-256', 'sha-384', 'md5'] as const).map((algorithm): Quirk => {
    const nodeName = { 'sha3-256': 'sha3-256', 'sha-512-256': 'sha512-256', 'sha-384': 'sha384', md5: 'md5' };
    return {
      title: `decision 1: ${algorithm}, which was not kept; it proves the content`,
      kind: signed,
      field: ({ entity }) => `${base64(entity, nodeName[algorithm])}, ${algorithm}`,
      deviations: [],
      algorithm,
      tolerated: true,
      says: /as it was sent, with/,
    };
  }),
];

describe('A MIC that differs', () => {
  for (const { title, kind, field, deviations, algorithm = 'sha-256', tolerated = false, says } of quirks) {
    it(title, async () => {
      const message = await sent(kind);
      const { matches, received, expected, tried } = await diagnosed(message, await field(message));
      assert.deepEqual(matches?.deviations, deviations);
      assert.equal(matches.algorithm, algorithm);
      assert.equal(matches.tolerated, tolerated);
      assert.match(matches.explanation, says);
      assert.doesNotMatch(matches.explanation, /\{|undefined/);
      assert.ok(matches.explanation.length < 300, 'fits into a fact');
      assert.ok(received && expected && tried > 10);
    });
  }

  it('MIC-01 finds the fixture, which is our entity without one header, and without its last line break', async () => {
    const message = await sent(signed);
    const { matches } = await diagnosed(message, 't76NdDP+JtKK+sE63ngIcTdHNQR/pNDJIcB9LGF7HZE=, sha-256');
    assert.deepEqual(matches?.deviations, ['encoding-header-left-out', 'line-break-removed']);
  });

  it('RCV-03 a digest of other content fits nothing; what is expected is named, and how much was tried', async () => {
    const message = await sent(secured);
    const other = await diagnosed(message, `${base64('another order')}, SHA256`);
    assert.equal(other.matches, undefined);
    assert.equal(other.received, `${base64('another order')}, SHA256`);
    assert.equal(other.expected, `${base64(message.entity)}, sha-256`);
    assert.ok(other.tried > 100, String(other.tried));
    assert.deepEqual(JSON.parse(JSON.stringify(other)), other, 'plain JSON');
  });

  it('says nothing about a file that is not what was sent any more', async () => {
    const message = await sent({ ...signed, source: bufferSource(Buffer.from('another file')) });
    const { matches, tried } = await diagnosed(message, `${base64('another file')}, sha-256`);
    assert.deepEqual([matches, tried], [undefined, 0]);
  });

  it('says nothing where the payload cannot be read again', async () => {
    const gone: ByteSource = {
      open: () => {
        throw new As2Error('payload-stream-used', {});
      },
    };
    const message = await sent({ ...signed, source: gone });
    const { matches, tried } = await diagnosed(message, `${base64(message.body)}, sha-256`);
    assert.deepEqual([matches, tried], [undefined, 0]);
  });

  it('MIME-06 content with a transfer encoding, digested after it was decoded', async () => {
    const { headers, body } = await readEntity(
      bufferFlow(
        Buffer.from('Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n'),
      ).chunks,
    );
    const encoded = await collect(body);
    const entity = Buffer.concat([headers.toBuffer(), Buffer.from('\r\n'), encoded]);
    const kept = [{ value: base64(entity), algorithm: 'sha-256' as const }];
    const content = { entity: { headers, body: bufferSource(encoded) }, signed: true, encrypted: false };
    for (const [bytes, deviations] of [
      ['hello', ['transfer-decoded', 'headers-left-out']],
      [`${latin1(headers.toBuffer())}\r\nhello`, ['transfer-decoded']],
    ] as const) {
      const received = parseMic(`${base64(bytes)}, sha-256`);
      const { matches } = await diagnoseMic(received ?? assert.fail(), kept, content);
      assert.deepEqual(matches?.deviations, deviations);
    }
  });

  it('law 8: 18 MiB in one piece leave the event loop to others; only the usual ways are tried', async () => {
    const body = Buffer.alloc(18 * 1024 * 1024, 'line\n');
    const message = await sent({ ...signed, body, source: bufferSource(body) });
    const field = `${base64(withCrlf(message.entity))}, sha-256`;
    const { turns, result } = await withTurns(() => diagnosed(message, field));
    const { matches, tried } = result;
    assert.deepEqual(matches?.deviations, ['line-ends-crlf']);
    assert.ok(tried < 100, String(tried));
    assert.ok(turns > body.length / (64 * 1024), `${turns} turns`);
  });
});
