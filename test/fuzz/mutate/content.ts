import { type Asn1Node, contextTag, parseBer, primitive, sameTag, tags } from '../../../src/asn1';
import type { Random } from '../random';
import { rewritten } from '../rewrite';
import type { Mutation } from './bytes';

const BLOCK_BYTES = 16;

/**
 * Alters octets inside the strings of a structure (keys, initialization vectors, ciphertext, tags) and nothing else:
 * what somebody on the way can do who has no key.
 */
export const contentMutation: Mutation = (random, sample) => {
  const changed = Buffer.from(sample);
  const strings = stringsOf(parseBer(changed)).filter(({ node }) => node.content.length > 0);
  if (strings.length > 0) alter(random, random.pick(strings).node.content);
  return changed;
};

/** Alters the end of the ciphertext, where padding and tag are: what a padding oracle is asked with. */
export const ciphertextEndMutation: Mutation = (random, sample) => {
  const [ciphertext] = stringsOf(parseBer(sample)).toSorted(
    (a, b) => b.node.content.length - a.node.content.length,
  );
  if (!ciphertext) return sample;
  return rewritten(sample, ciphertext.path, ({ tag, content }) => primitive(tag, otherEnd(random, content)));
};

function alter(random: Random, octets: Buffer): void {
  const at = random.below(octets.length);
  const block = () => random.below(Math.floor(octets.length / BLOCK_BYTES)) * BLOCK_BYTES;
  const from = block();
  switch (random.below(4)) {
    case 0:
      octets[at] = (octets[at] ?? 0) ^ (1 << random.below(8));
      break;
    case 1:
      // The last octets decide about padding and tag.
      octets[Math.max(0, octets.length - 1 - random.size(2 * BLOCK_BYTES))] = random.below(256);
      break;
    case 2:
      octets.copyWithin(block(), from, from + BLOCK_BYTES);
      break;
    default:
      random.bytes(1 + random.size(octets.length - at - 1)).copy(octets, at);
  }
}

function otherEnd(random: Random, content: Buffer): Buffer {
  const from = random.below(Math.floor(content.length / BLOCK_BYTES)) * BLOCK_BYTES;
  switch (random.below(4)) {
    case 0:
      return content.subarray(0, content.length - BLOCK_BYTES * (1 + random.size(4)));
    case 1:
      return Buffer.concat([content, random.bytes(BLOCK_BYTES), content.subarray(from, from + BLOCK_BYTES)]);
    case 2:
      return Buffer.concat([content, content.subarray(from, from + BLOCK_BYTES * (1 + random.size(3)))]);
    default: {
      const altered = Buffer.from(content);
      const end = Math.min(altered.length, 2 * BLOCK_BYTES);
      for (let left = 1 + random.size(3); left > 0; left -= 1) {
        altered[altered.length - 1 - random.below(end)] = random.below(256);
      }
      return altered;
    }
  }
}

interface Place {
  readonly path: readonly number[];
  readonly node: Asn1Node;
}

function stringsOf(node: Asn1Node, path: readonly number[] = []): readonly Place[] {
  if (node.constructed) return node.children.flatMap((child, at) => stringsOf(child, [...path, at]));
  return sameTag(node.tag, tags.octetString) || sameTag(node.tag, contextTag(0)) ? [{ path, node }] : [];
}
