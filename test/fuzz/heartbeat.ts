import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const LONGEST_TARGET = 64;
const HEADER_BYTES = 8 + LONGEST_TARGET;

/** What a process is doing: a file that another one can read while the first one hangs. */
export class Heartbeat {
  private readonly file: number;
  private beats = 0;

  constructor(path: string) {
    this.file = openSync(path, 'w+');
  }

  beat(target: string, input: Buffer): void {
    this.beats += 1;
    const header = Buffer.alloc(HEADER_BYTES, ' ');
    header.writeUInt32BE(this.beats);
    header.writeUInt32BE(input.length, 4);
    header.write(target, 8);
    writeSync(this.file, Buffer.concat([header, input]), 0, undefined, 0);
  }

  close(): void {
    closeSync(this.file);
  }
}

export interface LastBeat {
  readonly beats: number;
  readonly target: string;
  readonly input: Buffer;
}

export function lastBeat(path: string): LastBeat | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined; // not begun yet
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
    const input = Buffer.alloc(header.readUInt32BE(4));
    readSync(file, input, 0, input.length, HEADER_BYTES);
    return { beats: header.readUInt32BE(), target: header.toString('latin1', 8).trimEnd(), input };
  } finally {
    closeSync(file);
  }
}
