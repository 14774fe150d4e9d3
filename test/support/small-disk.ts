import { execFile, spawnSync } from 'node:child_process';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withTempDirectory } from './temp';

const run = promisify(execFile);
const FILLING = 'filling';

export interface SmallDisk {
  readonly directory: string;
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
  /** Takes all the room there is. */
  fill(): Promise<void>;
  /** Gives it back. */
  empty(): Promise<void>;
}

/** Whether file systems can be mounted here: on Linux, by its administrator, who in a container often may not. */
export const canMount =
  process.platform === 'linux' && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** A file system of its own in memory, which is full soon. */
export async function withSmallDisk(bytes: number, work: (disk: SmallDisk) => Promise<void>): Promise<void> {
  await withTempDirectory(async (temp) => {
    const directory = join(temp, 'disk');
    await mkdir(directory);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory]);
    const remount = async (mode: string): Promise<void> => {
      await run('mount', ['-o', `remount,${mode}`, directory]);
    };
    try {
      await work({
        directory,
        makeReadOnly: () => remount('ro'),
        makeWritable: () => remount('rw'),
        fill: () => fill(join(directory, FILLING)),
        empty: () => rm(join(directory, FILLING), { force: true }),
      });
    } finally {
      await run('umount', ['--lazy', directory]);
    }
  });
}

async function fill(path: string): Promise<void> {
  for (let bytes = 1024 * 1024; bytes >= 512;) {
    await appendFile(path, Buffer.alloc(bytes)).catch(() => {
      bytes /= 2;
    });
  }
}
