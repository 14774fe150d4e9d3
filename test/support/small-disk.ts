import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withTempDirectory } from './temp';

const run = promisify(execFile);

export interface SmallDisk {
  readonly directory: string;
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
}

/** Whether file systems can be mounted here: on Linux, by its administrator. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0;

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
      });
    } finally {
      await run('umount', ['--lazy', directory]);
    }
  });
}
