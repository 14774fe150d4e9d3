import type { Chunks } from '../../src/bytes';
import { canonicalForm } from '../../src/mime';

/** Text as a sender signs it that makes its line ends canonical. */
export async function* toCrlf(chunks: Chunks): AsyncGenerator<Buffer, void> {
  const form = canonicalForm();
  for await (const chunk of chunks) yield form(chunk);
}
