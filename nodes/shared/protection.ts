import type { SecurityPolicy } from '../../src/as2';
import type { CipherName, DigestName } from '../../src/cms';
import type { SendingSettings } from '../../src/exchange';
import { AEAD_STRUCTURE, COMPRESS, ENCRYPT, KEY_TRANSPORT, RECEIPT, SIGN, SIGN_SCHEME } from './choices';
import { core } from './core';
import { choice, flag } from './settings';

type Flag = boolean | string;

/** How messages to and from a partner are protected, as configured. */
export interface ProtectionDef {
  readonly sign?: string;
  readonly signScheme?: string;
  readonly encrypt?: string;
  readonly aeadStructure?: string;
  readonly keyTransport?: string;
  readonly compress?: string;
  readonly receipt?: string;
  /** Whether a large message goes on where the line broke. */
  readonly restart?: Flag;
  readonly requireSigned?: Flag;
  readonly requireEncrypted?: Flag;
  readonly acceptSha1?: Flag;
  readonly acceptMd5?: Flag;
  readonly accept3des?: Flag;
  readonly acceptRc2?: Flag;
  readonly acceptCast5?: Flag;
  readonly acceptIdea?: Flag;
}

/** @throws As2Error `environment-missing`, `setting-invalid` */
export function readSending(def: ProtectionDef): SendingSettings {
  const transport = choice(def.keyTransport, 'key encryption', KEY_TRANSPORT, 'rsa-pkcs1');
  const compress = choice(def.compress, 'compression', COMPRESS, '');
  return {
    sign: choice(def.sign, 'signature', SIGN, 'sha-256') || 'none',
    scheme: choice(def.signScheme, 'signature scheme', SIGN_SCHEME, 'rsa-pkcs1'),
    encrypt: choice(def.encrypt, 'encryption', ENCRYPT, 'aes-256-cbc') || 'none',
    aeadStructure: choice(def.aeadStructure, 'structure', AEAD_STRUCTURE, 'auth-enveloped-data'),
    keyTransport: transport === 'rsa-pkcs1' ? transport : 'rsa-oaep',
    oaepDigest: transport === 'rsa-oaep-sha-1' ? 'sha-1' : 'sha-256',
    ...(compress === '' ? {} : { compress }),
    restart: flag(def.restart, 'go on after a break', false),
    receipt: choice(def.receipt, 'receipt', RECEIPT, 'signed'),
  };
}

/** What counts as too weak unless the partner is allowed to use it (SEC-05, ENV-10, ENV-14). */
const weakDigests: readonly Weak<DigestName>[] = [
  { property: 'acceptSha1', setting: 'accept SHA-1', names: ['sha-1'] },
  { property: 'acceptMd5', setting: 'accept MD5', names: ['md5'] },
];
const weakCiphers: readonly Weak<CipherName>[] = [
  { property: 'accept3des', setting: 'accept 3DES', names: ['des-ede3-cbc'] },
  { property: 'acceptCast5', setting: 'accept CAST5', names: ['cast5-cbc'] },
  { property: 'acceptIdea', setting: 'accept IDEA', names: ['idea-cbc'] },
  { property: 'acceptRc2', setting: 'accept RC2', names: ['rc2-40-cbc', 'rc2-64-cbc', 'rc2-128-cbc'] },
];

interface Weak<Name> {
  readonly property: keyof ProtectionDef;
  readonly setting: string;
  readonly names: readonly Name[];
}

/** @throws As2Error `environment-missing`, `setting-invalid` */
export function readRequirements(def: ProtectionDef): SecurityPolicy & {
  readonly requireSigned: boolean;
  readonly requireEncrypted: boolean;
} {
  const { defaultAllowedDigests, defaultAllowedCiphers } = core.as2;
  return {
    requireSigned: flag(def.requireSigned, 'require signature', true),
    requireEncrypted: flag(def.requireEncrypted, 'require encryption', true),
    allowedDigests: [...defaultAllowedDigests, ...accepted(def, weakDigests)],
    allowedCiphers: [...defaultAllowedCiphers, ...accepted(def, weakCiphers)],
  };
}

function accepted<Name>(def: ProtectionDef, weak: readonly Weak<Name>[]): Name[] {
  return weak
    .filter(({ property, setting }) => flag(def[property], setting, false))
    .flatMap(({ names }) => names);
}
