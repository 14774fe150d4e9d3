import { certificateCard, openPkcs12, readCertificates, readPrivateKey, sameName } from '../../../src/pki';
import { berMutation } from '../mutate/ber';
import { byteMutations, dictionary, type Mutation } from '../mutate/bytes';
import { PASSPHRASE, type Samples } from '../samples';
import { must, mustBeOneLine, type Target } from '../target';

const pem = dictionary([
  '-----BEGIN CERTIFICATE-----\n',
  '-----END CERTIFICATE-----\n',
  '-----BEGIN ',
  '-----',
  'Proc-Type: 4,ENCRYPTED\n',
  '\\n',
]);

/** PEM is changed as the DER it stands for, half of the time. */
const pemMutation: Mutation = (random, sample, others) => {
  const text = sample.toString('latin1');
  const block = /-----BEGIN ([A-Z0-9 ]+)-----([^-:]+)-----END/.exec(text);
  if (!block || random.chance(2)) return berMutation(random, sample, others);
  const [whole, label = '', body = ''] = block;
  const changed = berMutation(random, Buffer.from(body, 'base64'), others).toString('base64');
  const lines = changed.match(/.{1,64}/g)?.join('\n') ?? '';
  return Buffer.from(
    text.replace(whole, () => `-----BEGIN ${label}-----\n${lines}\n-----END`),
    'latin1',
  );
};

const mutations = [...byteMutations, pem, ...Array.from({ length: 25 }, () => pemMutation)];

export function pkiTargets({ certificates, privateKeys, pkcs12 }: Samples): Target[] {
  return [
    {
      name: 'pki/certificates',
      samples: [...certificates, ...privateKeys.slice(0, 1)],
      mutations,
      run: readCertificateFile,
      weight: 2,
    },
    { name: 'pki/private-key', samples: privateKeys, mutations, run: readKeyFile, budgetMs: 2000 },
    // An iteration count is work that the file asks for, within limits; each takes its time.
    { name: 'pki/pkcs12', samples: pkcs12, mutations, run: readPkcs12File, budgetMs: 15_000, weight: 0.5 },
  ];
}

function readCertificateFile(input: Buffer): string {
  const found = readCertificates(input);
  must(found.length > 0, 'no certificate, and no error');
  for (const certificate of found) {
    const card = certificateCard(certificate);
    JSON.stringify(card);
    for (const text of [card.subject, card.issuer, card.commonName, card.serialNumber])
      mustBeOneLine(text, 'a name');
    must(sameName(certificate.subjectDer, certificate.subjectDer), 'a name is not the same as itself');
    const [again] = readCertificates(certificate.toPem());
    must(again?.equals(certificate) === true, 'a certificate reads differently when it is written again');
  }
  return `ok ${Math.min(found.length, 3)} ${found[0]?.keyKind}`;
}

function readKeyFile(input: Buffer): string {
  const key = readPrivateKey(input, PASSPHRASE);
  must(key.type === 'private', 'not a private key');
  return `ok ${key.asymmetricKeyType}`;
}

function readPkcs12File(input: Buffer): string {
  const { certificates, privateKey } = openPkcs12(input, PASSPHRASE);
  must(
    certificates[0]?.x509.checkPrivateKey(privateKey) === true,
    'the first certificate is not that of the key',
  );
  return `ok ${certificates.length}`;
}
