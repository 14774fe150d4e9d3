import assert from 'node:assert/strict';
import {
  as2NameCandidates,
  isReceipt,
  newMessageId,
  normalizeMessageId,
  openMessage,
  openReceipt,
  parseDisposition,
  parseMic,
  parseReceiptRequest,
  planReceipt,
  processedError,
  readAs2Headers,
  receiptText,
} from '../../src/as2';
import {
  BerStreamReader,
  constructed,
  contextTag,
  octetString,
  oid,
  parseBer,
  sequence,
  setOf,
  tags,
  toDer,
} from '../../src/asn1';
import { bufferSource, ByteReader, type Chunks } from '../../src/bytes';
import { createDigest, readSignedData, verifySignedData } from '../../src/cms';
import { isAs2Error } from '../../src/errors';
import {
  decodeHeaderText,
  decodeTransferEncoding,
  encodeHeaderText,
  filenameOf,
  Headers,
  mediaTypeOf,
  parseParameterized,
  readEntity,
  readMultipart,
  safeFilename,
} from '../../src/mime';
import { formatName, readCertificates, readPrivateKey } from '../../src/pki';
import { toCrlf } from '../support/canonical';
import { collect, inPieces } from '../support/chunks';
import { workedMsFor } from '../support/working-time';
import { rewritten } from './rewrite';
import { type Samples, samples, signature, signedContent } from './samples';

/*
 * Four times the input may take four times as long, not sixteen times. What is fast enough at the larger size is not
 * measured any further: quadratic work on so many bytes takes seconds.
 */

const KiB = 1024;
const FAST_ENOUGH_MS = 40;
const TRIES = 3;
/** Of work, between linear (4) and quadratic (16). */
const MOST_RATIO = 9;
const MOST_BASE_MS = 15;

function millisecondsOf(work: () => unknown): Promise<number> {
  return workedMsFor(async () => {
    try {
      await work();
    } catch (error) {
      if (!isAs2Error(error)) throw error;
    }
  });
}

async function best(work: () => unknown): Promise<number> {
  const times = [await millisecondsOf(work), await millisecondsOf(work), await millisecondsOf(work)];
  return Math.min(...times);
}

/** @param work on input of about so many bytes, or pieces */
async function assertLinear(
  what: string,
  size: number,
  work: (size: number) => () => unknown,
): Promise<void> {
  const four = work(size * 4);
  if ((await millisecondsOf(four)) < FAST_ENOUGH_MS || (await best(four)) < FAST_ENOUGH_MS) return;
  const shown: string[] = [];
  for (let tried = 0; tried < TRIES; tried += 1) {
    const oneMs = await best(work(size));
    const fourMs = await best(four);
    if (fourMs < MOST_RATIO * Math.max(oneMs, MOST_BASE_MS)) return;
    shown.push(`${size} take ${oneMs.toFixed(1)} ms, ${size * 4} take ${fourMs.toFixed(1)} ms`);
  }
  assert.fail(`${what}: ${shown.join('; ')}`);
}

/** Pieces of text that make careless patterns look at the same place again and again. */
const units = [
  '"',
  '\\',
  '\\"',
  '(',
  ')',
  '(a',
  ';',
  '=',
  ' ',
  '\t',
  '; ',
  'a ',
  ' a',
  'a=',
  'a="',
  'a=";',
  'a;',
  '" a',
  ', ',
  '/',
  '/ ',
  ':',
  '=?',
  '=?a?q?',
  '=?a?b?YQ==?= ',
  '=?a?q?=41?=',
  '<',
  '<a',
  '<a>',
  '<a ',
  '>',
  '@',
  '%',
  '%0',
  '.',
  '-',
  '..',
  '\u00e4',
  '\u0301',
  '0',
  'A',
  '+',
  '==',
  '\n',
  '\r',
  '\r\n',
  ' \n',
  'a\n',
  ' a\n',
  'a:\n',
  'a: ;\nb;\n',
  'a: b\r\n c\r\n',
  '\n--b',
  '\n--b\n',
  '\n--b  ',
  '--b--\n',
  '\0',
  'disposition:\n',
  'Disposition: a\r\n b\r\n',
  '-----BEGIN A-----',
  '-----BEGIN ',
  '-----END A-----\n',
  'MAA=',
  '\\n',
  'sha-256,',
  'processed/',
];

