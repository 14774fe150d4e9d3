import { readdir } from 'node:fs/promises';
import {
  as2NameCandidates,
  composeMessage,
  composeReceipt,
  formatAs2Name,
  formatDisposition,
  formatMic,
  isPositive,
  isReceipt,
  judgeReceipt,
  newMessageId,
  normalizeMessageId,
  openMessage,
  type OpenedMessage,
  type OpenedPayload,
  openReceipt,
  parseAs2Name,
  parseDisposition,
  parseMic,
  parseReceiptRequest,
  planReceipt,
  processedError,
  readAs2Headers,
  type Receipt,
  receiptText,
} from '../../../src/as2';
import { bufferFlow, bufferSource, type ByteSource } from '../../../src/bytes';
import { compressedDataFlow, deflated } from '../../../src/cms/compressed-data/write';
import { cipherNames, digestAlgorithm, digestNames, type DigestName, envelopedFlow } from '../../../src/cms';
import { isAs2Error } from '../../../src/errors';
import { Headers, readEntity, safeFilename } from '../../../src/mime';
import { collect } from '../../support/chunks';
import { Genuine } from '../genuine';
import { byteMutations, dictionary, mutate, type Mutation } from '../mutate/bytes';
import { ciphertextEndMutation } from '../mutate/content';
import { mimeMutation } from '../mutate/mime';
import { headerBlock, headerText, parameterized } from '../mutate/mime-grammar';
import { Random } from '../random';
import { asEntity, ciphers, opaque, type Samples, signature } from '../samples';
import {
  codeOf,
  isFailedDecryption,
  must,
  mustBeOneLine,
  outcome,
  type Outcome,
  pieces,
  type Target,
  valueOf,
} from '../target';
import { assertSafe } from './mime';

const fieldWords = dictionary([
  '"',
  '\\',
  '; ',
  ', ',
  '/',
  ': ',
  'processed',
  'error',
  'failed',
  'sha-256',
  'required',
  '(',
  ')',
  ' ',
]);
const textMutations = [...byteMutations, fieldWords, fieldWords];
const mutations = [...byteMutations, ...Array.from({ length: 25 }, () => mimeMutation)];

const bodyEndMutation: Mutation = (random, sample, others) => {
  const { headers, body } = split(sample);
  return asEntity(headers, ciphertextEndMutation(random, body, others));
};

export function as2Targets(all: Samples, messages: Messages): Target[] {
  const latin1 = (make: (random: Random) => string) => (random: Random) =>
    Buffer.from(make(random), 'latin1');

  const receipts = new Receipts(all);
  return [
    {
      name: 'as2/fields',
      samples: fieldSamples,
      mutations: textMutations,
      generate: latin1(headerText),
      run: readFields,
    },
    {
      name: 'as2/answer',
      samples: requestSamples(all),
      mutations: [...textMutations, ...mutations],
      generate: latin1(requestBlock),
      run: (input) => answer(input, all),
    },
    {
      name: 'as2/compose',
      samples: fieldSamples,
      mutations: byteMutations,
      generate: (random) => random.bytes(64),
      run: (input) => messages.compose(input),
      budgetMs: 1000,
      weight: 0.5,
    },
    {
      name: 'as2/open-message',
      samples: all.messages,
      mutations,
      generate: (random) => messages.generate(random),
      run: (input) => messages.open(input),
      // Many small pieces, each written to disk.
      budgetMs: 1500,
      weight: 4,
    },
    {
      name: 'as2/altered-end',
      samples: all.messages.filter((message) =>
        /smime-type=(?:auth)?enveloped/i.test(message.toString('latin1')),
      ),
      mutations: [bodyEndMutation],
      run: (input) => messages.openOtherEnd(input),
      budgetMs: 1500,
      weight: 2,
    },
    {
      name: 'as2/open-receipt',
      samples: all.receipts,
      mutations,
      generate: (random) => receipts.generate(random),
      run: (input) => receipts.open(input),
      weight: 3,
    },
  ];
}

const fieldSamples = [
  '"A \\"quoted\\" name"',
  'plain',
  'automatic-action/MDN-sent-automatically; processed/error: decryption-failed',
  '(a) manual-action / mdn-sent-manually ; failed/failure,warning; ',
  '2jmj7l5rSw0yVb/vlWAYkK/YBwk=, sha1',
  'A0B1C2D3E4F5A0B1C2D3E4F5A0B1C2D3E4F5A0B1, SHA-1',
  '<1@host>',
  'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=optional, sha-256, md5',
].map((text) => Buffer.from(text));

