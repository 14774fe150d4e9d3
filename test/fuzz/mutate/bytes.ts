import type { Random } from '../random';

/** Changes something about a sample. `others` are further samples of the same kind, to take pieces from. */
export type Mutation = (random: Random, sample: Buffer, others: readonly Buffer[]) => Buffer;

/** Longer inputs than this are cut: what is slow shows at this size. */
export const LONGEST_INPUT = 128 * 1024;

const TELLING_BYTES = [
  0x00, 0x01, 0x04, 0x0a, 0x0d, 0x20, 0x22, 0x24, 0x30, 0x3d, 0x7f, 0x80, 0x84, 0xa0, 0xff,
];

function splice(bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}

/** Start and length of some piece of the bytes. */
function piece(random: Random, bytes: Buffer): [at: number, length: number] {
  const at = random.below(bytes.length + 1);
  return [at, random.size(bytes.length - at)];
}

const flipBit: Mutation = (random, sample) => {
  const changed = Buffer.from(sample);
  const at = random.below(changed.length);
  if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
};

const setByte: Mutation = (random, sample) => {
  const changed = Buffer.from(sample);
  if (changed.length > 0) changed[random.below(changed.length)] = random.pick(TELLING_BYTES);
  return changed;
};

const insertBytes: Mutation = (random, sample) =>
  splice(sample, random.below(sample.length + 1), 0, random.bytes(1 + random.size(16)));

const remove: Mutation = (random, sample) => splice(sample, ...piece(random, sample), Buffer.alloc(0));

const cut: Mutation = (random, sample) => sample.subarray(0, random.below(sample.length + 1));

const repeat: Mutation = (random, sample) => {
  const [at, length] = piece(random, sample);
  const times = random.chance(8) ? random.between(100, 5000) : random.between(1, 8);
  const count = Math.min(times, Math.floor(LONGEST_INPUT / Math.max(1, length)));
  return splice(
    sample,
    at,
    0,
    Buffer.concat(Array.from({ length: count }, () => sample.subarray(at, at + length))),
  );
};

const move: Mutation = (random, sample) => {
  const [at, length] = piece(random, sample);
  const without = splice(sample, at, length, Buffer.alloc(0));
  return splice(without, random.below(without.length + 1), 0, sample.subarray(at, at + length));
};

const borrow: Mutation = (random, sample, others) => {
  const other = others.length > 0 ? random.pick(others) : sample;
  const [from, length] = piece(random, other);
  const [at, removed] = piece(random, sample);
  return splice(sample, at, removed, other.subarray(from, from + length));
};

const run: Mutation = (random, sample) => {
  const byte = random.chance(2) ? random.pick(TELLING_BYTES) : random.below(256);
  return splice(sample, random.below(sample.length + 1), 0, Buffer.alloc(random.size(20_000), byte));
};

export const byteMutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  insertBytes,
  remove,
  cut,
  repeat,
  move,
  borrow,
  run,
];

/** Puts words in that mean something to the reader. */
export function dictionary(words: readonly (string | Buffer)[]): Mutation {
  const tokens = words.map((word) => (typeof word === 'string' ? Buffer.from(word, 'latin1') : word));
  return (random, sample) => {
    const at = random.below(sample.length + 1);
    return splice(sample, at, random.chance(2) ? random.size(sample.length - at) : 0, random.pick(tokens));
  };
}

/** One to a few changes, one after the other. */
export function mutate(
  random: Random,
  sample: Buffer,
  others: readonly Buffer[],
  mutations: readonly Mutation[],
): Buffer {
  let changed = sample;
  for (let left = 1 + random.size(6); left > 0; left -= 1) {
    changed = random.pick(mutations)(random, changed, others).subarray(0, LONGEST_INPUT);
  }
  return changed;
}