/** Alone, and where something else follows that makes a pattern fail. */
const frames: readonly ((text: string) => string)[] = [(text) => text, (text) => `a: x${text}x`];

const textReaders: Readonly<Record<string, (text: string, bytes: Buffer) => unknown>> = {
  'parameterized values': (text) => parseParameterized(text),
  'header text': (text) => decodeHeaderText(text),
  'header text, written': (text) => encodeHeaderText(text),
  headers: (_text, bytes) => Headers.parse(bytes).entries(),
  'raw headers': (text) => Headers.fromRawHeaders(['Subject', text]),
  'file names': (text) => safeFilename(text, 'x'),
  'the file name of an entity': (text) =>
    filenameOf(Headers.fromRawHeaders(['Content-Disposition', `attachment; filename="${text}"`])),
  'media types': (text) => mediaTypeOf(text),
  entities: async (_text, bytes) => collect((await readEntity(source(bytes))).body),
  multiparts: async (_text, bytes) => {
    for await (const part of readMultipart(source(bytes), 'b')) await collect(part);
  },
  base64: (_text, bytes) => collect(decodeTransferEncoding(source(bytes), 'base64')),
  'quoted-printable': (_text, bytes) => collect(decodeTransferEncoding(source(bytes), 'quoted-printable')),
  'canonical text': (_text, bytes) => collect(toCrlf(source(bytes))),
  'AS2 names': (text) => as2NameCandidates(text),
  'quoted AS2 names': (text) => as2NameCandidates(`"${text}"`),
  dispositions: (text) => parseDisposition(text),
  'dispositions after their modes': (text) =>
    parseDisposition(`automatic-action/MDN-sent-automatically; ${text}`),
  MICs: (text) => parseMic(text),
  'message ids': (text) => normalizeMessageId(text) + newMessageId(text),
  'receipt requests': (text) => {
    const fields = [
      'Disposition-Notification-To',
      'x',
      'Disposition-Notification-Options',
      `signed-receipt-micalg=${text}`,
    ];
    const request = parseReceiptRequest(Headers.fromRawHeaders(fields));
    return request && planReceipt(request);
  },
  'heads of requests, answered': (text) => {
    const request = readAs2Headers(Headers.fromRawHeaders(['AS2-From', 'a', 'AS2-To', 'b', 'Subject', text]));
    return receiptText(request, processedError('x'), text);
  },
  'receipts as notifications': (_text, bytes) => receipt('message/disposition-notification', bytes),
  'receipts as text': (_text, bytes) => receipt('text/plain', bytes),
  'receipts as pages': (_text, bytes) => receipt('text/html', bytes),
  'receipts as multiparts': (_text, bytes) => receipt('multipart/report; boundary=b', bytes),
  'receipts as signed multiparts': (_text, bytes) => receipt('multipart/signed; boundary=b', bytes),
  'signed messages': (_text, bytes) => message('multipart/signed; boundary=b', bytes),
  'CMS messages': (_text, bytes) => message('application/pkcs7-mime', bytes),
  certificates: (text) => readCertificates(text),
  'private keys': (text) => readPrivateKey(text, 'x'),
};

function source(bytes: Buffer): Chunks {
  return bufferSource(bytes).open();
}

function receipt(type: string, bytes: Buffer): Promise<unknown> {
  const headers = Headers.fromPairs([['Content-Type', type]]);
  return openReceipt({ headers, body: bufferSource(bytes) }, { signingCertificates: [] });
}

