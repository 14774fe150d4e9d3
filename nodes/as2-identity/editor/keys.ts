import { field, setValue } from '../../shared/editor/dom';
import { post } from '../../shared/editor/server';

/** What Node-RED puts into a password field instead of the password it keeps for itself. */
const STORED = '__PWRD__';

/** The certificate with its private key, as PEM or as `${VARIABLE}`. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
  /** Of an encrypted private key. */
  readonly passphrase: string;
}

/** The hidden fields of the dialog that hold the key pair until Node-RED takes them over. */
export class KeyFields {
  /** @param id of the identity, by which the server finds the stored key */
  constructor(private readonly id: string) {}

  readonly certificate = field('node-config-input-certificate');
  readonly privateKey = field('node-config-input-privateKey');
  readonly #passphrase = field('node-config-input-passphrase');

  /** Nothing of it is final before the dialog's own button is pressed. */
  replace({ certificate, privateKey, passphrase }: KeyPair): void {
    setValue(this.#passphrase, passphrase);
    setValue(this.privateKey, privateKey);
    setValue(this.certificate, certificate);
  }

  replaceCertificate(certificate: string): void {
    setValue(this.certificate, certificate);
  }

  /** Whether a private key is known to the server or about to be. */
  get hasKey(): boolean {
    return this.privateKey.value !== '';
  }

  get keyIsStored(): boolean {
    return this.privateKey.value === STORED;
  }

  /** What the key in the dialog is; for a stored key the server looks at its own copy. */
  inspect(certificate: string): Promise<InspectedKey> {
    const key = { privateKey: this.privateKey.value, passphrase: this.#passphrase.value };
    return inspectKey({ ...key, id: this.id, certificate });
  }
}

/** What the server finds out about a private key; the key itself never comes back. */
export interface InspectedKey {
  /** E.g. `RSA 2048`. */
  readonly kind?: string;
  /** The environment variable that holds the key: then nothing else is known about it. */
  readonly variable?: string;
  /** Only when a certificate was sent along. */
  readonly matchesCertificate?: boolean;
}

export function inspectKey(key: {
  readonly privateKey: string;
  readonly passphrase: string;
  readonly certificate?: string;
  readonly id?: string;
}): Promise<InspectedKey> {
  return post<InspectedKey>('key/inspect', key);
}