async function readFields(input: Buffer): Promise<string> {
  const text = input.toString('latin1');
  const name = await outcome(() => parseAs2Name(text));
  if ('value' in name) {
    mustBeOneLine(name.value, 'an AS2 name');
    must(as2NameCandidates(text)[0] === name.value, 'the first candidate is not the name');
    const written = await outcome(() => formatAs2Name(name.value));
    if ('value' in written)
      must(parseAs2Name(written.value) === name.value, 'a name reads differently when it is written again');
  }
  const disposition = parseDisposition(text);
  const formatted = formatDisposition(disposition);
  if (!/[\r\n\0]/.test(text)) mustBeOneLine(formatted, 'a disposition');
  if (isPositive(disposition))
    must(isPositive(parseDisposition(formatted)), 'good news reads as bad when it is written again');
  const mic = parseMic(text);
  if (mic?.algorithm) {
    const again = parseMic(formatMic({ value: mic.value, algorithm: mic.algorithm }));
    must(
      !isWhole(mic.value, mic.algorithm) || again?.value === mic.value,
      'a MIC reads differently when it is written again',
    );
  }
  normalizeMessageId(text);
  mustBeOneLine(newMessageId(text), 'a message id');
  const request = parseReceiptRequest(
    Headers.fromRawHeaders(['Disposition-Notification-To', 'x', 'Disposition-Notification-Options', text]),
  );
  const plan = request && planReceipt(request);
  return [codeOf(name), disposition.modifier, mic?.algorithm, plan?.digest, plan?.problem?.code]
    .map((word) => String(word).slice(0, 30))
    .join();
}

/** A digest that is shorter or longer than its algorithm makes it fits nothing anyway. */
function isWhole(value: string, algorithm: DigestName): boolean {
  return Buffer.from(value, 'base64').length === digestAlgorithm(algorithm).lengthBytes;
}

function requestSamples({ messages }: Samples): Buffer[] {
  return messages.map((message) => message.subarray(0, message.indexOf('\r\n\r\n') + 2));
}

function requestBlock(random: Random): string {
  const wish = random.chance(2) ? 'Disposition-Notification-To: x\r\n' : '';
  return `AS2-From: ${headerText(random)}\r\nAS2-To: ${headerText(random)}\r\n${wish}${headerBlock(random)}`;
}

/** Reads the head of a request, answers it, and reads the answer: nothing of the request may become structure. */
async function answer(input: Buffer, { keys }: Samples): Promise<string> {
  const request = readAs2Headers(Headers.parse(input));
  for (const text of [request.from, request.to]) mustBeOneLine(text, 'an AS2 name');
  const plan = request.receipt && planReceipt(request.receipt);
  const disposition = processedError(request.subject ?? 'x');
  const composed = await composeReceipt({
    request,
    disposition,
    text: receiptText(request, disposition, input.toString('latin1')),
    product: 'Fuzz',
    messageId: '<r@own.example>',
    ...(plan?.signed
      ? { sign: { keyPair: keys.ownEc, ...(plan.digest ? { digest: plan.digest } : {}) } }
      : {}),
  });
  const fields = composed.headers.entries();
  const read = Headers.parse(composed.headers.toBuffer()).entries();
  must(read.length === fields.length, 'the answer has other header fields than were written');
  const receipt = await openReceipt(
    { headers: composed.headers, body: bufferSource(composed.body) },
    { signingCertificates: [keys.ownEc.certificate] },
  );
  must(receipt.fields.getAll('disposition').length === 1, 'another disposition than ours');
  must(receipt.fields.entries().length <= 6, 'more fields than were written');
  must(!isPositive(receipt.disposition), 'an error was read as good news');
  must(!plan?.signed || receipt.signature?.status === 'verified', 'our signature does not verify');
  const [sent, got] = [request.messageId, receipt.originalMessageId].map((id) => id?.trim());
  must(sent === got || sent === '', 'another message id than was answered');
  must(
    /^[\x00-\x7f]*$/.test(
      composed.body.toString('latin1').split('message/disposition-notification')[0] ?? '',
    ),
    'text for people is not ASCII',
  );
  return `ok ${plan?.signed} ${plan?.problem?.code}`;
}

