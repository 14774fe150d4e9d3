import assert from 'node:assert/strict';
import { postWire } from '../partner/wire-message';
import { messageOfAlice } from '../support/alice';
import { uploadBlindly } from '../support/blind-upload';
import { withBob } from '../support/bob';
import { withBobOnListener } from '../support/bob-on-listener';

type Properties = Readonly<Record<string, unknown>>;

const FIFTY_MEGABYTES = 50 * 1024 * 1024;
const LISTENING = { fill: 'green', shape: 'dot', text: 'as2-in.status.listening' } as const;

interface Plan {
  readonly as2In?: Properties;
  readonly alice?: Properties;
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly fields?: readonly string[];
  /** One that is allowed goes before. */
  readonly after?: true;
}

const plans: Readonly<Record<number, Plan>> = {
  401: { credentials: { in: { user: 'alice', password: 's3cret' } }, fields: ['X-Forwarded-Proto: https'] },
  403: { as2In: { allowFrom: '192.0.2.0/24' } },
  413: { alice: { inboundMaxSize: '40' } },
  429: { alice: { inboundRate: '1' }, after: true },
};

/** The head of a message of Alice, as lines. */
async function headOfAlice(more: readonly string[] = []): Promise<string[]> {
  const { headers } = await messageOfAlice();
  return [...headers.entries().map(([name, value]) => `${name}: ${value}`), ...more];
}

describe('HTTP-09: a large upload that is refused at once: who writes all of it before reading gets the answer', () => {
  for (const [status, { as2In = {}, alice = {}, credentials = {}, fields, after }] of Object.entries(plans)) {
    const isAnswer = new RegExp(`^HTTP/1\\.1 ${status} `);

    async function upload(url: string): Promise<void> {
      if (after) assert.equal((await postWire(`${url}/as2`, await messageOfAlice())).status, 200);
      assert.match(await uploadBlindly(`${url}/as2`, await headOfAlice(fields), FIFTY_MEGABYTES), isAnswer);
    }

    it(`${status} on an own listener`, async () => {
      const plan = { as2In, changes: { alice }, listener: { proxies: '127.0.0.1' }, credentials };
      await withBobOnListener(plan, async ({ flow, url }) => {
        await flow.statusBecomes('in', LISTENING);
        await upload(url);
      });
    });

    it(`${status} on Node-RED’s own server`, async () => {
      const settings = { as2: { trustedProxies: ['127.0.0.1'] } };
      await withBob(as2In, async ({ url }) => upload(url), { alice }, settings, credentials);
    });
  }
});
