import assert from 'node:assert/strict';
import {
  composeReceipt,
  isReceipt,
  judgeReceipt,
  newMessageId,
  openReceipt,
  planReceipt,
  processed,
  readAs2Headers,
  receiptText,
} from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { payloadBody, payloadBodyMics } from '../support/payload-part';
import { alphaName, betaName, composed, opened, payloadBytes, stations, type Stations } from './stations';

interface Permutation {
  readonly id: string;
  readonly sign: boolean;
  readonly encrypt: boolean;
  readonly receipt: 'none' | 'unsigned' | 'signed';
}

/** RFC 4130 §2.4.2: every combination must be possible. */
const permutations: readonly Permutation[] = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
].flatMap(([sign = false, encrypt = false], row) =>
  (['none', 'unsigned', 'signed'] as const).map((receipt, column) => ({
    id: `PERM-${String(row * 3 + column + 1).padStart(2, '0')}`,
    sign,
    encrypt,
    receipt,
  })),
);

function title({ sign, encrypt, receipt }: Permutation): string {
  const layers = [...(sign ? ['signed'] : []), ...(encrypt ? ['encrypted'] : [])].join(' then ') || 'plain';
  return `${layers}, receipt ${receipt}`;
}

function layers({ alpha, beta }: Stations, { sign, encrypt, receipt }: Permutation) {
  return {
    ...(sign ? { sign: { keyPair: alpha, digest: 'sha-256' as const } } : {}),
    ...(encrypt ? { encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' as const } } : {}),
    ...(receipt === 'none' ? {} : { receipt: { signed: receipt === 'signed' } }),
  };
}

describe('Permutations: compose, open, receipt, verdict', () => {
  for (const permutation of permutations) {
    it(`${permutation.id} ${title(permutation)}`, async () => {
      const both = await stations();
      const message = await composed(layers(both, permutation));
      assert.equal(message.length, message.body.length, 'HTTP-03: the length was known before');

      const request = readAs2Headers(message.headers);
      assert.deepEqual([request.from, request.to], [alphaName, betaName]);
      assert.equal(await isReceipt({ headers: message.headers, body: bufferSource(message.body) }), false);

      const plan = request.receipt && planReceipt(request.receipt);
      assert.equal(plan?.signed, { none: undefined, unsigned: false, signed: true }[permutation.receipt]);
      const micAlgorithms = request.receipt?.micalg?.values;
      const message2 = await opened(message, micAlgorithms ? { micAlgorithms } : {});
      assert.deepEqual(await payloadBytes(message2), payloadBody);
      assert.equal(message2.payload.filename, 'po.edi');
      assert.equal(message2.payload.contentType, 'application/edi-x12');
      assert.deepEqual([message2.signed, message2.encrypted], [permutation.sign, permutation.encrypt]);

      const isProtected = permutation.sign || permutation.encrypt;
      assert.deepEqual(message2.mic, { value: message.mics[0]?.value, algorithm: 'sha-256' });
      assert.equal(
        message2.mic.value === payloadBodyMics.sha256,
        !isProtected,
        'MIC-B only where unprotected',
      );
      if (!plan) return;

      const receipt = await composeReceipt({
        request,
        disposition: processed,
        mic: message2.mic,
        text: receiptText(request, processed),
        product: 'node-red-contrib-as2',
        messageId: newMessageId('beta.example'),
        ...(plan.signed ? { sign: { keyPair: both.beta } } : {}),
      });
      const incoming = { headers: receipt.headers, body: bufferSource(receipt.body) };
      assert.equal(await isReceipt(incoming), true, 'RCV-01');
      const readBack = await openReceipt(incoming, { signingCertificates: [both.beta.certificate] });
      const verdict = judgeReceipt(readBack, {
        messageId: request.messageId ?? '',
        mics: message.mics,
        signedRequired: plan.signed,
        ownAs2Name: alphaName,
        partnerAs2Name: betaName,
      });
      assert.deepEqual(verdict, { positive: true, micMatches: true, authenticated: plan.signed });
    });
  }
});
