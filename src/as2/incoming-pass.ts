import { ByteReader, type Chunks, readAll } from '../bytes';
import {
  ContentSignatures,
  digestByName,
  type DigestName,
  openCompressed,
  openContentInfo,
  type OpenedContentInfo,
  openEnveloped,
  openSignedData,
  readSignedData,
  type SignedData,
} from '../cms';
import { As2Error, type Facts, isAs2Error, withMore } from '../errors';
import { assertDepth, canonicalForm, type Headers, readEntity, readMultipart } from '../mime';
import { binaryCms } from './cms-bytes';
import { DrainedChunks } from './drained';
import type { IncomingLayer, Pass, PassOptions, SignedLayer } from './incoming-layers';
import { decoded, type IncomingEntity, type IncomingPayload, restPayload } from './incoming-payload';
import { HeldContent, judgeHeld, signsContent } from './held-content';
import { judgeDetached, type JudgedSignature, judgeSignature, type SeenContent } from './incoming-signature';
import { entityKind, mediaTypeOfEntity } from './media-types';
import { DigestSet } from './mic';
import { TailWatch } from './tail-watch';

/** Where an entity stands. */
interface Place {
  readonly depth: number;
  /** Inside a signed entity. */
  readonly signed: boolean;
  /** Layers of compression around it. */
  readonly compressed: number;
  /** Right inside a cipher that does not authenticate: whoever altered its end must not learn what became of it. */
  readonly alterable: boolean;
}

interface SignedContent extends SeenContent {
  readonly payload: IncomingPayload;
}

const LONGEST_SIGNATURE_BYTES = 4 * 1024 * 1024;
/** CMP-03, CMP-07: one is usual, both places at once are tolerated. */
const MOST_COMPRESSED_LAYERS = 2;
/** Enough of plaintext to tell text from the noise of a wrong key. */
const PROBE_BYTES = 32;

/** How deciphered noise fails when it reaches the MIME structure. */
const NONSENSE: ReadonlySet<string> = new Set([
  'asn1-malformed',
  'base64-foreign',
  'base64-truncated',
  'content-type-unexpected',
  'mime-boundary-missing',
  'mime-boundary-not-found',
  'mime-headers-too-large',
  'mime-multipart-truncated',
  'signature-part-missing',
  'truncated',
]);

/**
 * How plaintext fails that was altered together with a ciphertext that does not authenticate: the end of a zlib
 * stream stands right before the padding, and its checksum does not survive a guess at that; an algorithm inside
 * may be made an unknown one by flipping bits.
 */
const ALTERED: ReadonlySet<string> = new Set(['algorithm-unsupported', 'decompression-failed']);

/**
 * Reads a message once: opens its layers as one stream, from the outside in, and lets the payload come to rest.
 * Signatures are verified, but what follows from that is not decided here.
 * @throws As2Error, whose details name the layers that were reached; nothing is left behind then
 */
export async function readLayers(headers: Headers, body: Chunks, o: PassOptions): Promise<Pass> {
  return new LayerReader(o).run(headers, body);
}

class LayerReader {
  private readonly layers: IncomingLayer[] = [];
  /** Every layer that was reached, the outermost first; for the details of an error. */
  private readonly reached: Facts[] = [];
  private mic: DigestSet | undefined;
  private payload: IncomingPayload | undefined;
  /** Something stood behind a CMS object. */
  private followed = false;

  constructor(private readonly o: PassOptions) {}

  async run(headers: Headers, body: Chunks): Promise<Pass> {
    try {
      const payload = await this.open(
        { headers, body },
        {
          depth: 1,
          signed: false,
          compressed: 0,
          alterable: false,
        },
      );
      if (!this.mic) throw new RangeError('a payload without a digest');
      return { layers: this.layers, mic: this.mic, payload };
    } catch (error) {
      await this.payload?.dispose();
      throw isAs2Error(error) ? withMore(error, { details: { layers: this.reached } }) : error;
    }
  }

  private async open(entity: IncomingEntity, place: Place): Promise<IncomingPayload> {
    assertDepth(place.depth, this.o.mimeLimits);
    switch (entityKind(entity.headers)) {
      case 'signed':
        return this.openSigned(entity, place);
      case 'cms':
        return this.openCms(entity, place);
      case 'report':
      case 'notification':
      case 'content':
        return this.openPayload(entity, place);
    }
  }

