import { type ByteFlow, type Chunks, withLength } from '../../bytes';
import { As2Error } from '../../errors';
import { type CipherAlgorithm, cipherAlgorithm, type CipherName } from '../algorithms';
import { createSealer, type Sealer } from './aead';
import { encryptCbc, paddedLength } from './cbc';
import { ccmNonceBytes } from './ccm';
import { freshRandom } from './fresh-random';
import { throughLegacyProcess } from './legacy';
import type { ContentCipher } from './parameters';

/** Content on its way through a cipher with a key and a vector of its own (SEC-14). */
export interface SealedContent {
  readonly cipher: ContentCipher;
  readonly key: Buffer;
  readonly ciphertext: ByteFlow;
  /** To be read after the ciphertext; undefined for a cipher that does not authenticate. */
  readonly tag: (ByteFlow & { readonly length: number }) | undefined;
}

/** @throws As2Error `content-length-needed` */
export function sealContent(content: ByteFlow, name: CipherName): SealedContent {
  const algorithm = cipherAlgorithm(name);
  const key = freshRandom(algorithm.keyBytes);
  const cipher: ContentCipher = { algorithm, iv: freshRandom(ivBytes(algorithm, content.length)) };
  if (algorithm.mode === 'cbc') {
    const length =
      content.length === undefined ? undefined : paddedLength(content.length, algorithm.blockBytes);
    const chunks = algorithm.legacy
      ? throughLegacyProcess(content.chunks, 'encrypt', cipher, key, legacyFailure)
      : encryptCbc(content.chunks, cipher, key);
    return { cipher, key, ciphertext: withLength(chunks, length), tag: undefined };
  }
  const sealer = createSealer(cipher, key, content.length ?? 0);
  return {
    cipher,
    key,
    ciphertext: withLength(sealed(content.chunks, sealer), content.length),
    tag: { length: algorithm.tagBytes, chunks: tagOf(sealer) },
  };
}

function ivBytes({ mode, name, ivBytes: usual }: CipherAlgorithm, contentBytes: number | undefined): number {
  if (mode !== 'ccm') return usual;
  if (contentBytes === undefined) throw new As2Error('content-length-needed', { cipher: name });
  return ccmNonceBytes(contentBytes);
}

async function* sealed(chunks: Chunks, sealer: Sealer): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) yield sealer.update(chunk);
}

// oxlint-disable-next-line require-await -- a flow is asynchronous; the tag exists when it is asked for
async function* tagOf(sealer: Sealer): AsyncGenerator<Buffer, void> {
  yield sealer.tag();
}

function legacyFailure(): Error {
  return new Error('the process that encrypts with a legacy cipher failed');
}
