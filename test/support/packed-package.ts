import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from './paths';

const run = promisify(execFile);
const onWindows = process.platform === 'win32';

/** One file of the tarball, by its path inside the package. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

export interface PackedPackage {
  readonly tarball: string;
  readonly files: readonly PackedFile[];
  readonly sizeBytes: number;
}

/** What `npm publish` would send, made from the built dist/ as it is. */
export async function packPackage(directory: string): Promise<PackedPackage> {
  const arguments_ = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const { stdout } = await run('npm', arguments_, { cwd: packageRoot, shell: onWindows });
  const report = JSON.parse(stdout) as
    | readonly NpmPackReport[]
    /** npm 12 and newer name the packages */
    | Readonly<Record<string, NpmPackReport>>;
  const [packed] = Object.values(report);
  if (!packed) throw new Error(`npm pack reported nothing: ${stdout}`);
  return { tarball: join(directory, packed.filename), files: packed.files, sizeBytes: packed.size };
}

interface NpmPackReport {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly PackedFile[];
}

/** What the palette manager does: npm installs the tarball and its dependencies into the user directory. */
export async function installPackage(tarball: string, userDirectory: string): Promise<void> {
  const arguments_ = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--omit=dev', tarball];
  await run('npm', arguments_, { cwd: userDirectory, shell: onWindows });
}
