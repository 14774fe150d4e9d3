import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettingsFile } from '../../nodes/shared/settings-file';
import { toAs2Error } from '../../src/errors';
import { RECEIVE_DEFAULTS } from '../../src/exchange';
import { packageRoot } from '../support/paths';

const read = (as2: Readonly<Record<string, unknown>>) => readSettingsFile(as2, '/user');

describe('the part as2 of settings.js', () => {
  it('may be empty: then the core decides', () => {
    assert.deepEqual(read({}), {
      spool: { directory: join('/user', 'as2', 'spool') },
      outbox: { keepPayload: true },
      receiving: {},
      maxMessageBytes: Infinity,
    });
  });

  it('has every entry that is documented, with units as documented', () => {
    const documentation = readFileSync(join(packageRoot, 'docs', 'settings.md'), 'utf8');
    const [, part = ''] = /```js\nas2: \{\n([\s\S]*?)\n\},\n```/.exec(documentation) ?? [];
    const documented = [...part.matchAll(/^ {2}(\w+): /gm)].map(([, name = '']) => name);
    const all = {
      spoolDirectory: '/var/as2',
      spoolThreshold: 1000,
      retentionDays: 2,
      maxMessageSize: 5000,
      retryPauses: [1, 0.5],
      parallel: 3,
      keepSentPayload: false,
      receiveParallel: 7,
      receiveParallelPerPartner: 2,
      refusedMessages: 10,
      refusedSize: 2000,
      partialHours: 3,
      partialSize: 4000,
      partialSizePerPartner: 3000,
      trustedProxies: ['127.0.0.1', '2001:db8::/32'],
      clientCertificateHeader: 'X-Client-Cert',
    };
    assert.deepEqual(documented.toSorted(), Object.keys(all).toSorted());
    assert.deepEqual(read(all), {
      spool: {
        directory: '/var/as2',
        thresholdBytes: 1000,
        retentionMs: 2 * 86_400_000,
        refusedCount: 10,
        refusedBytes: 2000,
        partials: { maxAgeMs: 3 * 3_600_000, maxBytes: 4000, maxBytesEach: 3000 },
      },
      outbox: { parallel: 3, pausesMs: [60_000, 30_000], keepPayload: false },
      receiving: { parallel: 7, parallelPerPartner: 2, receiptPausesMs: [60_000, 30_000] },
      maxMessageBytes: 5000,
      trustedProxies: { addresses: ['127.0.0.1', '2001:db8::/32'], certificateHeader: 'X-Client-Cert' },
    });
    const { parallel, parallelPerPartner } = RECEIVE_DEFAULTS as Readonly<Record<string, unknown>>;
    assert.match(part, new RegExp(`receiveParallel: ${String(parallel)},`));
    assert.match(part, new RegExp(`receiveParallelPerPartner: ${String(parallelPerPartner)},`));
  });

  for (const [name, value] of [
    ['spoolThreshold', 'much'],
    ['retentionDays', 0],
    ['maxMessageSize', '1 GB'],
    ['retryPauses', 5],
    ['retryPauses', []],
    ['retryPauses', [1, 'two']],
    ['retryPauses', [10_000]],
    ['parallel', 1.5],
    ['receiveParallel', -1],
    ['receiveParallelPerPartner', 'all'],
    ['keepSentPayload', 'sometimes'],
    ['refusedMessages', NaN],
    ['refusedSize', -5],
    ['trustedProxies', '127.0.0.1'],
  ] as const) {
    it(`is refused with ${name} ${JSON.stringify(value)}, and the entry is named`, () => {
      assert.throws(
        () => read({ [name]: value }),
        (thrown) => {
          const error = toAs2Error(thrown);
          assert.equal(error.code, 'setting-invalid');
          assert.match(error.message, new RegExp(`as2\\.${name} in settings\\.js`));
          return true;
        },
      );
    });
  }
});
