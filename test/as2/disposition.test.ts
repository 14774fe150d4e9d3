import assert from 'node:assert/strict';
import {
  type Disposition,
  dispositionFor,
  failedFailure,
  formatDisposition,
  isPositive,
  parseDisposition,
  processed,
  processedError,
  processedWarning,
} from '../../src/as2';
import { As2Error } from '../../src/errors';
import { assertQuick } from '../support/working-time';

const automatic = 'automatic-action/MDN-sent-automatically;';

/** The rule, the field, whether it is good news, and type, modifier and description as read. */
type Case = readonly [id: string, field: string, positive: boolean, read: readonly (string | undefined)[]];

const cases: readonly Case[] = [
  ['DSP-01', `${automatic} processed`, true, ['processed']],
  ['DSP-01', `${automatic}processed`, true, ['processed']],
  ['DSP-01', 'automatic-action/MDN-sent-automatically ; processed', true, ['processed']],
  ['DSP-01', 'automatic-action/MDN-sent-automatically;\r\n\tprocessed', true, ['processed']],
  ['DSP-01', 'automatic-action / MDN-sent-automatically ;  processed', true, ['processed']],
  ['DSP-01', 'AUTOMATIC-ACTION/MDN-SENT-AUTOMATICALLY; PROCESSED', true, ['processed']],
  ['DSP-01', 'automatic-action/MDN-sent-automatically processed', true, ['processed']],
  ['DSP-01', `${automatic} processed;`, true, ['processed']],
  ['DSP-01', `${automatic} (good) processed (really)`, true, ['processed']],
  ['DSP-01', 'processed', true, ['processed']],
  ['DSP-02', 'manual-action/MDN-sent-manually; processed', true, ['processed']],
  ['DSP-02', 'manual-action/MDN-sent-automatically; processed', true, ['processed']],
  ['DSP-02', 'automatic-action/MDN-sent-manually; processed', true, ['processed']],
  ['DSP-02', 'some-action/sent-somehow; processed', true, ['processed']],
  ['DSP-02', 'automatic-action; processed', true, ['processed']],
  ['DSP-03', `${automatic} displayed`, true, ['displayed']],
  ['DSP-03', `${automatic} dispatched`, true, ['dispatched']],
  ['DSP-03', `${automatic} displayed/error`, false, ['displayed', 'error']],
  ['DSP-03', `${automatic} deleted`, false, ['deleted']],
  ['DSP-03', `${automatic} denied`, false, ['denied']],
  ['DSP-03', `${automatic} accepted`, false, ['accepted']],
  [
    'DSP-04',
    `${automatic} processed/error: decryption-failed`,
    false,
    ['processed', 'error', 'decryption-failed'],
  ],
  [
    'DSP-04',
    `${automatic} processed/Error:decryption-failed`,
    false,
    ['processed', 'error', 'decryption-failed'],
  ],
  [
    'DSP-04',
    `${automatic} processed/error/decryption-failed`,
    false,
    ['processed', 'error', 'decryption-failed'],
  ],
  [
    'DSP-04',
    `${automatic} processed / Error : decryption-failed`,
    false,
    ['processed', 'error', 'decryption-failed'],
  ],
  [
    'DSP-04',
    `${automatic} processed/error decryption-failed`,
    false,
    ['processed', 'error', 'decryption-failed'],
  ],
  ['DSP-04', `${automatic} error: decryption-failed`, false, [undefined, 'error', 'decryption-failed']],
  ['DSP-04', `${automatic} error/decryption-failed`, false, [undefined, 'error', 'decryption-failed']],
  [
    'DSP-05',
    'processed/error: authentication-failed',
    false,
    ['processed', 'error', 'authentication-failed'],
  ],
  [
    'DSP-06',
    `${automatic} processed/error: integrity-check-failed`,
    false,
    ['processed', 'error', 'integrity-check-failed'],
  ],
  [
    'DSP-10',
    `${automatic} processed/error: unknown-trading-relationship`,
    false,
    ['processed', 'error', 'unknown-trading-relationship'],
  ],
  [
    'DSP-10',
    `${automatic} processed/error: invalid-message-id`,
    false,
    ['processed', 'error', 'invalid-message-id'],
  ],
  [
    'DSP-10',
    `${automatic} processed/error: duplicate-filename`,
    false,
    ['processed', 'error', 'duplicate-filename'],
  ],
  [
    'DSP-10',
    `${automatic} processed/error: illegal-filename`,
    false,
    ['processed', 'error', 'illegal-filename'],
  ],
  [
    'DSP-10',
    `${automatic} processed/error: unknown-trading-partner`,
    false,
    ['processed', 'error', 'unknown-trading-partner'],
  ],
  [
    'DSP-11',
    `${automatic} failed/failure: unsupported format`,
    false,
    ['failed', 'failure', 'unsupported format'],
  ],
  [
    'DSP-11',
    `${automatic} failed/Failure: unsupported MIC-algorithms`,
    false,
    ['failed', 'failure', 'unsupported MIC-algorithms'],
  ],
  [
    'DSP-13',
    `${automatic} failed/failure: sender-equals-receiver`,
    false,
    ['failed', 'failure', 'sender-equals-receiver'],
  ],
  ['DSP-17', `${automatic} processed/failure: x`, false, ['processed', 'failure', 'x']],
  ['DSP-17', `${automatic} failed`, false, ['failed']],
  [
    'DSP-14',
    `${automatic} processed/warning: authentication-failed, processing continued`,
    true,
    ['processed', 'warning', 'authentication-failed, processing continued'],
  ],
  [
    'DSP-15',
    `${automatic} processed/warning: duplicate-document`,
    true,
    ['processed', 'warning', 'duplicate-document'],
  ],
  ['DSP-15', `${automatic} processed/Warning`, true, ['processed', 'warning']],
  ['DSP-15', `${automatic} failed/warning: x`, false, ['failed', 'warning', 'x']],
  ['DSP-16, DSP-17', `${automatic} processed/error`, false, ['processed', 'error']],
  ['DSP-16, DSP-17', `${automatic} processed/error,warning`, false, ['processed', 'error', 'warning']],
  ['DSP-16, DSP-17', `${automatic} processed/warning,error`, false, ['processed', 'error', 'warning']],
  ['DSP-16, DSP-17', `${automatic} processed/expired`, false, ['processed', 'expired']],
  ['DSP-16, DSP-17', `${automatic} processed with errors`, false, ['processed with errors']],
  [
    'DSP-16, DSP-17',
    `${automatic} processed: error: decryption-failed`,
    false,
    ['processed: error: decryption-failed'],
  ],
  ['DSP-16, DSP-17', automatic, false, []],
  ['DSP-16, DSP-17', '', false, []],
  ['DSP-16, DSP-17', 'nonsense', false, ['nonsense']],
  [
    'DSP-18',
    `${automatic} processed/error: a (very) odd; text: here`,
    false,
    ['processed', 'error', 'a (very) odd; text: here'],
  ],
];

