import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { openssl } from '../../support/openssl';
import { words } from './words';
import { withTempDirectory } from '../../support/temp';

/** A certificate with its key, as PEM and as files. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface IssueWishes {
  /** Who signs it; default: the root. `self` signs itself. */
  readonly by?: Issued | 'self';
  /** Names or addresses it is for; default: localhost. */
  readonly hosts?: readonly string[];
  /** Default: serverAuth; `authority` for one that issues others. */
  readonly usage?: 'serverAuth' | 'clientAuth' | 'authority';
  /** Days from now, which may be in the past. */
  readonly fromDay?: number;
  readonly untilDay?: number;
}

const DAY_MS = 24 * 3_600_000;
const NEW_KEY = words('-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes');

/** Issues TLS certificates of every kind with `openssl ca`. */
export class TlsAuthority {
  private made = 0;

  private constructor(
    private readonly directory: string,
    /** The certificate that is entered as trusted. */
    readonly root: Issued,
  ) {}

  static async open(directory: string): Promise<TlsAuthority> {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'index.txt'), '');
    await writeFile(
      join(directory, 'ca.cnf'),
      [
        '[ca]',
        'default_ca = this',
        '[this]',
        `database = ${join(directory, 'index.txt')}`,
        `new_certs_dir = ${directory}`,
        'default_md = sha256',
        'unique_subject = no',
        'rand_serial = yes',
        'policy = any',
        '[any]',
        'commonName = supplied',
        '',
      ].join('\n'),
    );
    const unknown: Issued = { certificate: '', key: '', certificateFile: '', keyFile: '' };
    const root = await new TlsAuthority(directory, unknown).issue('Root of the transfer tests', {
      usage: 'authority',
      by: 'self',
    });
    return new TlsAuthority(directory, root);
  }

  async issue(name: string, wishes: IssueWishes = {}): Promise<Issued> {
    const {
      by = this.root,
      hosts = ['localhost'],
      usage = 'serverAuth',
      fromDay = -1,
      untilDay = 30,
    } = wishes;
    const file = join(
      this.directory,
      `${Date.now().toString(36)}-${process.pid}-${Math.random().toString(36).slice(2)}-${this.made++}`,
    );
    const [keyFile, certificateFile, request, extensions] = ['key', 'pem', 'csr', 'ext'].map(
      (kind) => `${file}.${kind}`,
    ) as [string, string, string, string];
    await openssl(['req', '-new', ...NEW_KEY, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`]);
    await writeFile(extensions, extensionsFor(usage, hosts));
    const signer =
      by === 'self'
        ? ['-selfsign', '-keyfile', keyFile]
        : ['-cert', by.certificateFile, '-keyfile', by.keyFile];
    await openssl([
      ...words(`ca -batch -notext -config ${join(this.directory, 'ca.cnf')}`),
      ...words(`-in ${request} -out ${certificateFile} -extfile ${extensions}`),
      ...signer,
      ...words(`-startdate ${dayFromNow(fromDay)} -enddate ${dayFromNow(untilDay)}`),
    ]);
    const [certificate, key] = await Promise.all([
      readFile(certificateFile, 'latin1'),
      readFile(keyFile, 'latin1'),
    ]);
    return { certificate, key, certificateFile, keyFile };
  }

  /** The same certificate with those of its issuers behind it, as a server sends them. */
  async withChain(own: Issued, ...issuers: readonly Issued[]): Promise<Issued> {
    const certificateFile = `${own.certificateFile}.chain`;
    const certificate = [own, ...issuers].map((one) => one.certificate).join('');
    await writeFile(certificateFile, certificate);
    return { ...own, certificate, certificateFile };
  }

  /** Puts another certificate and key into the files of one that a server uses. */
  async replace(old: Issued, by: Issued): Promise<Issued> {
    await writeFile(old.keyFile, by.key);
    await writeFile(old.certificateFile, by.certificate);
    return { ...by, keyFile: old.keyFile, certificateFile: old.certificateFile };
  }
}

/** An authority with a folder of its own, which is gone afterwards. */
export async function withAuthority<T>(
  work: (authority: TlsAuthority, directory: string) => Promise<T>,
): Promise<T> {
  return withTempDirectory(async (directory) =>
    work(await TlsAuthority.open(join(directory, 'authority')), directory),
  );
}

/** SHA-256 of a certificate, hexadecimal with colons, as `openssl x509 -fingerprint` prints it. */
export function fingerprintOf({ certificate }: Pick<Issued, 'certificate'>): string {
  return new X509Certificate(certificate).fingerprint256;
}

function extensionsFor(usage: 'serverAuth' | 'clientAuth' | 'authority', hosts: readonly string[]): string {
  if (usage === 'authority') {
    return 'basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n';
  }
  const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`));
  return `basicConstraints = CA:FALSE\nextendedKeyUsage = ${usage}\nsubjectAltName = ${names.join(',')}\n`;
}

/** As `openssl ca` reads it: YYYYMMDDHHMMSSZ. */
function dayFromNow(days: number): string {
  return `${new Date(Date.now() + days * DAY_MS).toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
}
