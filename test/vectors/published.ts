import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../support/paths';

/** What a file of vectors holds: by source, all octets in hexadecimal. */
export type Published<Vector> = readonly {
  readonly source: string;
  readonly vectors: readonly Vector[];
}[];

/** @param file beside this one */
export function vectorFile(file: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot, 'test', 'vectors', file), 'utf8'));
}

/** Each vector with where it was published. */
export function titled<Vector extends { readonly name: string }>(
  groups: Published<Vector>,
): readonly (readonly [title: string, Vector])[] {
  return groups.flatMap(({ source, vectors }) => {
    return vectors.map((vector) => [`${source}: ${vector.name}`, vector] as const);
  });
}

export function hex(octets: string): Buffer {
  return Buffer.from(octets, 'hex');
}
