import assert from 'node:assert/strict';
import { parseDisposition } from '../../src/as2';
import { AttackedStation } from './attacked-station';
import { content } from './corpus/content';
import { filenames } from './corpus/filenames';
import { headers } from './corpus/headers';
import { smuggling } from './corpus/smuggling';
import type { HostileCase } from './hostile-case';
import { type Answers, exchangeRaw } from './raw-connection';

const MIB = 1024 * 1024;

describe('SEC-11: hostile requests against a running Node-RED', function () {
  this.timeout(180_000);
  let station: AttackedStation;
  let calmBytes: number | undefined;

  before(async () => {
    station = await AttackedStation.start();
    await station.answersGood();
    calmBytes = station.memory()?.nowBytes;
    await station.delivered();
  });

  after(async () => {
    await station?.stop();
  });

  for (const [title, cases] of Object.entries({ smuggling, headers, filenames, content })) {
    describe(title, () => {
      for (const one of cases) it(one.name, async () => check(station, one));

      it('a good message goes through as ever', async () => {
        await station.answersGood();
        assert.deepEqual(
          (await station.delivered()).map(({ filename }) => filename),
          ['good.edi'],
        );
      });
    });
  }

  it('nothing went wrong inside, and memory is bounded', () => {
    const log = station.nodeRed.log.filter((line) => /uncaught|unhandled|TypeError|RangeError/i.test(line));
    assert.deepEqual(log, []);
    const peak = station.memory();
    if (calmBytes === undefined || !peak) return;
    assert.ok(peak.mostBytes - calmBytes < 300 * MIB, `${calmBytes} bytes, ${peak.mostBytes} at most`);
  });
});

async function check(station: AttackedStation, one: HostileCase): Promise<void> {
  const log = station.nodeRed.log.length;
  const answer = await exchangeRaw(station.nodeRed.url, await one.bytes(station.parties), one.exchange);
  const delivered = await station.delivered(one.delivered?.length);
  assertStatus(answer, one);
  if (one.disposition !== undefined) assertDisposition(answer.text, one.disposition);
  assert.deepEqual(
    delivered.map(({ filename }) => filename),
    one.delivered ?? [],
  );
  if (one.never) {
    const said = [
      answer.text,
      ...station.nodeRed.log.slice(log),
      ...delivered.map((each) => JSON.stringify(each)),
    ];
    for (const text of said) assert.doesNotMatch(text, one.never);
  }
}

function assertStatus({ statuses, closed, text }: Answers, { status = 200 }: HostileCase): void {
  const allowed = Array.isArray(status) ? status : [status];
  if (statuses.length === 0) {
    assert.ok(
      closed && allowed.includes('closed'),
      `neither an answer nor an end; allowed: ${allowed.join(', ')}`,
    );
  }
  for (const found of statuses)
    assert.ok(allowed.includes(found), `${found} is not ${allowed.join(', ')}: ${text}`);
}

function assertDisposition(text: string, expected: string | RegExp): void {
  const field = /^Disposition: (.*)\r$/m.exec(text)?.[1] ?? 'no receipt';
  const said = field.replace(/^[^;]*; /, '');
  if (typeof expected === 'string') assert.equal(said, expected);
  else assert.match(said, expected);
  assert.ok(parseDisposition(field).type);
}
