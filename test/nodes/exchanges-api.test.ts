import assert from 'node:assert/strict';
import { faults } from '../partner/mock';
import { type AliceAlone, withAliceAlone } from '../support/bob-elsewhere';

interface Line {
  readonly id: string;
  readonly direction: string;
  readonly state: string;
  readonly partner: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly attempts: number;
  readonly nextAttemptAt?: string;
  readonly error?: { readonly code: string; readonly message: string };
}
interface Details extends Line {
  readonly history: readonly { readonly state: string; readonly at: string; readonly detail?: object }[];
  readonly files: readonly string[];
  readonly receipt?: { readonly disposition: string; readonly micMatches?: boolean };
}
interface Page {
  readonly exchanges: readonly Line[];
  readonly before?: string;
}

const LONG = { retryPauses: [60] };

async function list({ flow }: AliceAlone, query = ''): Promise<Page> {
  const answer = await flow.admin.get(`/as2/exchanges${query}`).expect(200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  return answer.body as Page;
}

async function details({ flow }: AliceAlone, id = ''): Promise<Details> {
  return (await flow.admin.get(`/as2/exchanges/${id}`).expect(200)).body as Details;
}

describe('the exchanges over the admin API', () => {
  it('are listed, newest first, by page, direction, state and partner', async () => {
    await withAliceAlone({ bob: { attempts: '1' } }, async (alice) => {
      const { flow, bob } = alice;
      assert.deepEqual(await list(alice), { exchanges: [] });
      for (const filename of ['1.txt', '2.txt', '3.txt']) {
        flow.send('out', { payload: 'an order', filename });
        await flow.next('sent');
      }
      bob.plan(faults.down);
      flow.send('out', { payload: 'an order', filename: '4.txt' });
      await flow.next('caught');

      const subjects = (page: Page) => page.exchanges.map(({ subject }) => subject);
      const first = await list(alice, '?limit=3');
      assert.deepEqual(subjects(first), ['4.txt', '3.txt', '2.txt']);
      const second = await list(alice, `?limit=3&before=${first.before}`);
      assert.deepEqual([subjects(second), second.before], [['1.txt'], undefined]);
      assert.deepEqual(subjects(await list(alice, '?state=failed')), ['4.txt']);
      assert.equal((await list(alice, '?state=failed,completed&partner=Bob')).exchanges.length, 4);
      const nonsense = Array.from({ length: 1_000 }, (_, number) => `s${number}`).join();
      assert.deepEqual(subjects(await list(alice, `?state=failed,${nonsense}`)), ['4.txt']);
      assert.equal((await list(alice, '?partner=Bob%20B&direction=out')).exchanges.length, 4);
      assert.equal((await list(alice, '?direction=in')).exchanges.length, 0);
      assert.equal((await list(alice, '?partner=Nobody')).exchanges.length, 0);
      const [failed] = first.exchanges;
      assert.equal(failed?.error?.code, 'http-busy');
      assert.deepEqual(
        subjects(await list(alice, `?messageId=${encodeURIComponent(failed?.messageId ?? '')}`)),
        ['4.txt'],
      );
      for (const query of ['?direction=up', '?limit=0', '?limit=201', '?limit=x']) {
        const { body } = await flow.admin.get(`/as2/exchanges${query}`).expect(400);
        assert.equal((body as { code: string }).code, 'setting-invalid');
      }
    });
  });

  it('tell what happened to one, and why', async () => {
    await withAliceAlone({}, async (alice) => {
      const { flow, bob } = alice;
      bob.plan(faults.down);
      flow.send('out', { payload: 'an order' });
      const { as2 } = await flow.next('sent');
      const shown = await details(alice, as2.exchange);
      assert.deepEqual(
        [shown.id, shown.direction, shown.state, shown.partner, shown.messageId, shown.attempts],
        [as2.exchange, 'out', 'completed', 'Bob', as2.messageId, 2],
      );
      assert.equal(shown.receipt?.micMatches, true);
      assert.deepEqual(shown.files, ['request', 'payload', 'receipt']);
      const states = shown.history.map(({ state }) => state);
      assert.deepEqual([states.includes('retrying'), states.at(-1)], [true, 'completed'], states.join(', '));
      assert.match(JSON.stringify(shown.history.find(({ state }) => state === 'retrying')), /http-busy/);
      const { body } = await flow.admin.get('/as2/exchanges/unknown').expect(404);
      assert.equal((body as { code: string }).code, 'exchange-not-found');
    });
  });

  it('are cancelled and sent again', async () => {
    await withAliceAlone({ as2: LONG, usually: faults.down }, async (alice) => {
      const { flow, bob } = alice;
      flow.send('out', { payload: 'an order' });
      await flow.statusTextBecomes('out', 'as2-out.status.retrying');
      const [waiting] = (await list(alice, '?state=retrying')).exchanges;
      assert.ok(Date.parse(waiting?.nextAttemptAt ?? '') > Date.now());

      const path = `/as2/exchanges/${waiting?.id}`;
      const cancelled = await flow.admin.post(`${path}/cancel`).send({}).expect(200);
      assert.equal((cancelled.body as Line).state, 'cancelled');
      assert.equal((await flow.next('caught')).error?.code, 'send-cancelled');
      const { body } = await flow.admin.post(`${path}/cancel`).send({}).expect(409);
      assert.match((body as { message: string }).message, /was not cancelled, because .*: cancelled\.$/);

      bob.usually = {};
      await flow.admin.post(`${path}/resend`).send({}).expect(200);
      assert.equal((await flow.next('sent')).as2.exchange, waiting?.id);
      await flow.admin.post(`${path}/resend`).send({}).expect(409);
      await flow.admin.post('/as2/exchanges/unknown/resend').send({}).expect(404);
    });
  });

  it('give their bytes as files to be saved, never to be shown', async () => {
    await withAliceAlone({}, async (alice) => {
      const { flow, bob } = alice;
      flow.send('out', { payload: Buffer.from('<script>order</script>'), filename: 'Auftrag "ü"; 5.html' });
      const { as2 } = await flow.next('sent');
      const get = async (file: string) =>
        flow.admin
          .get(`/as2/exchanges/${as2.exchange}/files/${file}`)
          .buffer(true)
          .parse(asBuffer)
          .expect(200);
      const payload = await get('payload');
      assert.equal(String(payload.body), '<script>order</script>');
      assert.equal(payload.headers['content-type'], 'application/octet-stream');
      assert.equal(payload.headers['x-content-type-options'], 'nosniff');
      assert.equal(payload.headers['cache-control'], 'no-store');
      assert.match(
        String(payload.headers['content-disposition']),
        /^attachment; filename="Auftrag___[\w_]*_5\.html"; filename\*=UTF-8''Auftrag%20_%C3%BC_%3B%205\.html$/,
      );
      const request = (await get('request')).body as Buffer;
      const [arrived] = bob.messages.all;
      assert.ok(request.subarray(-(arrived?.body.length ?? 0)).equals(arrived?.body ?? Buffer.alloc(0)));
      assert.match(request.toString('latin1'), new RegExp(`^Message-ID: ${as2.messageId}\\r$`, 'm'));
      assert.match(String((await get('receipt')).body), /multipart\/signed/);
      await flow.admin.get(`/as2/exchanges/${as2.exchange}/files/journal.sqlite`).expect(404);
    });
  });

  it('say so when a file is not there', async () => {
    await withAliceAlone({ as2: { keepSentPayload: false } }, async ({ flow }) => {
      flow.send('out', { payload: 'an order' });
      const { as2 } = await flow.next('sent');
      const { body } = await flow.admin.get(`/as2/exchanges/${as2.exchange}/files/payload`).expect(404);
      assert.equal((body as { code: string }).code, 'exchange-file-missing');
    });
  });
});

function asBuffer(response: unknown, done: (error: Error | null, body: Buffer) => void): void {
  const stream = response as NodeJS.ReadableStream;
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks)));
}
