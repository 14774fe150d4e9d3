import assert from 'node:assert/strict';
import type { SendingSettings } from '../../src/exchange';
import type { MessageScript } from '../partner/mock';
import { WholeStation } from '../partner/whole-station';

const ORDER = Buffer.from("UNA:+.? 'UNB+UNOC:3+ALPHA+BETA'\r\nUNZ+1+1'\r\n");

interface Permutation {
  readonly id: string;
  readonly sign: boolean;
  readonly encrypt: boolean;
  readonly compress?: 'before-signing' | 'after-signing';
  readonly receipt: 'none' | 'unsigned' | 'signed';
  readonly delivery: 'sync' | 'async';
}

/** RFC 4130 §2.4.2, RFC 5402 §3: part C of the conformance list, every row with both ways of giving the receipt. */
const permutations: readonly Permutation[] = (
  [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const
)
  .flatMap(([sign, encrypt], row) =>
    (['none', 'unsigned', 'signed'] as const).map((receipt, column) => ({
      id: `PERM-${String(row * 3 + column + 1).padStart(2, '0')}`,
      sign,
      encrypt,
      receipt,
    })),
  )
  .flatMap((row) => [
    row,
    { ...row, id: `PERM-13, ${row.id}`, compress: 'before-signing' as const },
    ...(row.sign ? [{ ...row, id: `PERM-14, ${row.id}`, compress: 'after-signing' as const }] : []),
  ])
  .flatMap((row) => [
    { ...row, delivery: 'sync' as const },
    ...(row.receipt === 'none' ? [] : [{ ...row, delivery: 'async' as const }]),
  ]);

function title({ id, sign, encrypt, compress, receipt, delivery }: Permutation): string {
  const layers = [
    ...(compress === 'before-signing' ? ['compressed'] : []),
    ...(sign ? ['signed'] : []),
    ...(compress === 'after-signing' ? ['compressed'] : []),
    ...(encrypt ? ['encrypted'] : []),
  ];
  const wanted = receipt === 'none' ? 'no receipt' : `${receipt} receipt, ${delivery}`;
  return `${id}: ${layers.join(', ') || 'plain'}; ${wanted}`;
}

describe('Permutations over HTTP', () => {
  let station: WholeStation;
  before(async () => {
    station = await WholeStation.start();
  });
  after(async () => {
    await station?.stop();
  });

  describe('sending', () => {
    for (const permutation of permutations) {
      it(title(permutation), async () => {
        const { sign, encrypt, compress, receipt, delivery } = permutation;
        const sending: Partial<SendingSettings> = {
          sign: sign ? 'sha-256' : 'none',
          encrypt: encrypt ? 'aes-256-cbc' : 'none',
          ...(compress ? { compress } : {}),
          receipt,
          receiptDelivery: delivery,
          receiptUrl: station.url,
        };
        station.configure({ sending });
        const outcome = await station.send(ORDER);
        assert.equal(outcome.error, undefined, outcome.error?.message);
        const { opened, headers } = await station.partner.messages.next();
        assert.deepEqual(opened?.payload, ORDER);
        assert.equal(opened.filename, 'order.edi');
        assert.deepEqual(
          [opened.signed, opened.encrypted, opened.compressed],
          [sign, encrypt, compress !== undefined],
        );
        assert.equal(headers.get('Content-Type')?.split(/[;/]/, 2).join('/'), outerType(permutation));
        assert.equal(headers.has('Receipt-Delivery-Option'), delivery === 'async' && receipt !== 'none');
        const { receipt: got } = outcome;
        assert.equal(got?.signed, receipt === 'none' ? undefined : receipt === 'signed');
        if (got) assert.equal(got.micMatches, true);
        if (delivery === 'async')
          assert.equal((await station.partner.deliveries.next()).answer?.body.length, 0);
      });
    }
  });

  describe('receiving', () => {
    for (const permutation of permutations) {
      it(title(permutation), async () => {
        const { sign, encrypt, compress, receipt, delivery } = permutation;
        const both = sign ? 'signed+encrypted' : 'encrypted';
        const script: MessageScript = {
          payload: ORDER,
          contentType: 'application/edifact',
          filename: 'order.edi',
          protection: encrypt ? both : sign ? 'signed' : 'none',
          ...(compress ? { compress } : {}),
          receipt,
          ...(delivery === 'async' ? { receiptUrl: true } : {}),
        };
        station.configure({});
        const { answer, receipt: atOnce, verdict, message } = await station.partner.send(script);
        if (receipt === 'none') {
          assert.deepEqual([answer?.status, answer?.body.length], [200, 0]);
        } else if (delivery === 'async') {
          assert.deepEqual([answer?.status, answer?.body.length], [204, 0]);
          const { receipt: later } = await station.partner.receipts.next();
          assert.equal(later.originalMessageId, message.messageId);
          assertReceipt(later);
        } else {
          assert.equal(verdict?.problem, undefined);
          assert.deepEqual([verdict?.positive, verdict?.micMatches], [true, true]);
          assertReceipt(atOnce);
        }
        const got = station.messages.splice(0);
        assert.equal(got.length, 1);
        const [received] = got;
        assert.deepEqual(await received?.payload.read(), ORDER);
        assert.equal(received?.filename, 'order.edi');
        assert.deepEqual(
          [received.signed, received.encrypted, received.compressed],
          [sign, encrypt, compress !== undefined],
        );

        function assertReceipt(given: typeof atOnce): void {
          assert.equal(given?.dispositionText, 'automatic-action/MDN-sent-automatically; processed');
          assert.equal(given.signature?.status, receipt === 'signed' ? 'verified' : undefined);
          const kept = message.mics.filter(
            (mic) => !mic.alternative && mic.algorithm === given.mic?.algorithm,
          );
          assert.deepEqual(
            kept.map(({ value }) => value),
            [given.mic?.value],
            'the standard digest, not an alternative',
          );
        }
      });
    }
  });
});

function outerType({ sign, encrypt, compress }: Permutation): string {
  if (encrypt || compress === 'after-signing') return 'application/pkcs7-mime';
  if (sign) return 'multipart/signed';
  return compress ? 'application/pkcs7-mime' : 'application/edifact';
}
