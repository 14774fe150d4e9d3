import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueSelfSigned, type KeyPair, makeKeyPair, readCertificates, readPrivateKey } from '../src/pki';

/** One station: the key pair for us, and the same as files for openssl. */
export interface Station {
  readonly keyPair: KeyPair;
  readonly keyFile: string;
  readonly certificateFile: string;
}

export const MIB = 1024 * 1024;

/** What the rows work on: two stations and files of the sizes they ask for, gone at the end. */
export class Material {
  private constructor(
    readonly directory: string,
    readonly sender: Station,
    readonly receiver: Station,
    /** Smaller files and fewer rounds: for a look, not for a figure. */
    readonly quick: boolean,
  ) {}

  static async make(quick: boolean): Promise<Material> {
    const directory = await mkdtemp(join(tmpdir(), 'as2-bench-'));
    return new Material(
      directory,
      await station(directory, 'sender'),
      await station(directory, 'receiver'),
      quick,
    );
  }

  /** A file of random bytes. @returns its path */
  async file(bytes: number): Promise<string> {
    const path = join(this.directory, `${bytes}.bin`);
    const block = randomBytes(Math.min(bytes, 16 * MIB));
    const file = await open(path, 'w');
    try {
      for (let written = 0; written < bytes; written += block.length) {
        await file.write(block.subarray(0, Math.min(block.length, bytes - written)));
      }
    } finally {
      await file.close();
    }
    return path;
  }

  async dispose(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function station(directory: string, name: string): Promise<Station> {
  const { privateKeyPem, certificatePem } = await issueSelfSigned({ commonName: name, keyType: 'rsa-2048' });
  const keyFile = join(directory, `${name}.key`);
  const certificateFile = join(directory, `${name}.pem`);
  await writeFile(keyFile, privateKeyPem);
  await writeFile(certificateFile, certificatePem);
  return { keyPair: keyPairFrom(certificatePem, privateKeyPem), keyFile, certificateFile };
}

export function keyPairFrom(certificatePem: string, privateKeyPem: string): KeyPair {
  const [certificate] = readCertificates(certificatePem);
  if (!certificate) throw new Error('no certificate');
  return makeKeyPair(certificate, readPrivateKey(privateKeyPem));
}
