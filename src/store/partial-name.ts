import { createHash } from 'node:crypto';

/** What names a transfer that may be taken up again (RST-07). None of it comes from us. */
export interface TransferKey {
  /** AS2 names. */
  readonly from: string;
  readonly to: string;
  /** The entity tag, without quotes. */
  readonly tag: string;
}

/** How the file of a transfer is called. Nothing that a sender wrote is part of it. */
export interface PartialName {
  /** The same for all transfers from one station to another. */
  readonly stations: string;
  readonly transfer: string;
  /** Octets of the whole body; unknown until the end for a chunked one. */
  readonly total: number | undefined;
  /** All of it is on the disk; otherwise it is being written, or was when we died. */
  readonly kept: boolean;
}

const NAME = /^([0-9a-f]{16})-([0-9a-f]{40})\.(\d{1,16}|open)(\.kept)?$/;

export function transferOf({ from, to, tag }: TransferKey): Pick<PartialName, 'stations' | 'transfer'> {
  return { stations: hashOf(from, to).slice(0, 16), transfer: hashOf(from, to, tag).slice(0, 40) };
}

export function formatPartialName({ stations, transfer, total, kept }: PartialName): string {
  return `${stations}-${transfer}.${total ?? 'open'}${kept ? '.kept' : ''}`;
}

/** @returns undefined for what is none of ours */
export function parsePartialName(name: string): PartialName | undefined {
  const [, stations = '', transfer = '', total = '', kept] = NAME.exec(name) ?? [];
  if (stations === '') return undefined;
  return {
    stations,
    transfer,
    total: total === 'open' ? undefined : Number(total),
    kept: kept !== undefined,
  };
}

/** The lengths keep `a|bc` and `ab|c` apart. */
function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex');
}
