import { bufferFlow, type Chunks } from '../../../src/bytes';
import {
  addReturns,
  base64Lines,
  decodeHeaderText,
  decodeTransferEncoding,
  dispositionWithFilename,
  encodeHeaderText,
  entityFlow,
  filenameOf,
  Headers,
  mediaTypeOf,
  multipartFlow,
  parseParameterized,
  readEntity,
  readMultipart,
  safeFilename,
} from '../../../src/mime';
import { collect } from '../../support/chunks';
import { byteMutations, dictionary } from '../mutate/bytes';
import { mimeMutation } from '../mutate/mime';
import { headerBlock, headerText, parameterized } from '../mutate/mime-grammar';
import type { Random } from '../random';
import type { Samples } from '../samples';
import { must, mustBeOneLine, outcome, sameInPieces, type Target, codeOf, valueOf } from '../target';
import { toCrlf } from '../../support/canonical';
import { quotedPrintable } from '../../support/quoted-printable';

const words = dictionary([
  '\r\n',
  '\n',
  ': ',
  ';',
  '"',
  '=?utf-8?q?',
  '?=',
  '*0*=',
  '%0D',
  '--b',
  '--b--',
  '\0',
  '=\r\n',
  '=0A',
]);
const textMutations = [...byteMutations, words, words, words];
const structureMutations = [...textMutations, ...Array.from({ length: 12 }, () => mimeMutation)];

export function mimeTargets({ entities }: Samples): Target[] {
  const latin1 = (make: (random: Random) => string) => (random: Random) =>
    Buffer.from(make(random), 'latin1');
  return [
    {
      name: 'mime/headers',
      samples: entities.map(headersOf),
      mutations: structureMutations,
      generate: latin1(headerBlock),
      run: readHeaders,
    },
    {
      name: 'mime/parameterized',
      samples: parameterSamples,
      mutations: textMutations,
      generate: latin1(parameterized),
      run: readParameters,
    },
    {
      name: 'mime/text',
      samples: textSamples,
      mutations: textMutations,
      generate: latin1(headerText),
      run: readText,
    },
    {
      name: 'mime/filename',
      samples: textSamples,
      mutations: textMutations,
      generate: latin1(headerText),
      run: makeSafe,
    },
    {
      name: 'mime/entity',
      samples: entities,
      mutations: structureMutations,
      generate: latin1(headerBlock),
      run: splitEntity,
    },
    {
      name: 'mime/multipart',
      samples: multiparts,
      mutations: structureMutations,
      run: splitMultipart,
      weight: 2,
    },
    { name: 'mime/transfer-encoding', samples: encoded, mutations: textMutations, run: decode },
  ];
}

const parameterSamples = [
  'multipart/signed; boundary="----=_Part_1"; protocol="application/pkcs7-signature"; micalg=sha-256',
  'attachment; filename*=UTF-8\'\'%e2%82%ac%20rates.edi; filename="rates.edi"',
  'attachment; filename*0*=iso-8859-1\'en\'a%E4; filename*1="b c"; filename*2*=%20d',
  'Multipart/Signed ; (comment (nested)) BOUNDARY = x y z ; micalg= "sha1"',
  'attachment; filename=C:\\orders\\new order.edi',
  '"multipart/report; boundary=\\"b\\""',
].map((text) => Buffer.from(text, 'latin1'));

const textSamples = [
  '=?UTF-8?B?w6TDtsO8?= =?UTF-8?B?w6TDtsO8?= und',
  '=?iso-8859-1*en?q?a=E4_b?=',
  'Bestellung 4711 f\u00c3\u00bcr M\u00fcller',
  '..\\..\\CON.txt',
  'order\u0000.edi\r\nX: y',
].map((text) => Buffer.from(text, 'latin1'));

const multiparts = [
  'pre\r\n--b\r\nContent-Type: text/plain\r\n\r\na\r\n--b\r\n\r\n--b--\r\nepilogue',
  '--b \t\r\n\r\nx\n--b\n--b\r\nA: b\r\n\r\n\r\n--bX\r\n--b-\r\n--b--',
].map((text) => Buffer.from(text));

const encoded = [
  base64Lines(Buffer.from(Array.from({ length: 200 }, (_, at) => at))),
  Buffer.from('a=20=\r\nb=3D \t\r\n=C3=A4 \r\n=\n=0'),
  Buffer.from('YQ==YWI=YWJj'),
];

function headersOf(entity: Buffer): Buffer {
  const end = entity.indexOf('\r\n\r\n');
  return end < 0 ? entity : entity.subarray(0, end + 2);
}

function readHeaders(input: Buffer): string {
  const headers = Headers.parse(input);
  must(headers.toBuffer().equals(input), 'the block is not kept');
  for (const [name, value] of headers.entries()) {
    must(/^[!-9;-~]+$/.test(name), 'a name that is no name');
    mustBeOneLine(value, 'a value');
    must(headers.has(name.toUpperCase()) && headers.getAll(name).includes(value), 'a field is not found');
  }

  const again = Headers.parse(Headers.fromPairs(headers.entries()).toBuffer());
  must(
    JSON.stringify(again.entries()) === JSON.stringify(headers.entries()),
    'fields read differently when they are written again',
  );
  return `ok ${Math.min(headers.entries().length, 5)}`;
}

