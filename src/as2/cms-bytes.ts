import { ByteReader, type Chunks } from '../bytes';
import { decodeTransferEncoding } from '../mime';

const SEQUENCE = 0x30;
const PEM_BEGIN = '-----BEGIN ';
const LONGEST_ARMOR_LINE = 100;

/**
 * A CMS object in binary, also where it came as base64 or PEM without saying so (BER-05): the first byte of the
 * binary form is 0x30, which as the first character of base64 would be `0`, and no ContentInfo begins so there.
 */
export async function binaryCms(chunks: Chunks): Promise<Chunks> {
  const reader = new ByteReader(chunks);
  const [first] = await reader.peek(1);
  if (first === undefined || first === SEQUENCE) return reader.rest();
  const start = (await reader.peek(LONGEST_ARMOR_LINE)).toString('latin1');
  if (start.startsWith(PEM_BEGIN)) await reader.read(start.indexOf('\n') + 1);
  // The closing line of PEM begins with a hyphen, which is no character of base64: decoding ends there.
  const isBase64 = start.startsWith(PEM_BEGIN) || /^[\sA-Za-z0-9+/=]*$/.test(start);
  return isBase64 ? decodeTransferEncoding(untilHyphen(reader.rest()), 'base64') : reader.rest();
}

async function* untilHyphen(chunks: Chunks): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    const hyphen = chunk.indexOf('-');
    if (hyphen < 0) {
      yield chunk;
    } else {
      yield chunk.subarray(0, hyphen);
      return;
    }
  }
}
