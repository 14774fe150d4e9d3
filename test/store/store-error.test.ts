import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferSource, spill } from '../../src/bytes';
import { As2Error } from '../../src/errors';
import { asStoreError, openSpool, storing } from '../../src/store';
import { withTempDirectory } from '../support/temp';

describe('store: failures of the disk', () => {
  // A device on which nothing has room; Linux has it.
  const onFullDevice = existsSync('/dev/full') ? it : (): void => undefined;
  onFullDevice('names a full disk and what to do', async () => {
    await assert.rejects(
      storing('/spool/in/x', () => writeFile('/dev/full', 'x')),
      (error) => {
        assert.ok(error instanceof As2Error);
        assert.equal(error.code, 'store-full');
        assert.match(error.message, /disk is full: \/spool\/in\/x.*free disk space/);
        return true;
      },
    );
  });

  it('names a spool directory that is none', async () => {
    await withTempDirectory(async (directory) => {
      const file = join(directory, 'spool');
      await writeFile(file, '');
      await assert.rejects(openSpool({ directory: file }), (error) => {
        assert.ok(error instanceof As2Error);
        assert.equal(error.code, 'store-unavailable');
        assert.ok(error.message.includes(file));
        return true;
      });
    });
  });

  it('finds the failure of the disk below other errors', async () => {
    await withTempDirectory(async (directory) => {
      await writeFile(join(directory, 'file'), '');
      const spilling = spill(bufferSource(Buffer.alloc(10)).open(), {
        directory: join(directory, 'file', 'below'),
        thresholdBytes: 1,
      });
      const error = await spilling.then(
        () => assert.fail(),
        (reason: unknown) => reason,
      );
      const wrapped = new As2Error('unexpected', { reason: 'x' }, { cause: error });
      assert.equal(asStoreError(wrapped, directory)?.code, 'store-unavailable');
      assert.equal(asStoreError(asStoreError(wrapped, directory), 'elsewhere')?.facts.path, directory);
    });
  });

  it('does not blame the disk for a bad message', () => {
    assert.equal(asStoreError(new As2Error('truncated', { expected: 1 }), '/spool'), undefined);
    assert.equal(asStoreError(new TypeError('x'), '/spool'), undefined);
    const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    const payload = new As2Error('payload-unreadable', { reason: 'x' }, { cause: missing });
    assert.equal(asStoreError(payload, '/spool'), undefined);
    assert.equal(asStoreError('text', '/spool'), undefined);
    assert.equal(asStoreError(null, '/spool'), undefined);
    assert.equal(asStoreError(undefined, '/spool'), undefined);
  });
});
