import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, renameSync, writeSync, closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port';
import type { WireAnswer } from '../partner/wire-message';
import { canMount, withSmallDisk } from '../support/small-disk';
import { withTempDirectory } from '../support/temp';
import { DamagedStation, journalIn } from './damaged-station';

const DISK_BYTES = 8 * 1024 * 1024;

/** HTTP-13, design of what each gets: the partner is asked to come again, and learns nothing about us. */
function isPostponed(answer: WireAnswer): void {
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('Retry-After'), '60');
  assert.doesNotMatch(answer.body.toString(), /disk|spool|sqlite|journal|\//i);
}

describe('a store in trouble, seen from outside of Node-RED', function () {
  this.timeout(180_000);

  /** @param spool default: one that is gone afterwards */
  async function withStation(
    spool: string | undefined,
    work: (station: DamagedStation, spool: string) => Promise<void>,
  ): Promise<void> {
    await withTempDirectory(async (directory) => {
      const place = spool ?? join(directory, 'spool');
      const station = await DamagedStation.start(join(directory, 'node-red'), place);
      try {
        await station.deploy();
        await work(station, place);
      } finally {
        await station.stop();
      }
    });
  }

  if (canMount) {
    it('HTTP-13: a full disk: 503, red, and it goes on by itself', async () => {
      await withSmallDisk(DISK_BYTES, async (disk) => {
        await withStation(join(disk.directory, 'spool'), async (station) => {
          assert.equal(await station.accepts(), 'processed');
          await disk.fill();
          await isPostponedFor(station, 'store full');
          await disk.empty();
          await goesOn(station);
        });
      });
    });

    it('HTTP-13: a disk that cannot be written when Node-RED starts: 503, red, and it goes on by itself', async () => {
      await withSmallDisk(DISK_BYTES, async (disk) => {
        await disk.makeReadOnly();
        await withStation(join(disk.directory, 'spool'), async (station) => {
          await isPostponedFor(station, 'store unavailable');
          await disk.makeWritable();
          await goesOn(station);
        });
      });
    });
  }

  if (process.platform === 'linux') {
    it('HTTP-13: files that may not grow any more: 503, red, and it goes on by itself', async () => {
      await withStation(undefined, async (station) => {
        assert.equal(await station.accepts(), 'processed');
        limitFiles(station.processId, '65536');
        // Larger than a file may be now, wherever it is kept.
        isPostponed(await station.post({ payload: Buffer.alloc(200_000, 'x') }));
        assert.match(await station.status('in', 'red'), /^store (full|unavailable)$/);
        limitFiles(station.processId, 'unlimited');
        assert.equal(await station.accepts(), 'processed');
        await station.status('in', 'green');
      });
    });
  }

  it('a journal that is damaged, and one that is gone: 503, red, nothing deleted; a copy put back helps', async () => {
    await withTempDirectory(async (directory) => {
      const [user, spool] = [join(directory, 'node-red'), join(directory, 'spool')];
      const journal = journalIn(spool);
      const options = { port: await freePort() };
      const first = await DamagedStation.start(user, spool, options);
      await first.deploy();
      assert.equal(await first.accepts(), 'processed');
      await first.stop();
      const copy = readFileSync(journal);
      damage(journal);
      const damaged = readFileSync(journal);

      const second = await DamagedStation.start(user, spool, options);
      try {
        await second.says(/journal\.sqlite is damaged/);
        await isPostponedFor(second, 'journal damaged');
        assert.ok(readFileSync(journal).equals(damaged));

        renameSync(journal, `${journal}.damaged`);
        await isPostponedFor(second, 'journal missing');
        assert.equal(existsSync(journal), false);

        putBack(journal, copy);
        await goesOn(second);
      } finally {
        await second.stop();
      }
    });
  });

  it('a journal that is deleted while it is in use: 503, red; nothing is started anew behind our back', async () => {
    await withStation(undefined, async (station, spool) => {
      const journal = journalIn(spool);
      assert.equal(await station.accepts(), 'processed');
      renameSync(journal, `${journal}.gone`);
      isPostponed(await station.post());
      await station.status('in', 'red');
      assert.equal(existsSync(journal), false);
      renameSync(`${journal}.gone`, journal);
      assert.equal(await station.accepts(), 'processed');
    });
  });
});

/** Neither takes the station messages nor does it promise to send any. */
async function isPostponedFor(station: DamagedStation, status: string): Promise<void> {
  isPostponed(await station.post());
  assert.equal(await station.status('in', 'red'), status);
  await station.send();
  assert.equal((await station.caught('out')).code, status.replace(' ', '-'));
}

async function goesOn(station: DamagedStation): Promise<void> {
  assert.equal(await station.accepts(), 'processed');
  await station.status('in', 'green');
  await station.send();
  assert.match(await station.sent(), /processed$/);
}

/** Of the running process: what it writes beyond fails, as on a full disk. */
function limitFiles(processId: number, bytes: string): void {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${processId}`, `--fsize=${bytes}:`], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
}

function damage(path: string): void {
  const file = openSync(path, 'r+');
  const { size } = statSync(path);
  for (let at = 4096; at < size; at += 4096) writeSync(file, Buffer.alloc(512, 0xa5), 0, 512, at);
  closeSync(file);
}

function putBack(path: string, content: Buffer): void {
  const file = openSync(path, 'w', 0o600);
  writeSync(file, content);
  closeSync(file);
}
