import { addReturns } from '../mime';

/** Makes every bare line feed of consecutive chunks CRLF: what senders sign that canonicalize text (MIME-03). */
export function canonicalForm(): (chunk: Buffer) => Buffer {
  let last = 0;
  return (chunk) => {
    const canonical = addReturns(chunk, last);
    last = chunk.at(-1) ?? last;
    return canonical;
  };
}
