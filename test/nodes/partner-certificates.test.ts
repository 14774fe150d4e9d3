import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { IdentityNode } from '../../nodes/shared/identity';
import { type CheckedPartner, readPartner } from '../../nodes/shared/partner';
import { Certificate, readCertificates } from '../../src/pki';
import { buildCertificate, type CertificateParts } from '../support/certificate-builder';
import { testKeyPair } from '../support/keys';
import { OpensslAuthority } from '../support/openssl-authority';
import { withTempDirectory } from '../support/temp';

const UTF8_STRING = 12;
const subject: CertificateParts['subject'] = [['2.5.4.3', UTF8_STRING, 'Partner']];

describe('the certificates of a partner', () => {
  it('SEC-01: an old and a renewed self-signed one of the same name count both', async () => {
    const [key, newKey] = [rsaKey(), rsaKey()];
    const old = Certificate.fromDer(buildCertificate({ key, subject }));
    const serial = Buffer.from([2]);
    const renewals = [
      buildCertificate({ key: newKey, subject, serial }),
      buildCertificate({ key, subject, serial }),
    ];
    for (const renewal of renewals.map((der) => Certificate.fromDer(der))) {
      const { certificates, relationship } = await partnerWith(old.toPem() + renewal.toPem());
      assert.deepEqual(fingerprints(certificates), fingerprints([old, renewal]));
      assert.deepEqual(
        fingerprints(relationship().partner.signingCertificates),
        fingerprints([old, renewal]),
      );
    }
  });

  it('SEC-01: of a chain in any order only its own one signs and is encrypted for', async () => {
    await withTempDirectory(async (directory) => {
      const authority = new OpensslAuthority(directory);
      const root = await authority.issueRoot('Root');
      const middle = await authority.issue('Middle', 'Root');
      const own = await authority.issue('Partner', 'Middle');
      for (const pem of [root + middle + own, own + middle + root, middle + own + root]) {
        const { partner } = (await partnerWith(pem)).relationship();
        assert.deepEqual(fingerprints(partner.signingCertificates), fingerprints(readCertificates(own)));
        assert.equal(partner.encryptionCertificate?.subject, 'CN=Partner');
      }
    });
  });

  it('an authority that is entered alone is taken as it is', async () => {
    await withTempDirectory(async (directory) => {
      const root = await new OpensslAuthority(directory).issueRoot('Root');
      assert.equal((await partnerWith(root)).certificates.length, 1);
    });
  });
});

async function partnerWith(certificate: string): Promise<CheckedPartner> {
  const keyPair = await testKeyPair('Own');
  const identity = { label: 'Own', identity: { ready: { as2Name: 'OWN', keyPairs: [keyPair] } } };
  const def = { as2Name: 'PARTNER', url: 'http://127.0.0.1:1/as2', certificate };
  return readPartner(
    { id: 'partner', type: 'as2-partner', name: '', z: '', ...def },
    'Partner',
    {},
    identity as unknown as IdentityNode,
  );
}

function rsaKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function fingerprints(certificates: readonly Certificate[]): string[] {
  return certificates.map(({ fingerprintSha256 }) => fingerprintSha256);
}
