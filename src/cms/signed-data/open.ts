import {
  type Asn1Node,
  type BerStreamReader,
  contextTag,
  malformed,
  oidValue,
  parseBer,
  smallInteger,
  tags,
} from '../../asn1';
import type { Chunks } from '../../bytes';
import type { DigestName } from '../algorithms';
import { assertContentInfoType, type OpenedContentInfo } from '../content-info';
import { assembleSignedData, readDigestAlgorithms, type SignedData } from './structure';

export interface OpenedSignedData {
  /** Announced before the content, so that one pass over it suffices. */
  readonly digests: readonly DigestName[];
  /** The opaque content, to be read to its end first; undefined for a detached signature. */
  readonly content: Chunks | undefined;
  /** The signers, which follow the content. */
  signedData(): Promise<SignedData>;
}

const LONGEST_HEAD_BYTES = 4096;
/** Chains and revocation lists travel along; a MiB of them is plenty. All of it is held in memory. */
const LONGEST_TAIL_BYTES = 4 * 1024 * 1024;
/** Certificates, revocation lists, signers. */
const MOST_TAIL_ELEMENTS = 3;

/**
 * Opens SignedData as a stream: an opaque message of any size is never held.
 * @throws As2Error `asn1-malformed`, `truncated`, `content-type-unexpected`
 */
export async function openSignedData(opened: OpenedContentInfo): Promise<OpenedSignedData> {
  assertContentInfoType(opened, 'signed-data');
  const { ber } = opened;
  const small = async (): Promise<Asn1Node> => parseBer(await ber.readElement(LONGEST_HEAD_BYTES));

  await ber.enter(tags.sequence);
  const version = smallInteger(await small());
  const digests = readDigestAlgorithms(await small());
  await ber.enter(tags.sequence);
  const eContentType = oidValue(await small());
  const isOpaque = !(await ber.atEnd());
  if (isOpaque) await ber.enter(contextTag(0));

  return {
    digests,
    content: isOpaque ? ber.octets() : undefined,
    async signedData() {
      if (isOpaque) await ber.leave();
      await ber.leave();
      const rest = await readTail(ber);
      await ber.leave();
      await opened.finish();
      await opened.close();
      return assembleSignedData({ version, digests, eContentType, eContent: undefined, rest });
    },
  };
}

async function readTail(ber: BerStreamReader): Promise<Asn1Node[]> {
  const tail: Asn1Node[] = [];
  for (let left = LONGEST_TAIL_BYTES; !(await ber.atEnd());) {
    if (tail.length === MOST_TAIL_ELEMENTS) throw malformed('signed data holds more than it should');
    const element = await ber.readElement(left);
    left -= element.length;
    tail.push(parseBer(element));
  }
  return tail;
}
