import type { Chunks } from '../bytes';
import { As2Error } from '../errors';
import { DelimiterScanner } from './delimiter-scanner';
import { defaultMimeLimits, type MimeLimits } from './limits';

/** RFC 2046 §5.1.1 allows 70 characters; longer ones are in use (MIME-05). */
const LONGEST_BOUNDARY = 250;

/**
 * Yields the raw bytes of each part, headers and body as they travel (MIME-01, MIME-02), in constant memory. Each
 * part is read before the next is asked for; what was left unread of it is passed over. Preamble and epilogue are
 * dropped, and the stream is read to its very end, so that layers underneath can finish their checks.
 * @param boundary as the Content-Type gives it
 * @throws As2Error `mime-boundary-missing`, `mime-boundary-not-found`, `mime-multipart-truncated`,
 *   `mime-too-many-parts`
 */
export async function* readMultipart(
  chunks: Chunks,
  boundary: string | undefined,
  limits: MimeLimits = {},
): AsyncGenerator<Chunks, void> {
  const most = limits.parts ?? defaultMimeLimits.parts;
  const scanner = new DelimiterScanner(chunks, usableBoundary(boundary));
  try {
    await skipSection(scanner);
    for (let parts = 1; scanner.reached === 'part'; parts += 1) {
      if (parts > most) throw new As2Error('mime-too-many-parts', { limit: most });
      scanner.nextSection();
      yield readSection(scanner);
      await skipSection(scanner);
    }
    await scanner.skipEpilogue();
  } finally {
    await scanner.close();
  }
}

function usableBoundary(boundary = ''): string {
  // RFC 2046 §5.1.1: a boundary does not end with white space; where it seems to, the delimiter lines lack it.
  const trimmed = boundary.replace(/ +$/, '');
  if (trimmed === '' || trimmed.length > LONGEST_BOUNDARY) {
    throw new As2Error('mime-boundary-missing', { boundary, longest: LONGEST_BOUNDARY });
  }
  return trimmed;
}

async function skipSection(scanner: DelimiterScanner): Promise<void> {
  while ((await scanner.read()) !== undefined);
}

/** Ends when its own section does, also for a reader who kept it for later. */
async function* readSection(scanner: DelimiterScanner): AsyncGenerator<Buffer, void> {
  const { section } = scanner;
  while (scanner.section === section) {
    const chunk = await scanner.read();
    if (chunk === undefined) return;
    yield chunk;
  }
}
