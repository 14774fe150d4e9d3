import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Waits until a file's bytes are on the disk, not only in the system's cache. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until a directory's entries are on the disk. Windows cannot open directories; its renames are durable. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Makes a private directory with all that is missing above it, so that a power failure cannot take any of them back. */
export async function makeDirectoryDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const [top, bottom] = [resolve(first), resolve(path)];
  for (let made = bottom; ; made = dirname(made)) {
    // A directory above ours that we may pass but not read cannot be waited for.
    await syncDirectory(dirname(made)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error;
    });
    if (made === top || made === dirname(made)) return;
  }
}

/** Writes a file whose bytes are on the disk when this returns; its name is when its directory was synced. */
export async function writeFileSynced(path: string, content: Buffer | string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