/** A message or receipt as it arrives. */
interface Wire {
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Messages to `own`; what the partner signs is remembered. */
export class Messages {
  private readonly genuine = new Genuine();
  private ready: Promise<void> | undefined;

  /** @param directory where payloads may come to rest; must be empty after each message */
  constructor(
    private readonly all: Samples,
    private readonly directory: string,
  ) {}

  /** Whether the partner signed that, whatever stands around it. */
  async knows(content: Buffer): Promise<boolean> {
    this.ready ??= this.remember(this.all.entities);
    await this.ready;
    return this.genuine.has(content);
  }

  async open(input: Buffer): Promise<string> {
    this.ready ??= this.remember(this.all.entities);
    await this.ready;
    const opened = valueOf(await this.tryOpen(split(input)));
    try {
      return await this.check(opened);
    } finally {
      await dispose(opened);
      must(await isEmpty(this.directory), 'a file was left behind');
    }
  }

  /** Law 4: whatever was done to the end of the ciphertext looks the same, or does nothing. */
  async openOtherEnd(input: Buffer): Promise<string> {
    const opened = await outcome(() => this.open(input));
    must('value' in opened || isFailedDecryption(opened.error), `refused as ${codeOf(opened)}`);
    return valueOf(opened);
  }

  private async tryOpen(
    { headers, body }: Wire,
    splitAttachments = new Random(headers.toBuffer()).chance(2),
  ): Promise<Outcome<OpenedMessage>> {
    const source: ByteSource = { open: () => pieces(body) };
    await isReceipt({ headers, body: source });
    const { own, ownEc, ownX25519, partner, partnerEc } = this.all.keys;
    const spills = new Random(body).chance(8);
    const opened = await outcome(() =>
      openMessage(
        { headers, body: source },
        {
          keys: [own, ownEc, ownX25519],
          signingCertificates: [partner.certificate, partnerEc.certificate],
          spill: {
            directory: this.directory,
            thresholdBytes: spills ? 8 : 1024 * 1024,
            limitBytes: 4 * 1024 * 1024,
          },
          splitAttachments,
          // Everything that can be read: what is allowed is no matter of reading.
          policy: { allowedDigests: digestNames, allowedCiphers: cipherNames },
        },
      ),
    );
    if ('error' in opened)
      must(!spills || (await isEmpty(this.directory)), 'a file was left behind by a refused message');
    return opened;
  }

  private async check(opened: OpenedMessage): Promise<string> {
    const { layers, signed, signature, mic } = opened;
    JSON.stringify(layers);
    must(/^[A-Za-z0-9+/]+=*$/.test(mic.value), 'a MIC is not base64');
    must(!signed || signature?.status === 'verified', 'signed without a verified signature');
    for (const { filename, headers, bytes } of documentsOf(opened)) {
      mustBeOneLine(filename, 'a file name');
      assertSafe(safeFilename(filename ?? '', 'payload'));
      const content = await collect(bytes.open());
      must(
        !signed || this.genuine.has(headers.toBuffer(), content),
        'what the partner never signed was released as signed',
      );
    }
    return layers.map(({ kind, form }: { kind: string; form?: string }) => `${kind} ${form}`).join();
  }

  private async remember(messages: readonly Buffer[]): Promise<void> {
    for (const message of messages) await this.add(split(message), ({ signed }) => signed);
  }

  /** Layers from the inside out; between any two something may go wrong. */
  async generate(random: Random): Promise<Buffer> {
    let entity: Buffer = random.pick(this.all.entities);
    for (let layers = random.below(4); layers > 0; layers -= 1) {
      if (random.chance(3)) entity = mutate(random, entity, this.all.entities, mutations);
      entity = await this.layer(random, entity);
    }
    return random.chance(2) ? entity : mutate(random, entity, this.all.entities, mutations);
  }

