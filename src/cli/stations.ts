import { readFile } from 'node:fs/promises';
import { As2Error } from '../errors';
import type { Relationship } from '../exchange';
import type { ConnectionSettings } from '../http';
import { type KeyPair, makeKeyPair, openPkcs12, readCertificates, readPrivateKey } from '../pki';
import type { TestOptions } from './options';

/**
 * The two stations of a command line, their files read.
 * @param environment holds the passphrases and the password, which a command line shows to everyone on the machine
 * @throws As2Error `test-file-unreadable`, or what is wrong with a certificate or key
 */
export async function readRelationship(
  o: TestOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Relationship> {
  const own = await readOwnKeys(o, environment.AS2_PASSPHRASE);
  const certificates =
    o.certificate === undefined ? [] : readCertificates(await read('certificate', o.certificate));
  const [certificate] = certificates;
  return {
    identity: { as2Name: o.ownName, keyPairs: own ? [own] : [] },
    partner: {
      name: o.partnerName,
      as2Name: o.partnerName,
      url: o.url,
      ...(o.moreUrls.length === 0 ? {} : { urls: o.moreUrls }),
      ...(certificate ? { encryptionCertificate: certificate } : {}),
      signingCertificates: certificate ? [certificate] : [],
      sending: {
        sign: o.sign ?? (own ? 'sha-256' : 'none'),
        encrypt: o.encrypt ?? (certificate ? 'aes-256-cbc' : 'none'),
        receipt: o.receipt ?? (certificate ? 'signed' : 'unsigned'),
      },
      connection: await readConnection(o, environment),
    },
  };
}

async function readOwnKeys(o: TestOptions, passphrase: string | undefined): Promise<KeyPair | undefined> {
  if (o.pkcs12 !== undefined) {
    const { privateKey, certificates } = openPkcs12(await read('pkcs12', o.pkcs12), passphrase ?? '');
    const [certificate] = certificates;
    return certificate && makeKeyPair(certificate, privateKey);
  }
  if (o.key === undefined || o.ownCertificate === undefined) return undefined;
  const privateKey = readPrivateKey(await read('key', o.key), passphrase);
  const [certificate] = readCertificates(await read('own-certificate', o.ownCertificate));
  return certificate && makeKeyPair(certificate, privateKey);
}

async function readConnection(
  { timeoutMs, user, proxy, ca, pins, clientCertificate, clientKey }: TestOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ConnectionSettings> {
  const passphrase = environment.AS2_CLIENT_PASSPHRASE;
  return {
    connectTimeoutMs: timeoutMs,
    responseTimeoutMs: timeoutMs,
    ...(user === undefined
      ? {}
      : { credentials: { username: user, password: environment.AS2_PASSWORD ?? '' } }),
    ...(proxy === undefined ? {} : { proxy: proxy === 'environment' ? proxy : { url: proxy } }),
    tls: {
      ...(ca === undefined ? {} : { ca: asPem(await read('ca', ca)) }),
      ...(pins.length === 0 ? {} : { pins }),
      ...(clientCertificate === undefined || clientKey === undefined
        ? {}
        : {
            cert: asPem(await read('client-certificate', clientCertificate)),
            key: (await read('client-key', clientKey)).toString('latin1'),
            ...(passphrase === undefined ? {} : { passphrase }),
          }),
    },
  };
}

/** Whatever format a file of certificates has. */
function asPem(file: Buffer): string {
  return readCertificates(file)
    .map((one) => one.toPem())
    .join('');
}

async function read(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new As2Error('test-file-unreadable', { path, option: `--${option}`, reason }, { cause: error });
  }
}
