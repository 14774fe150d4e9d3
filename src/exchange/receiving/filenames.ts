import { safeFilename } from '../../mime';

/**
 * Safe names for the documents of one message, all different, so that none takes the place of another (FN-03):
 * a second `order.pdf` becomes `order (2).pdf`. Capital and small letters count as the same, as on Windows.
 */
export function uniqueFilenames(names: readonly (string | undefined)[]): readonly (string | undefined)[] {
  const taken = new Set<string>();
  return names.map((name) => {
    if (name === undefined) return undefined;
    const safe = safeFilename(name, 'unnamed');
    let unique = safe;
    for (let number = 2; taken.has(unique.toLowerCase()); number++) unique = numbered(safe, number);
    taken.add(unique.toLowerCase());
    return unique;
  });
}

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  if (dot < 1) return `${name} (${number})`;
  return `${name.slice(0, dot)} (${number})${name.slice(dot)}`;
}

/**
 * The first name that would have to be changed: unsafe, or there already.
 * @param names as the sender wrote them
 */
export function unsuitableFilename(
  names: readonly (string | undefined)[],
): { readonly filename: string; readonly code: 'filename-illegal' | 'filename-repeated' } | undefined {
  const unique = uniqueFilenames(names);
  for (const [at, filename] of names.entries()) {
    if (filename === undefined || filename === unique[at]) continue;
    const isSafe = safeFilename(filename, 'unnamed') === filename;
    return { filename, code: isSafe ? 'filename-repeated' : 'filename-illegal' };
  }
  return undefined;
}
