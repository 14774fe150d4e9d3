import type { Headers } from '../mime';

/**
 * The strong entity tag that names a transfer (RST-01), without its quotes, which some senders leave away. A weak one
 * names nothing.
 */
export function entityTagOf(headers: Headers): string | undefined {
  const value = headers.get('ETag')?.trim() ?? '';
  if (/^W\//i.test(value)) return undefined;
  const tag = /^"(.*)"$/.exec(value)?.[1] ?? value;
  return tag === '' ? undefined : tag;
}
