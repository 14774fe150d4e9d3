import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { campaign } from './campaign';
import { Stopwatch } from '../support/working-time';
import { fuzz } from './fuzzer';
import { Random } from './random';
import { replay } from './replay';
import { samples } from './samples';
import type { Target } from './target';
import { allTargets } from './targets';

/** Beside the samples. */
const EXECUTIONS = 50;
/** So many times the usual budget: other tests run beside this one. */
const PATIENCE = 10;

describe('Fuzzing, a little of it', () => {
  let directory: string;
  let targets: readonly Target[];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'as2-fuzz-test-'));
    targets = allTargets(await samples(), directory);
  });

  after(() => rm(directory, { recursive: true, force: true }));

  it(`SEC-11: ${EXECUTIONS} hostile inputs for every reader give a result or an As2Error, in time`, async () => {
    for (const [index, target] of targets.entries()) {
      const executions = target.samples.length + EXECUTIONS;
      const { findings, perTarget } = await fuzz([target], {
        seed: 4711 + index,
        executions,
        patience: PATIENCE,
      });
      const shown = findings.map(
        ({ what, input, stack }) => `${what}\n${input.toString('base64')}\n${stack}`,
      );
      assert.deepEqual(shown, [], target.name);
      assert.ok((perTarget[target.name]?.accepted ?? 0) > 0, `${target.name} reads none of its samples`);
    }
  });

  it('the same seed makes the same numbers, another seed others', () => {
    const drawn = (seed: number | Buffer) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.uint32());
    };
    assert.deepEqual(drawn(1), drawn(1));
    assert.notDeepEqual(drawn(1), drawn(2));
    assert.notDeepEqual(drawn(Buffer.from('a')), drawn(Buffer.from('b')));
    assert.ok(new Set(drawn(0)).size > 18);
  });

  it('what is wrong is found: exceptions, what never ends', async () => {
    const base = { samples: [Buffer.from('x')], mutations: [(random: Random) => random.bytes(4)] };
    const wrong: Target[] = [
      {
        ...base,
        name: 'throws',
        run: () => {
          throw new TypeError('x is undefined');
        },
      },
      { ...base, name: 'rejects', run: () => Promise.reject(new RangeError('out of range')) },
      {
        ...base,
        name: 'is slow',
        budgetMs: 1,
        run: () => {
          for (const stopwatch = new Stopwatch(); stopwatch.workedMs() < 20;);
          return '';
        },
      },
    ];
    const { findings } = await fuzz(wrong, { seed: 1, executions: 3 });
    assert.deepEqual(
      findings.map(({ target, kind }) => [target, kind]),
      [
        ['throws', 'exception'],
        ['rejects', 'exception'],
        ['is slow', 'slow'],
      ],
    );
  });

  it('a campaign runs in a process of its own and reports; an input can be given again, to the same keys', async () => {
    const keysDirectory = join(directory, 'kept');
    const { executions, findings, last } = await campaign({
      seed: 1,
      minutes: 0.01,
      only: 'asn1',
      keysDirectory,
    });
    assert.deepEqual(findings, []);
    assert.ok(executions > 0);
    assert.ok(last && last.blocks > 0, 'coverage is measured');

    const keys = JSON.parse(await readFile(join(keysDirectory, 'keys.json'), 'utf8')) as {
      partner: { certificatePem: string };
    };
    const input = join(directory, 'input.bin');
    await writeFile(input, keys.partner.certificatePem);
    const verdict = (await replay(input, 'pki/certificates', keysDirectory))['pki/certificates'];
    assert.ok(verdict && 'label' in verdict && verdict.accepted);
  });
});
