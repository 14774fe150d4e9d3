import type { NodeAPI } from 'node-red';
import { As2Error, toAs2Error } from '../../src/errors';
import type { Certificate, IssuableKeyType } from '../../src/pki';
import { answering as answeringRequest } from './admin/answer';
import { registerExchangeRoutes } from './admin/exchange-routes';
import { registerPartnerTest } from './admin/partner-test';
import { core } from './core';
import { endpointsAtWork } from './endpoints-at-work';
import type { IdentityCredentials } from './identity';
import { choice, environmentVariable, positive, text } from './settings';
import type { ShownCertificate } from './shown-certificate';
import { stateOf } from './state';

type Fields = Readonly<Record<string, unknown>>;

/** Node-RED's editor puts this in place of a password it holds and does not show. */
const UNCHANGED_PASSWORD = '__PWRD__';

/**
 * What the dialogs ask the runtime, since browsers cannot read certificates and keys. Nothing is stored, nothing is
 * logged; a private key that was made or imported goes to the dialog once, to become a credential with the next deploy.
 */
export function registerAdminRoutes(RED: NodeAPI): void {
  const read = RED.auth.needsPermission('as2.read');
  const write = RED.auth.needsPermission('as2.write');

  registerExchangeRoutes(RED);
  registerPartnerTest(RED);

  RED.httpAdmin.get(
    '/as2/endpoints',
    read,
    answering(RED, () => endpointsAtWork(stateOf(RED))),
  );

  RED.httpAdmin.post(
    '/as2/certificate/inspect',
    read,
    answering(RED, (fields) => ({
      certificates: core.pki.readCertificates(textOrBytes(fields)).map(shown),
    })),
  );

  RED.httpAdmin.post(
    '/as2/key/inspect',
    write,
    answering(RED, (fields) => inspectKey(withStoredSecrets(RED, fields))),
  );

  RED.httpAdmin.post(
    '/as2/identity/generate',
    write,
    answering(RED, async (fields) => {
      const { issuableKeyTypes, issueSelfSigned } = core.pki;
      const country = text(fields.country, 'country');
      const organization = text(fields.organization, 'organization');
      const issued = await issueSelfSigned({
        commonName: required(fields, 'commonName'),
        ...(organization === '' ? {} : { organization }),
        ...(country === '' ? {} : { country }),
        keyType: choice<IssuableKeyType>(fields.keyType, 'key type', issuableKeyTypes, 'rsa-2048'),
        ...(fields.validDays === undefined
          ? {}
          : { validDays: positive(fields.validDays, 'days of validity', 1) }),
      });
      return ownPair(issued.privateKeyPem, core.pki.readCertificates(issued.certificatePem));
    }),
  );

  RED.httpAdmin.post(
    '/as2/pkcs12/import',
    write,
    answering(RED, (fields) => {
      const file = Buffer.from(required(fields, 'base64'), 'base64');
      // Not trimmed: blanks count in passphrases.
      const passphrase = typeof fields.passphrase === 'string' ? fields.passphrase : '';
      const { privateKey, certificates } = core.pki.openPkcs12(file, passphrase);
      return ownPair(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificates);
    }),
  );
}

/** What is said about a private key; never the key itself. */
interface InspectedKey {
  readonly kind?: string;
  readonly matchesCertificate?: boolean;
  /** The key is to be read from this environment variable, which only flows can see. */
  readonly variable?: string;
}

function inspectKey(fields: Fields): InspectedKey {
  const variable = environmentVariable(fields.privateKey);
  if (variable !== undefined) return { variable };
  const { keyKindOf, makeKeyPair, readCertificates, readPrivateKey } = core.pki;
  const passphrase = typeof fields.passphrase === 'string' ? fields.passphrase : '';
  const key = readPrivateKey(required(fields, 'privateKey'), passphrase);
  const kind = keyKindOf(key);
  const certificate = text(fields.certificate, 'certificate');
  if (certificate === '') return { kind };
  const [own] = readCertificates(certificate);
  try {
    if (own) makeKeyPair(own, key);
    return { kind, matchesCertificate: own !== undefined };
  } catch (error) {
    if (toAs2Error(error).code !== 'key-certificate-mismatch') throw error;
    return { kind, matchesCertificate: false };
  }
}

/** For a key that was not entered again, the one that is stored with the identity `id`. */
function withStoredSecrets(RED: NodeAPI, fields: Fields): Fields {
  const stored = (RED.nodes.getCredentials(text(fields.id, 'id')) ?? {}) as IdentityCredentials;
  const kept = (name: keyof IdentityCredentials) =>
    fields[name] === UNCHANGED_PASSWORD ? { [name]: stored[name] } : {};
  return { ...fields, ...kept('privateKey'), ...kept('passphrase') };
}

function ownPair(privateKey: string, certificates: readonly Certificate[]) {
  const [own] = certificates;
  return {
    privateKey,
    certificate: certificates.map((certificate) => certificate.toPem()).join(''),
    ...(own ? { card: shown(own) } : {}),
  };
}

function shown(certificate: Certificate): ShownCertificate {
  return { ...core.pki.certificateCard(certificate), pem: certificate.toPem() };
}

function textOrBytes(fields: Fields): string | Buffer {
  if (typeof fields.base64 === 'string') return Buffer.from(fields.base64, 'base64');
  return required(fields, 'text');
}

function required(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string') throw new As2Error('input-missing', { field });
  return value;
}

/** With the fields of the request's JSON body. */
function answering(RED: NodeAPI, work: (fields: Fields) => unknown): ReturnType<typeof answeringRequest> {
  return answeringRequest(RED, ({ body }) =>
    work(typeof body === 'object' && body !== null ? (body as Fields) : {}),
  );
}
