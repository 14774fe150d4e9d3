import { type ByteFlow, type Chunks, concatFlows, withLength } from '../bytes';
import { type Tag, tags } from './tag';
import { endOfContents, indefiniteHeader, tlvHeader } from './write';

/**
 * A constructed element around parts of which some are still in motion. Where every length is known the element has
 * a definite length (DER) and a length itself; otherwise it is written with an indefinite length.
 */
export function constructedFlow(tag: Tag, ...parts: readonly (Buffer | ByteFlow)[]): ByteFlow {
  const content = concatFlows(...parts);
  return content.length === undefined
    ? concatFlows(indefiniteHeader(tag), content, endOfContents)
    : concatFlows(tlvHeader(tag, 'constructed', content.length), content);
}

export function sequenceFlow(...parts: readonly (Buffer | ByteFlow)[]): ByteFlow {
  return constructedFlow(tags.sequence, ...parts);
}

/**
 * An OCTET STRING in motion: primitive when its length is known, else constructed of one segment for each chunk.
 * `tag` for implicitly tagged ones.
 */
export function octetStringFlow(content: ByteFlow, tag: Tag = tags.octetString): ByteFlow {
  if (content.length !== undefined) {
    return concatFlows(tlvHeader(tag, 'primitive', content.length), content);
  }
  return concatFlows(indefiniteHeader(tag), withLength(segments(content.chunks), undefined), endOfContents);
}

async function* segments(chunks: Chunks): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    yield tlvHeader(tags.octetString, 'primitive', chunk.length);
    yield chunk;
  }
}