describe('Disposition', () => {
  for (const [id, field, positive, [type, modifier, description]] of cases) {
    it(`${id} ${JSON.stringify(field)} is ${positive ? 'positive' : 'negative'}`, () => {
      const disposition = parseDisposition(field);
      assert.equal(isPositive(disposition), positive);
      assert.deepEqual(
        [disposition.type, disposition.modifier, disposition.description],
        [type, modifier, description],
      );
    });
  }

  it('DSP-02 keeps the modes as they were written', () => {
    const { actionMode, sendingMode } = parseDisposition('Manual-Action/MDN-sent-manually;processed');
    assert.deepEqual([actionMode, sendingMode], ['Manual-Action', 'MDN-sent-manually']);
  });

  it('DSP-18 a text of 4 kB with any character is taken whole', () => {
    const text = 'ä\u0000<b>'.repeat(800);
    assert.equal(parseDisposition(`${automatic} processed/error: ${text}`).description, text);
  });

  it('DSP-01 a hostile field takes no time', () =>
    assertQuick(1000, () => {
      parseDisposition(`${automatic} ${'('.repeat(50_000)}`);
      parseDisposition(`${' '.repeat(50_000)}/${' '.repeat(50_000)}`);
      parseDisposition('a-'.repeat(50_000));
      parseDisposition(`a/${'b,'.repeat(50_000)}`);
    }));

  const written: readonly (readonly [Disposition, string])[] = [
    [processed, `${automatic} processed`],
    [processedError('decryption-failed'), `${automatic} processed/error: decryption-failed`],
    [processedWarning('duplicate-document'), `${automatic} processed/warning: duplicate-document`],
    [failedFailure('unsupported MIC-algorithms'), `${automatic} failed/failure: unsupported MIC-algorithms`],
    [processedError('a\r\nDisposition: b'), `${automatic} processed/error: a Disposition: b`],
    [processedError(''), `${automatic} processed/error`],
  ];
  for (const [disposition, field] of written) {
    it(`DSP-01 writes ${field} exactly`, () => assert.equal(formatDisposition(disposition), field));
  }
});

describe('The disposition for an error', () => {
  const mapped: readonly (readonly [As2Error, string])[] = [
    [
      new As2Error('decryption-failed', { certificate: '', recipients: '', keys: '' }),
      'processed/error: decryption-failed',
    ],
    [new As2Error('decryption-no-key', { recipients: '', keys: '' }), 'processed/error: decryption-failed'],
    [
      new As2Error('signature-signer-unknown', { found: '', expected: '' }),
      'processed/error: authentication-failed',
    ],
    [new As2Error('signature-content-altered', { found: '' }), 'processed/error: integrity-check-failed'],
    [new As2Error('message-not-signed', {}), 'processed/error: insufficient-message-security'],
    [
      new As2Error('mic-algorithms-unsupported', { algorithms: 'x' }),
      'failed/failure: unsupported MIC-algorithms',
    ],
    [new As2Error('receipt-format-unsupported', { formats: 'x' }), 'failed/failure: unsupported format'],
    [new As2Error('mime-too-deep', { limit: 1 }), 'processed/error: unexpected-processing-error'],
    [new As2Error('unexpected', { reason: 'x' }), 'processed/error: unexpected-processing-error'],
  ];
  for (const [error, disposition] of mapped) {
    it(`DSP-04, DSP-05, DSP-06, DSP-08, DSP-09, DSP-11, DSP-12 ${error.code} becomes ${disposition}`, () => {
      assert.equal(formatDisposition(dispositionFor(error)), `${automatic} ${disposition}`);
    });
  }
});