  /** multipart/signed (RFC 1847 §2.1): exactly the first part is what was signed, the second is the signature. */
  private async openSigned(entity: IncomingEntity, place: Place): Promise<IncomingPayload> {
    this.reached.push({ kind: 'signed', form: 'detached' });
    const { parameters } = mediaTypeOfEntity(entity.headers);
    const micalg = (parameters.get('micalg') ?? '')
      .split(',')
      .flatMap((name) => digestByName(name)?.name ?? []);
    const digests = this.signedDigests(micalg);
    let content: SignedContent | undefined;
    let signature: (() => SignedData) | undefined;
    let number = 0;
    for await (const part of readMultipart(decoded(entity), parameters.get('boundary'), this.o.mimeLimits)) {
      number += 1;
      if (number === 1) content = await this.openDigested(part, digests, place);
      else if (number === 2) signature = await this.readSignature(part, place);
      // Whatever else is in there was not signed, so it does not exist (SEC-02).
    }
    if (!content || !signature) throw new As2Error('signature-part-missing', { parts: number });
    this.addSigned('detached', judgeDetached(signature, content, this.o.signingCertificates), digests);
    return content.payload;
  }

  /** Opens an entity of which every byte is digested. @param see gets the signed octets as they go by */
  private async openDigested(
    chunks: Chunks,
    digests: DigestSet,
    place: Place,
    see?: (chunk: Buffer) => void,
  ): Promise<SignedContent> {
    const { canonical, unseen } = this.o.digests;
    const formOf = canonical ? canonicalForm() : (chunk: Buffer) => chunk;
    const signatures =
      unseen.length > 0 ? new ContentSignatures(unseen, this.o.signingCertificates) : undefined;
    const seen = (chunk: Buffer): Buffer => {
      const signed = formOf(chunk);
      signatures?.update(signed);
      see?.(signed);
      return signed;
    };
    const whole = new DrainedChunks(digests.through(chunks, seen));
    try {
      const entity = await readEntity(whole.chunks, this.o.mimeLimits);
      const payload = await this.open(entity, {
        ...place,
        depth: place.depth + 1,
        signed: true,
        alterable: false,
      });
      await whole.drain();
      return { payload, digests, signatures, form: entity.headerBytes.length === 0 ? 'bare' : 'entity' };
    } finally {
      await whole.close();
    }
  }

  private async readSignature(part: Chunks, { alterable }: Place): Promise<() => SignedData> {
    const entity = await readEntity(part, this.o.mimeLimits);
    const limitError = () => new As2Error('signature-too-large', { limitBytes: LONGEST_SIGNATURE_BYTES });
    try {
      const bytes = await readAll(await binaryCms(decoded(entity)), LONGEST_SIGNATURE_BYTES, limitError);
      return () => readSignedData(bytes);
    } catch (error) {
      // Behind a cipher that does not authenticate this is nonsense like any other (SEC-03).
      if (alterable || !isAs2Error(error) || !error.code.startsWith('base64-')) throw error;
      return () => {
        throw error;
      };
    }
  }

  /** A CMS object says itself what it is (MIME-09). */
  private async openCms(entity: IncomingEntity, place: Place): Promise<IncomingPayload> {
    const opened = await openContentInfo(await binaryCms(decoded(entity)));
    try {
      const payload = await this.openCmsContent(opened, place);
      this.followed ||= opened.followed;
      return payload;
    } finally {
      await opened.close();
    }
  }

  private async openCmsContent(opened: OpenedContentInfo, place: Place): Promise<IncomingPayload> {
    switch (opened.type) {
      case 'enveloped-data':
      case 'auth-enveloped-data':
        return this.openEncrypted(opened, place);
      case 'signed-data':
        return this.openOpaque(opened, place);
      case 'compressed-data':
        return this.decompress(opened, place);
    }
  }