async function message(type: string, bytes: Buffer): Promise<unknown> {
  const headers = Headers.fromPairs([['Content-Type', type]]);
  const received = { headers, body: bufferSource(bytes) };
  await isReceipt(received);
  const spill = { directory: '/nonexistent', thresholdBytes: 1024 * KiB };
  return openMessage(received, { keys: [], signingCertificates: [], spill });
}

describe('Time grows with the input, not with its square', () => {
  for (const [reader, read] of Object.entries(textReaders)) {
    it(`SEC-11: ${reader}`, async () => {
      for (const unit of units) {
        for (const frame of frames) {
          await assertLinear(`${reader} of ${JSON.stringify(frame(unit))}`, 16 * KiB, (size) => {
            const text = frame(unit.repeat(Math.ceil(size / unit.length)));
            const bytes = Buffer.from(text, 'latin1');
            return () => read(text, bytes);
          });
        }
      }
    });
  }

  const elements: Readonly<Record<string, Buffer>> = {
    NULL: Buffer.from('0500', 'hex'),
    'empty sequences': Buffer.from('3080000030800000', 'hex'),
    'empty octet strings': Buffer.from('0400', 'hex'),
    'octet strings of one octet': Buffer.from('040141', 'hex'),
    'constructed octet strings': Buffer.from('248004014100002403040141', 'hex'),
    identifiers: oid('1.2.840.113549.1.7.1'),
    attributes: sequence(oid('1.2.840.113549.1.9.4'), setOf([octetString(Buffer.alloc(1))])),
  };
  const berReaders: Readonly<Record<string, (content: Buffer) => unknown>> = {
    'a tree': (content) => parseBer(constructed(tags.sequence, content)),
    'DER of a set': (content) => toDer(parseBer(constructed(tags.set, content))),
    'an indefinite element, in pieces of 7': (content) =>
      ber(Buffer.concat([Buffer.from([0x30, 0x80]), content, Buffer.alloc(2)]), 7).readElement(1024 * KiB),
    'an octet string, in pieces of one byte': (content) =>
      collect(ber(Buffer.concat([Buffer.from([0x24, 0x80]), content, Buffer.alloc(2)]), 1).octets()),
    'signed attributes': (content) => readSignedData(withAttributes(content)),
    'a name': (content) => formatName(constructed(tags.sequence, constructed(tags.set, content))),
  };

  let all: Samples;
  let signed: Buffer;

  before(async () => {
    all = await samples();
    signed = await signature(signedContent, all.keys.partner);
  });

  function ber(bytes: Buffer, pieceBytes: number): BerStreamReader {
    return new BerStreamReader(new ByteReader(inPieces(bytes, pieceBytes)));
  }

  function withAttributes(content: Buffer): Buffer {
    return rewritten(signed, [1, 0, -1, 0, 3], () => constructed(contextTag(0), content));
  }

  for (const [reader, read] of Object.entries(berReaders)) {
    it(`SEC-11, BER-04: ${reader}`, async () => {
      for (const [what, element] of Object.entries(elements)) {
        // 20,000 elements is the limit of a tree.
        await assertLinear(`${reader} of ${what}`, 4000, (count) => {
          const content = Buffer.concat(Array.from({ length: Math.ceil(count / 4) }, () => element));
          return () => read(content);
        });
      }
    });
  }

  it('SEC-11: signers', async () => {
    const digests = new Map([['sha-256', createDigest('sha-256').update(signedContent).digest()] as const]);
    await assertLinear('signers', 8, (count) => {
      const many = rewritten(signed, [1, 0, -1], ({ children }) =>
        constructed(tags.set, ...Array.from({ length: count }, () => children[0]?.raw ?? Buffer.alloc(0))),
      );
      return () => verifySignedData(readSignedData(many), digests, [all.keys.partner.certificate]);
    });
  });
});