  private async layer(random: Random, entity: Buffer): Promise<Buffer> {
    const { own, ownEc, partner, partnerEc, stranger } = this.all.keys;
    const signer = random.pick([partner, partner, partnerEc, stranger]);
    const isPartner = signer !== stranger;
    switch (random.below(4)) {
      case 0: {
        if (isPartner) await this.rememberSigned(entity);
        return signedEntity(
          entity,
          await signature(entity, signer, random.pick(['sha-256', 'sha-1', 'sha-512'])),
        );
      }
      case 1: {
        if (isPartner) await this.rememberSigned(entity);
        const body = opaque(await signature(entity, signer), entity);
        return asEntity(
          Headers.fromPairs([['Content-Type', 'application/pkcs7-mime; smime-type=signed-data']]),
          body,
        );
      }
      case 2: {
        const body = await collect(
          compressedDataFlow({ chunks: deflated(bufferFlow(entity).chunks) }).chunks,
        );
        return asEntity(
          Headers.fromPairs([['Content-Type', 'application/pkcs7-mime; smime-type=compressed-data']]),
          body,
        );
      }
      default: {
        const recipients = [random.pick([own, ownEc, stranger]).certificate];
        const body = await collect(
          envelopedFlow(bufferFlow(entity), { recipients, cipher: random.pick(ciphers) }).chunks,
        );
        return asEntity(
          Headers.fromPairs([['Content-Type', 'application/pkcs7-mime; smime-type=enveloped-data']]),
          body,
        );
      }
    }
  }

  /** Whatever a signed entity leads to is genuine. */
  private async rememberSigned(entity: Buffer): Promise<void> {
    const wire = await outcome(() => asRead(entity));
    if ('value' in wire) await this.add(wire.value, () => true);
  }

  private async add(wire: Wire, counts: (opened: OpenedMessage) => boolean): Promise<void> {
    for (const splitAttachments of [true, false]) {
      const opened = await this.tryOpen(wire, splitAttachments);
      if (!('value' in opened)) continue;
      for (const { headers, bytes } of counts(opened.value) ? documentsOf(opened.value) : []) {
        const content = await collect(bytes.open());
        this.genuine.add(headers.toBuffer(), content);
        this.genuine.add(content);
      }
      await dispose(opened.value);
    }
  }

  /** Any options; what is composed must open to the same. */
  async compose(input: Buffer): Promise<string> {
    const random = new Random(input);
    const { own, ownEc, partner, partnerEc } = this.all.keys;
    const content = random.chance(2) ? input : random.bytes(random.size(5000));
    const filename = random.chance(2) ? input.toString('utf8') : undefined;
    const sign = random.chance(2)
      ? {
          keyPair: random.pick([partner, partnerEc]),
          digest: random.pick(['sha-256', 'sha-1', 'sha-512'] as const),
        }
      : undefined;
    const encrypt = random.chance(2)
      ? { recipients: [random.pick([own, ownEc]).certificate], cipher: random.pick(ciphers) }
      : undefined;
    const sized = random.chance(2);
    const composed = composeMessage({
      from: random.pick(['Partner', input.toString('latin1')]),
      to: 'Own "Station"',
      messageId: newMessageId(input.toString('latin1')),
      subject: random.pick(['Order', input.toString('utf8')]),
      payload: {
        content: sized || encrypt?.cipher.endsWith('ccm') ? bufferFlow(content) : { chunks: pieces(content) },
        contentType: random.pick(['application/edi-x12', parameterized(random)]),
        ...(filename === undefined ? {} : { filename }),
      },
      ...(sign ? { sign } : {}),
      ...(encrypt ? { encrypt } : {}),
    });
    const body = await collect(composed.body.chunks);
    must(
      composed.body.length === undefined || composed.body.length === body.length,
      'another length than was announced',
    );
    for (const [, value] of composed.headers.entries()) mustBeOneLine(value, 'a header of ours');
    const isContent = composed.headers.get('Content-Type') ?? '';
    const opened = await this.tryOpen({ headers: composed.headers, body });
    // A payload that says it is multipart or CMS is taken at its word.
    if (!('value' in opened)) return `${codeOf(opened)} ${isContent.length > 0}`;
    try {
      const { payload, signed, encrypted } = opened.value;
      if (payload.headers.get('Content-Transfer-Encoding') === 'binary' && signed === (sign !== undefined)) {
        must((await collect(payload.bytes.open())).equals(content), 'the payload is not what was sent');
        must(encrypted === (encrypt !== undefined), 'an encryption that nobody made');
      }
      return `ok ${signed} ${encrypted}`;
    } finally {
      await dispose(opened.value);
    }
  }
}

function documentsOf({ payload, attachments = [] }: OpenedMessage): readonly OpenedPayload[] {
  return [payload, ...attachments];
}

async function dispose(opened: OpenedMessage): Promise<void> {
  for (const { bytes } of documentsOf(opened)) await bytes.dispose();
}

/** Receipts to `own`; what the partner signs is remembered. */
class Receipts {
  private readonly genuine = new Genuine();
  private ready: Promise<void> | undefined;