function readParameters(input: Buffer): string {
  const { value, parameters } = parseParameterized(input.toString('latin1'));
  must(parameters.size <= 100, 'more parameters than the limit');
  for (const text of parameters.values()) {
    // What came in a header has no line breaks; what was decoded must not have them either.
    if (!/[\r\n\0]/.test(input.toString('latin1'))) mustBeOneLine(text, 'a parameter');
  }
  return `ok ${value === ''} ${[...parameters.keys()].slice(0, 2).join()}`;
}

function readText(input: Buffer): string {
  const text = decodeHeaderText(input.toString('latin1'));
  must(!/[\0-\x1f\x7f]/.test(text), 'a decoded text holds control characters');
  const encodedAgain = encodeHeaderText(text);
  mustBeOneLine(encodedAgain, 'an encoded text');
  must(
    decodeHeaderText(encodedAgain) === text.toWellFormed(),
    'a text reads differently when it is written again',
  );
  return `ok ${encodedAgain === text}`;
}

async function makeSafe(input: Buffer): Promise<string> {
  for (const given of [input.toString('latin1'), input.toString('utf8')]) {
    const safe = safeFilename(given, 'payload');
    assertSafe(safe);
    must(safeFilename(safe, 'x') === safe, 'a safe name is changed when it is made safe again');
    const written = await outcome(() => dispositionWithFilename(safe));
    must('value' in written, 'a safe name cannot be written');
    const read = filenameOf(Headers.fromPairs([['Content-Disposition', written.value]]));
    must(read === safe, 'a safe name reads differently when it was written');
    await mediaTypeOf(safe);
  }
  return 'ok';
}

/** SEC-10. */
export function assertSafe(name: string): void {
  must(name.length > 0 && Buffer.byteLength(name) <= 200, 'a name of a bad length');
  must(!/[/\\<>:"|?*\0-\x1f\x7f-\x9f]/.test(name), 'a name holds what no name may hold');
  must(!/^[.\- ]|[. ]$/.test(name), 'a name is hidden, an option, or ends with a dot or blank');
  must(!/^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$)/i.test(name), 'a name is a device');
  must(name.isWellFormed() && name.normalize('NFC') === name, 'a name is not in normal form');
  must(!/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029]/.test(name), 'a name deceives');
}

async function splitEntity(input: Buffer): Promise<string> {
  let headerBytes = 0;
  const read = async function* (chunks: Chunks) {
    const entity = await readEntity(chunks);
    headerBytes = entity.headerBytes.length;
    yield entity.headerBytes;
    yield* entity.body;
  };
  const whole = valueOf(await sameInPieces(input, read));
  must(whole.equals(input), 'headers and body are not the whole');
  const { headers, body } = await readEntity(bufferFlow(input).chunks);
  filenameOf(headers);
  if (headerBytes === 0) return 'ok without headers';
  const content = await collect(body);
  const written = await outcome(() => collect(entityFlow({ headers, body: bufferFlow(content) }).chunks));
  must('value' in written, 'an entity cannot be written again');
  return 'ok';
}

async function splitMultipart(input: Buffer): Promise<string> {
  const parts: Buffer[] = [];
  const read = async function* (chunks: Chunks) {
    parts.length = 0;
    for await (const part of readMultipart(chunks, 'b')) {
      const content = await collect(part);
      parts.push(content);
      yield Buffer.from(`${content.length}|`);
      yield content;
    }
  };
  valueOf(await sameInPieces(input, read));
  for (const part of parts) must(input.includes(part), 'a part is not a piece of the whole');
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  must(size <= input.length, 'the parts are more than the whole');
  // A boundary that is in no part: what was read can be written, and reads the same.
  const boundary = 'f4711f4711f4711f4711f4711f4711';
  const flow = multipartFlow(
    boundary,
    parts.map((part) => bufferFlow(part)),
  );
  let at = 0;
  for await (const part of readMultipart(flow.chunks, boundary)) {
    must(
      (await collect(part)).equals(parts[at++] ?? Buffer.from('?')),
      'a part reads differently when it is written again',
    );
  }
  must(
    at === Math.max(parts.length, 0) || parts.length === 0,
    'another number of parts when they are written again',
  );
  return `ok ${Math.min(parts.length, 4)}`;
}

async function decode(input: Buffer): Promise<string> {
  const outcomes: string[] = [];
  for (const encoding of ['base64', 'quoted-printable'] as const) {
    // Blanks at a line's end beyond 4 KiB are kept or not, as they come.
    const held = /[ \t\r]{4000}/.test(input.toString('latin1'));
    const decoded = held
      ? await outcome(() => collect(decodeTransferEncoding(bufferFlow(input).chunks, encoding)))
      : await sameInPieces(input, (chunks) => decodeTransferEncoding(chunks, encoding));
    outcomes.push(codeOf(decoded));
    const written = encoding === 'base64' ? base64Lines(input) : quotedPrintable(input);
    const again = await collect(decodeTransferEncoding(bufferFlow(written).chunks, encoding));
    must(again.equals(input), `${encoding} decodes to something else than was encoded`);
  }
  const canonical = await sameInPieces(input, toCrlf);
  must(
    'value' in canonical && addReturns(canonical.value, 0).equals(canonical.value),
    'canonical text is not canonical',
  );
  return outcomes.join();
}