  /** Whatever is wrong with the plaintext ends like a failed decryption (SEC-03, law 4). */
  private async openEncrypted(opened: OpenedContentInfo, place: Place): Promise<IncomingPayload> {
    const kind = 'encrypted';
    const form = opened.type;
    const at = this.reached.push({ kind, form }) - 1;
    const enveloped = await openEnveloped(opened, this.o.keys, {
      ...this.o.spill,
      legacyCiphers: this.o.legacyCiphers,
    });
    const { cipher, recipient, recipients, authenticated } = enveloped;
    this.reached[at] = { kind, form, cipher, recipient: recipient.subject };
    // Layers that were read out of noise are none.
    const failure = (cause?: unknown): As2Error => {
      this.reached.length = at + 1;
      return enveloped.failure(cause);
    };
    const tail = new TailWatch();
    const whole = new DrainedChunks(enveloped.content, tail.see);
    try {
      const reader = new ByteReader(whole.chunks);
      const probe = await reader.peek(PROBE_BYTES);
      const entity = await readEntity(reader.rest(), this.o.mimeLimits);
      // No headers; one noise in 256 begins with a line feed, which looks like the end of none.
      if (entity.headerBytes.length < 2 && !isText(probe)) throw failure();
      this.followed = false;
      const payload = await this.open(entity, {
        ...place,
        depth: place.depth + 1,
        alterable: !authenticated,
      });
      // The padding stands at the very end: only now it is certain that everything was deciphered.
      await whole.drain();
      if (!authenticated && (this.followed || !tail.endsLike(entity.headers))) throw failure();
      this.layers.unshift({ kind, form, cipher, authenticated, recipient, recipients, failure });
      return payload;
    } catch (error) {
      const isNonsense = (code: string) => NONSENSE.has(code) || (!authenticated && ALTERED.has(code));
      throw isAs2Error(error) && isNonsense(error.code) ? failure(error) : error;
    } finally {
      await whole.close();
    }
  }

  /** RFC 5402 §3: around the payload or around the signed entity; elsewhere too, if somebody does it (CMP-04). */
  private async decompress(opened: OpenedContentInfo, place: Place): Promise<IncomingPayload> {
    const compressed = place.compressed + 1;
    if (compressed > MOST_COMPRESSED_LAYERS) {
      throw new As2Error('decompression-too-large', {
        limit: `${MOST_COMPRESSED_LAYERS} layers of compression`,
      });
    }
    this.reached.push({ kind: 'compressed' });
    const whole = new DrainedChunks(await openCompressed(opened, this.o.decompression));
    try {
      const entity = await readEntity(whole.chunks, this.o.mimeLimits);
      const payload = await this.open(entity, {
        ...place,
        compressed,
        depth: place.depth + 1,
        alterable: false,
      });
      // The checksum stands at the end.
      await whole.drain();
      this.layers.unshift({ kind: 'compressed' });
      return payload;
    } finally {
      await whole.close();
    }
  }

  /** Opaque signed data: the content lies inside the CMS object (SIG-01). */
  private async openOpaque(opened: OpenedContentInfo, place: Place): Promise<IncomingPayload> {
    this.reached.push({ kind: 'signed', form: 'opaque' });
    const signed = await openSignedData(opened);
    if (!signed.content) throw new As2Error('signature-without-content', {});
    const digests = this.signedDigests(signed.digests);
    const { signingCertificates: trusted } = this.o;
    const held = place.alterable && trusted.some(signsContent) ? new HeldContent() : undefined;
    const content = await this.openDigested(signed.content, digests, place, held?.see);
    const signedData = await signed.signedData();
    const judged = judgeSignature(signedData, content, trusted);
    const known = place.alterable ? judgeHeld(judged, signedData, content, trusted, held) : judged;
    this.addSigned('opaque', known, digests);
    return content.payload;
  }

  private signedDigests(announced: readonly DigestName[]): DigestSet {
    const { requested, fallback, also } = this.o.digests;
    const fits = announced.some((name) => requested.length === 0 || requested.includes(name));
    return new DigestSet([...announced, ...also, ...(fits ? [] : [fallback])]);
  }

  /** The innermost signature is the one around the payload, so its bytes are those of the MIC (MIC-01, MIC-07). */
  private addSigned(form: SignedLayer['form'], signature: JudgedSignature, digests: DigestSet): void {
    this.layers.unshift({ kind: 'signed', form, ...signature });
    this.mic ??= digests;
  }

  private async openPayload(entity: IncomingEntity, place: Place): Promise<IncomingPayload> {
    const { headers, headerBytes } = entity;
    let { body } = entity;
    if (!place.signed) {
      // MIC-02: with its MIME headers when it was protected; MIC-03: else the HTTP body alone, before any decoding.
      this.mic = new DigestSet([this.o.digests.fallback]);
      if (headerBytes) this.mic.add(headerBytes);
      body = this.mic.through(body);
    }
    const { spill, mimeLimits, splitAttachments: split } = this.o;
    this.payload = await restPayload(
      { headers, body },
      { spill, split, ...(mimeLimits ? { mimeLimits } : {}) },
    );
    return this.payload;
  }
}

/** Printable ASCII, tabs and line ends: what EDI and XML begin with, and what deciphered noise never is. */
function isText(bytes: Buffer): boolean {
  return /^[\t\r\n\x20-\x7e]*$/.test(bytes.toString('latin1'));
}
