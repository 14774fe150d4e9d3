import assert from 'node:assert/strict';
import {
  composeReceipt,
  type CompressOptions,
  isReceipt,
  judgeReceipt,
  type KeptMic,
  newMessageId,
  openReceipt,
  planReceipt,
  processed,
  readAs2Headers,
  receiptText,
} from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { payloadBody, payloadBodyMics } from '../support/payload-part';
import {
  alphaName,
  betaName,
  composed,
  composedCompressed,
  inMemory,
  opened,
  payloadBytes,
  stations,
  type Stations,
} from './stations';

type Compression = CompressOptions['order'];

interface Permutation {
  readonly id: string;
  readonly compress?: Compression;
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

/** RFC 5402 §3: the same with one layer of compression. */
const compressed: readonly Permutation[] = [
  ...permutations.map((row) => ({ ...row, id: 'PERM-13', compress: 'before-signing' as const })),
  ...permutations.flatMap((row) =>
    row.sign ? [{ ...row, id: 'PERM-14', compress: 'after-signing' as const }] : [],
  ),
];

function title({ sign, encrypt, receipt, compress }: Permutation): string {
  const layers = [...(sign ? ['signed'] : []), ...(encrypt ? ['encrypted'] : [])].join(' then ') || 'plain';
  return `${layers}, receipt ${receipt}${compress ? `, compressed ${compress}` : ''}`;
}

/** MIC-01 to MIC-07: over what the receipt's digest must be. */
function scope({ sign, encrypt, compress }: Permutation): KeptMic['scope'] {
  if (sign) return 'signed-entity';
  return encrypt || compress ? 'entity' : 'body';
}

function layerKinds({ sign, encrypt, compress }: Permutation): string[] {
  return [
    ...(encrypt ? ['encrypted'] : []),
    ...(compress === 'after-signing' ? ['compressed'] : []),
    ...(sign ? ['signed'] : []),
    ...(compress === 'before-signing' ? ['compressed'] : []),
  ];
}

async function messageOf(permutation: Permutation, both: Stations) {
  if (!permutation.compress) return composed(layers(both, permutation));
  const compress = { order: permutation.compress, spill: inMemory };
  return composedCompressed({ ...layers(both, permutation), compress });
}

function layers({ alpha, beta }: Stations, { sign, encrypt, receipt }: Permutation) {
  return {
    ...(sign ? { sign: { keyPair: alpha, digest: 'sha-256' as const } } : {}),
    ...(encrypt ? { encrypt: { recipients: [beta.certificate], cipher: 'aes-256-cbc' as const } } : {}),
    ...(receipt === 'none' ? {} : { receipt: { signed: receipt === 'signed' } }),
  };
}

describe('Permutations: compose, open, receipt, verdict', () => {
  for (const permutation of [...permutations, ...compressed]) {
    it(`${permutation.id} ${title(permutation)}`, async () => {
      const both = await stations();
      const message = await messageOf(permutation, both);
      assert.equal(message.length, message.body.length, 'HTTP-03: the length was known before');

      const request = readAs2Headers(message.headers);
      assert.deepEqual([request.from, request.to], [alphaName, betaName]);
      assert.equal(await isReceipt({ headers: message.headers, body: bufferSource(message.body) }), false);

      const plan = request.receipt && planReceipt(request.receipt);
      assert.equal(plan?.signed, { none: undefined, unsigned: false, signed: true }[permutation.receipt]);
      const micAlgorithms = request.receipt?.micalg?.values;
      const received = await opened(message, micAlgorithms ? { micAlgorithms } : {});
      assert.deepEqual(await payloadBytes(received), payloadBody);
      assert.equal(received.payload.filename, 'po.edi');
      assert.equal(received.payload.contentType, 'application/edi-x12');
      const kinds = received.layers.map(({ kind }) => kind);
      assert.deepEqual(kinds, layerKinds(permutation));
      assert.equal(received.compressed, permutation.compress !== undefined);

      const kept = message.mics.find(({ algorithm }) => algorithm === 'sha-256');
      assert.equal(kept?.scope, scope(permutation));
      assert.deepEqual(received.mic, { value: kept.value, algorithm: 'sha-256' });
      assert.equal(received.mic.value === payloadBodyMics.sha256, kept.scope === 'body');
      if (!plan) return;

      const receipt = await composeReceipt({
        request,
        disposition: processed,
        mic: received.mic,
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
