import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { IncomingFacts } from '../../src/exchange/receiving/arrival';
import { createReceiver, PRODUCT, stationDirectory } from '../../src/exchange';
import { openSpool } from '../../src/store';
import { relationshipOf } from '../partner/parties';
import { receiving } from '../partner/receiving';
import { withHttpServer } from '../partner/servers';
import type { StationOptions } from '../partner/station';
import { composeWire, postWire, receiptIn } from '../partner/wire-message';
import { packageRoot } from '../support/paths';

const MODES = 'automatic-action/MDN-sent-automatically; ';

describe('exchange: what survives', () => {
  it('HTTP-13: the store is down: 503, no receipt, nothing handed over; it works again when the store does', async () => {
    await receiving({ thresholdBytes: 100 }, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      for (const place of ['staging', 'in']) {
        const directory = join(station.spool.directory, place);
        await rename(directory, `${directory}.away`);
        await writeFile(directory, 'a file where the directory was');
        const answer = await post(message);
        assert.equal(answer.status, 503, place);
        assert.equal(answer.headers.get('Retry-After'), '60');
        assert.doesNotMatch(answer.body.toString(), /disk|spool|\//);
        const { error } = await station.event(place === 'in' ? 'message-postponed' : 'request-refused');
        assert.equal(error?.code, 'store-unavailable', error?.message);
        assert.equal(station.messages.length, 0);
        await rm(directory);
        await rename(`${directory}.away`, directory);
      }
      const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.deepEqual(await readdir(station.spool.spill.directory), []);
    });
  });

  it('the decision cannot be stored: 503, nothing of it is kept, and the repeat is handed over again, marked', async () => {
    const broken = { journal: undefined as DatabaseSync | undefined };
    const handOver: StationOptions['handOver'] = async ({ redelivered }) => {
      // From now on, no step can be written.
      if (!redelivered) broken.journal?.exec('ALTER TABLE history RENAME TO away');
      return { accept: true };
    };
    await receiving({ handOver }, async ({ alpha, beta, post, station }) => {
      const journal = new DatabaseSync(join(station.spool.directory, 'journal.sqlite'));
      journal.exec('PRAGMA busy_timeout = 10000');
      broken.journal = journal;
      const message = await composeWire(alpha, beta);
      assert.equal((await post(message)).status, 503);
      const { error, exchangeId } = await station.event('message-postponed');
      assert.equal(error?.code, 'store-unavailable', error?.message);
      journal.exec('ALTER TABLE away RENAME TO history');
      const left = await station.spool.get<IncomingFacts>(exchangeId ?? '');
      assert.equal(left?.record.facts.accepted, undefined);
      assert.equal(await left?.has('receipt'), false);
      const receipt = await receiptIn(await post(message), beta.keyPair.certificate);
      assert.equal(receipt.dispositionText, `${MODES}processed`);
      assert.deepEqual(
        station.messages.map(({ redelivered }) => redelivered),
        [false, true],
      );
      journal.close();
    });
  });

  it('a damaged record: 503, our user is told which, and it is left as it is', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      await post(message);
      await station.event('receipt-sent');
      const database = new DatabaseSync(join(station.spool.directory, 'journal.sqlite'));
      database.exec('PRAGMA busy_timeout = 10000');
      const facts = '{"version":';
      database.prepare('UPDATE exchanges SET facts = ?').run(facts);
      assert.equal((await post(message)).status, 503);
      const { error } = await station.event('message-postponed');
      assert.equal(error?.code, 'exchange-unreadable');
      assert.equal(database.prepare('SELECT facts FROM exchanges').get()?.facts, facts);
      database.close();
      assert.equal(station.messages.length, 1);
    });
  });

  it('after a restart a repeat still gets the same receipt', async () => {
    await receiving({}, async ({ alpha, beta, post, station }) => {
      const message = await composeWire(alpha, beta);
      const first = await post(message);
      await station.receiver.close();
      await station.spool.close();
      const spool = await openSpool({ directory: station.spool.directory });
      const again = createReceiver({
        directory: stationDirectory([relationshipOf(beta, alpha)]),
        spool,
        handOver: () => assert.fail('handed over twice'),
      });
      await withHttpServer(
        (request, response) => again.handle(request, response),
        async (url) => {
          assert.ok((await postWire(url, message)).body.equals(first.body));
        },
      );
      await again.close();
      await spool.close();
    });
  });

  it('names the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(PRODUCT, `node-red-contrib-as2/${version}`);
  });
});
