import { ByteReader, type Chunks } from '../../../src/bytes';
import {
  createDigest,
  digestNames,
  openContentInfo,
  openEnveloped,
  openSignedData,
  readSignedData,
  type SignatureStatus,
  type SignedData,
  verifySignedData,
} from '../../../src/cms';
import { openCompressed } from '../../../src/cms/compressed-data/open';
import { As2Error, isAs2Error } from '../../../src/errors';
import type { Certificate } from '../../../src/pki';
import { collect } from '../../support/chunks';
import { verifyOverContent } from '../../support/over-content';
import { berMutation } from '../mutate/ber';
import { byteMutations } from '../mutate/bytes';
import { contentMutation } from '../mutate/content';
import { type Samples, signedContent } from '../samples';
import {
  codeOf,
  isFailedDecryption,
  must,
  outcome,
  pieces,
  sameInPieces,
  sameUnlessRandom,
  type Target,
  valueOf,
} from '../target';

const mutations = [...byteMutations, ...Array.from({ length: 25 }, () => berMutation)];

export function cmsTargets({ keys, signatures, envelopes, compressed, structures }: Samples): Target[] {
  const trusted = [keys.partner, keys.partnerEc, keys.partnerEd25519].map(({ certificate }) => certificate);
  const ours = [keys.own, keys.ownEc, keys.ownX25519];
  const rest = { directory: '/nonexistent', thresholdBytes: 1024 * 1024 };

  async function readSignature(input: Buffer): Promise<string> {
    const whole = await outcome(() => readSignedData(input));
    const streamed = await outcome(() => streamSignedData(pieces(input)));
    // The stream has limits of its own for the head and the tail; the tree counts depth and elements from the outside.
    const isLimit = 'error' in whole && /too deeply|too many/.test(whole.error.message);
    must(
      !('value' in streamed) || 'value' in whole || isLimit,
      `read as a stream, but not whole: ${codeOf(whole)}`,
    );
    const tree = valueOf(whole);
    if ('value' in streamed) {
      const [content, signedData] = streamed.value;
      must(content.equals(tree.eContent ?? Buffer.alloc(0)), 'stream and tree find other content');
      must(signedData.signerInfos.length === tree.signerInfos.length, 'stream and tree find other signers');
    }
    return judge(tree);
  }

  /** Whatever the structure says: the right content by a configured key, or nothing. */
  async function judge(signedData: SignedData): Promise<string> {
    const tolerances = { missingContentType: true, differingDigests: true };
    const digests = digestsOf(signedContent);
    const statuses: SignatureStatus[] = [];
    for (const tolerance of [{}, tolerances]) {
      const { status } = verifySignedData(signedData, digests, trusted, tolerance);
      statuses.push(status);
      const over = (content: Buffer, certificates: readonly Certificate[]) =>
        verifyOverContent(signedData, once(content), digestsOf(content), certificates, tolerance);
      statuses.push((await over(signedContent, trusted)).status);
      const altered = Buffer.concat([signedContent, Buffer.from(' ')]);
      must((await over(altered, trusted)).status !== 'verified', 'verified over other content');
      must(
        (await over(signedContent, [keys.stranger.certificate])).status !== 'verified',
        'verified by a stranger',
      );
      must((await over(signedContent, [])).status !== 'verified', 'verified by nobody');
    }
    return statuses.join();
  }

  async function readEnvelope(input: Buffer): Promise<string> {
    return `ok ${valueOf(await sameUnlessRandom(input, decrypted)).equals(signedContent)}`;
  }

  async function* decrypted(chunks: Chunks): AsyncGenerator<Buffer, void> {
    const contentInfo = await openContentInfo(chunks);
    try {
      const { content, authenticated } = await openEnveloped(contentInfo, ours, rest);
      const plaintext = await collect(content);
      must(!authenticated || plaintext.equals(signedContent), 'an altered plaintext counts as authenticated');
      yield plaintext;
    } finally {
      await contentInfo.close();
    }
  }

  /** Law 4: whatever was done to key, ciphertext or tag looks the same. */
  async function readAltered(input: Buffer): Promise<string> {
    const opened = await outcome(() => collect(decrypted(once(input))));
    must('value' in opened || isFailedDecryption(opened.error), `refused as ${codeOf(opened)}`);
    return `ok ${valueOf(opened).equals(signedContent)}`;
  }

  async function readCompressed(input: Buffer): Promise<string> {
    const limits = { sizeBytes: 1024 * 1024, ratio: 1032 };
    const opened = await sameInPieces(input, async function* (chunks: Chunks) {
      const contentInfo = await openContentInfo(chunks);
      try {
        yield* await openCompressed(contentInfo, limits);
      } catch (error) {
        // Damage behind too much content: which of the two is met first depends on the pieces.
        const isLimit = isAs2Error(error) && error.code === 'decompression-too-large';
        throw isLimit ? new As2Error('decompression-failed', { reason: error.message }) : error;
      } finally {
        await contentInfo.close();
      }
    });
    must(valueOf(opened).length <= limits.sizeBytes, 'more than the limit came out');
    return 'ok';
  }

  async function readContentInfo(input: Buffer): Promise<string> {
    const { type, ber, close } = await openContentInfo(pieces(input));
    const next = await outcome(() => ber.peekHeader());
    await close();
    return `${type} ${codeOf(next)}`;
  }

  return [
    { name: 'cms/content-info', samples: structures, mutations, run: readContentInfo },
    { name: 'cms/signed-data', samples: signatures, mutations, run: readSignature, weight: 3 },
    { name: 'cms/enveloped-data', samples: envelopes, mutations, run: readEnvelope, weight: 3 },
    {
      name: 'cms/altered-content',
      samples: envelopes,
      mutations: [contentMutation],
      run: readAltered,
      weight: 2,
    },
    { name: 'cms/compressed-data', samples: compressed, mutations, run: readCompressed },
  ];
}

async function streamSignedData(chunks: Chunks): Promise<[Buffer, SignedData]> {
  const opened = await openContentInfo(chunks);
  const { content, signedData } = await openSignedData(opened);
  const octets = content ? await collect(content) : Buffer.alloc(0);
  return [octets, await signedData()];
}

function digestsOf(content: Buffer) {
  return new Map(digestNames.map((name) => [name, createDigest(name).update(content).digest()]));
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield* new ByteReader(pieces(bytes)).rest();
}
