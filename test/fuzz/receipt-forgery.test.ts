import assert from 'node:assert/strict';
import { composeMessage, openReceipt, type Receipt } from '../../src/as2';
import { bufferFlow, bufferSource } from '../../src/bytes';
import { Headers } from '../../src/mime';
import { collect } from '../support/chunks';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { signature } from './samples';

const FIELDS = [
  'Original-Message-ID: <2@own.example>',
  'Disposition: automatic-action/MDN-sent-automatically; processed',
  'Received-content-MIC: AAAA, sha-256',
  '',
].join('\r\n');
const UNSIGNED = `Content-Type: message/disposition-notification\r\n\r\n${FIELDS}`;

describe('Receipts around something else that the partner signed', () => {
  let partner: TestKeyPair;

  before(async () => {
    partner = await testKeyPair('Partner');
  });

  /** Anything the partner ever signed: a message that everyone on the way could have kept. */
  async function signedEarlier(): Promise<string> {
    const { headers, body } = composeMessage({
      from: 'Partner',
      to: 'Own',
      messageId: '<1@partner.example>',
      payload: { content: bufferFlow(Buffer.from('ISA*00*')), contentType: 'application/EDI-X12' },
      sign: { keyPair: partner, digest: 'sha-256' },
    });
    const content = await collect(body.chunks);
    return `Content-Type: ${headers.get('Content-Type')}\r\n\r\n${content.toString('latin1')}`;
  }

  function opened(...parts: readonly string[]): Promise<Receipt> {
    const body = `${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`;
    const headers = Headers.fromPairs([
      ['Content-Type', 'multipart/report; report-type=disposition-notification; boundary=x'],
    ]);
    const source = bufferSource(Buffer.from(body, 'latin1'));
    return openReceipt({ headers, body: source }, { signingCertificates: [partner.certificate] });
  }

  it('SEC-12, RCV-03: fields before a signed part are not proved by its signature', async () => {
    const receipt = await opened(UNSIGNED, await signedEarlier());
    assert.equal(receipt.originalMessageId, '<2@own.example>');
    assert.equal(receipt.signed, false);
    assert.equal(receipt.signature, undefined);
  });

  it('RCV-06: fields quoted in the text for people do not count where a notification follows', async () => {
    const quoted = `Content-Type: text/plain\r\n\r\n${FIELDS.replace('processed', 'failed/failure: x')}`;
    const receipt = await opened(quoted, UNSIGNED);
    assert.equal(receipt.disposition.type, 'processed');
    assert.equal((await opened(quoted)).disposition.type, 'failed');
  });

  it('SEC-12, RCV-03: a signature around fields in a text says nothing about an unsigned notification', async () => {
    const content = Buffer.from(`Content-Type: text/plain\r\n\r\n${FIELDS}`);
    const bytes = await signature(content, partner);
    const signed = [
      'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n',
      `\r\n--s\r\n${content.toString()}\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\n`,
      `${bytes.toString('latin1')}\r\n--s--\r\n`,
    ].join('');
    assert.equal((await opened(signed)).signature?.status, 'verified');
    for (const parts of [
      [signed, UNSIGNED],
      [UNSIGNED, signed],
    ]) {
      assert.equal((await opened(...parts)).signature, undefined);
    }
  });

  it('SEC-12, RCV-03: fields behind a signed part are not proved by its signature', async () => {
    const receipt = await opened(await signedEarlier(), UNSIGNED);
    assert.equal(receipt.signed, false);
    assert.equal(receipt.signature, undefined);
  });

  /** Found by `npm run fuzz`: seed 20261122, as2/open-receipt. */
  it('SEC-12: what a signed receipt says does not depend on what stands around it', async () => {
    const within = (boundary: string, part: string) =>
      `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n${part}\r\n--${boundary}--\r\n`;
    const other = UNSIGNED.replace('processed', 'failed/failure: other');
    const twofold = [
      'Content-Type: multipart/mixed; boundary=t\r\n',
      `--t\r\n${within('a', within('b', UNSIGNED))}\r\n--t\r\n${other}\r\n--t--\r\n`,
    ].join('\r\n');
    const signed = async (content: string) => {
      const bytes = await signature(Buffer.from(content), partner);
      return [
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n',
        `\r\n--s\r\n${content}\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\n`,
        `${bytes.toString('latin1')}\r\n--s--\r\n`,
      ].join('');
    };
    const genuine = await signed(twofold);
    for (const around of [[genuine], [within('c', genuine)], [within('c', within('d', genuine))]]) {
      const receipt = await opened(...around).catch((error: unknown) => error as Error);
      // Too deep for us, or what it always says.
      if (receipt instanceof Error) assert.match(receipt.message, /not with a receipt/);
      else assert.deepEqual([receipt.disposition.type, receipt.signature?.status], ['processed', 'verified']);
    }
  });
});
