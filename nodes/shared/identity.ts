import type { Node, NodeDef } from 'node-red';
import { As2Error } from '../../src/errors';
import type { Identity } from '../../src/exchange';
import type { KeyPair } from '../../src/pki';
import type { Checked } from './checked';
import { core } from './core';
import { secret, text } from './settings';

export interface IdentityDef extends NodeDef {
  readonly as2Name?: string;
  readonly url?: string;
  /** PEM; may hold the chain. */
  readonly certificate?: string;
}

export interface IdentityCredentials {
  privateKey?: string;
  passphrase?: string;
}

export interface IdentityNode extends Node<IdentityCredentials> {
  /** What the user calls it. */
  label: string;
  /** As it is configured, in order or not. */
  as2Name: string;
  url: string;
  identity: Checked<Identity>;
}

export function isIdentityNode(node: Node | null | undefined): node is IdentityNode {
  return node?.type === 'as2-identity';
}

/**
 * Our station as the core wants it. Without certificate and key it can exchange only unsigned and unencrypted messages;
 * whether that is enough is for the partner's settings to say.
 * @throws As2Error that tells which setting is wrong
 */
export function readIdentity(def: IdentityDef, credentials: IdentityCredentials | undefined): Identity {
  const as2Name = text(def.as2Name, 'AS2 name');
  core.as2.assertAs2Name(as2Name);
  const host = hostOf(text(def.url, 'URL'));
  return {
    as2Name,
    keyPairs: readKeyPairs(as2Name, text(def.certificate, 'certificate'), credentials ?? {}),
    ...(host === undefined ? {} : { messageIdHost: host }),
  };
}

function readKeyPairs(identity: string, pem: string, credentials: IdentityCredentials): KeyPair[] {
  const privateKeyPem = text(credentials.privateKey, 'private key');
  if (pem === '' && privateKeyPem === '') return [];
  if (pem === '') throw new As2Error('identity-certificate-missing', { identity });
  if (privateKeyPem === '') throw new As2Error('identity-key-missing', { identity });
  const { readCertificates, readPrivateKey, makeKeyPair } = core.pki;
  const [certificate] = readCertificates(pem);
  if (!certificate) throw new As2Error('identity-certificate-missing', { identity });
  const privateKey = readPrivateKey(privateKeyPem, secret(credentials.passphrase, 'passphrase'));
  // Better said at deploy than when the first message arrives.
  if (privateKey.asymmetricKeyType === 'rsa' && !core.cms.pkcs1DecryptionIsSafe(privateKey)) {
    throw new As2Error('runtime-too-old', { version: process.version });
  }
  return [makeKeyPair(certificate, privateKey)];
}

function hostOf(url: string): string | undefined {
  if (url === '') return undefined;
  if (!URL.canParse(url))
    throw new As2Error('setting-invalid', {
      setting: 'URL',
      value: url,
      expected: 'an address like https://as2.example.com/as2',
    });
  return new URL(url).hostname;
}