  constructor(private readonly all: Samples) {}

  async open(input: Buffer): Promise<string> {
    this.ready ??= this.remember(this.all.receipts.map(split));
    await this.ready;
    const receipt = await this.read(split(input));
    const authenticated = receipt.signature?.status === 'verified';
    must(
      !authenticated || this.genuine.has(...saidBy(receipt)),
      'what the partner never signed counts as signed by it',
    );
    must(
      !receipt.signed || receipt.signature !== undefined || receipt.signatureProblem !== undefined,
      'signed, and nothing known about it',
    );
    const expected = {
      messageId: '<1@own.example>',
      mics: [],
      ownAs2Name: 'Own Station',
      partnerAs2Name: 'Partner',
    };
    const verdict = judgeReceipt(receipt, { ...expected, signedRequired: true });
    must(!verdict.positive || authenticated, 'good news without the signature that is required');
    return `ok ${receipt.signature?.status} ${receipt.signatureProblem?.code} ${verdict.problem?.code} ${verdict.positive}`;
  }

  private read({ headers, body }: Wire): Promise<Receipt> {
    const { partner, partnerEc } = this.all.keys;
    return openReceipt(
      { headers, body: { open: () => pieces(body) } },
      { signingCertificates: [partner.certificate, partnerEc.certificate] },
    );
  }

  private async remember(receipts: readonly Wire[]): Promise<void> {
    for (const receipt of receipts) {
      const read = await outcome(() => this.read(receipt));
      if ('value' in read) this.genuine.add(...saidBy(read.value));
    }
  }

  /** A report that may be damaged, signed by somebody, and put beside or into something else. */
  async generate(random: Random): Promise<Buffer> {
    const { partner, partnerEc, stranger } = this.all.keys;
    let entity: Buffer = random.pick(this.all.receipts);
    if (random.chance(2)) entity = mutate(random, entity, this.all.receipts, mutations);
    for (let layers = random.below(3); layers > 0; layers -= 1) {
      const signer = random.pick([partner, partnerEc, stranger]);
      const wire = await outcome(() => asRead(entity));
      if (signer !== stranger && 'value' in wire) await this.remember([wire.value]);
      entity = random.chance(3)
        ? asEntity(
            Headers.fromPairs([['Content-Type', 'application/pkcs7-mime']]),
            opaque(await signature(entity, signer), entity),
          )
        : signedEntity(entity, await signature(entity, signer));
      if (random.chance(3))
        entity = mutate(random, entity, [...this.all.receipts, ...this.all.messages], mutations);
    }
    return entity;
  }
}

/** A signed entity as the reader finds it: without headers it has none, whatever its first lines look like. */
async function asRead(entity: Buffer): Promise<Wire> {
  const { headers, body } = await readEntity(bufferFlow(entity).chunks);
  return { headers, body: await collect(body) };
}

function saidBy({ originalMessageId, dispositionText, mic }: Receipt): string[] {
  return [originalMessageId ?? '', dispositionText, mic?.value ?? ''];
}

function signedEntity(entity: Buffer, signatureBytes: Buffer): Buffer {
  const boundary = `s${signatureBytes.subarray(-8).toString('hex')}`;
  const headers = Headers.fromPairs([
    [
      'Content-Type',
      `multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=${boundary}`,
    ],
  ]);
  const part = Buffer.from('Content-Type: application/pkcs7-signature\r\n\r\n');
  const delimiter = (end = '') => Buffer.from(`\r\n--${boundary}${end}\r\n`);
  return asEntity(
    headers,
    Buffer.concat([delimiter(), entity, delimiter(), part, signatureBytes, delimiter('--')]),
  );
}

/** Where the first empty line is, as an HTTP parser does it. */
function split(input: Buffer): Wire {
  const end = input.indexOf('\r\n\r\n');
  const block = input.subarray(0, end < 0 ? input.length : end + 2);
  return {
    headers: Headers.parse(block.subarray(0, 64 * 1024)),
    body: input.subarray(end < 0 ? input.length : end + 4),
  };
}

async function isEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    if (isAs2Error(error) || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return true;
  }
}
