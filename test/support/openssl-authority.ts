import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openssl } from './openssl';

/** A small certificate authority of the `openssl` command; its files lie in `directory` as NAME.key and NAME.pem. */
export class OpensslAuthority {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  file(name: string): string {
    return join(this.#directory, name);
  }

  /** @returns the certificate as PEM */
  async issueRoot(name: string): Promise<string> {
    const files = ['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`)];
    await openssl(['req', '-x509', ...newEcKey, ...files, '-subj', `/CN=${name}`]);
    return (await openssl(['x509', '-in', this.file(`${name}.pem`)])).toString();
  }

  /** @returns the certificate as PEM */
  async issue(name: string, by: string, options: readonly string[] = [], newKey = newEcKey): Promise<string> {
    const request = ['req', '-new', ...newKey, '-keyout', this.file(`${name}.key`), '-subj', `/CN=${name}`];
    const authority = ['-CA', this.file(`${by}.pem`), '-CAkey', this.file(`${by}.key`), '-CAcreateserial'];
    const issue = ['x509', '-req', ...authority, '-days', '90', ...options];
    const certificate = await openssl(issue, await openssl(request));
    await writeFile(this.file(`${name}.pem`), certificate);
    return certificate.toString();
  }

  /** @returns the private key as PEM */
  async privateKey(name: string): Promise<string> {
    return (await openssl(['pkey', '-in', this.file(`${name}.key`)])).toString();
  }

  /** @returns a revocation list as PEM */
  async revocationList(by: string): Promise<string> {
    await writeFile(this.file('index.txt'), '');
    const [key, certificate] = [this.file(`${by}.key`), this.file(`${by}.pem`)];
    const settings = `[ca]\ndefault_ca = this\n[this]\ndatabase = ${this.file('index.txt')}\nprivate_key = ${key}\n`;
    await writeFile(this.file('ca.cnf'), `${settings}certificate = ${certificate}\n`);
    const list = ['ca', '-gencrl', '-config', this.file('ca.cnf'), '-crldays', '1', '-md', 'sha256'];
    return (await openssl(list)).toString();
  }
}

const newEcKey: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
