import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readExample } from '../support/example-flows';
import { packageRoot } from '../support/paths';

const names = readdirSync(join(packageRoot, 'examples')).map((file) => file.replace(/\.json$/, ''));

/** The nodes of Node-RED itself that examples use; an example needs nothing else installed. */
const coreTypes = ['tab', 'comment', 'inject', 'debug', 'catch', 'function', 'file', 'change', 'switch'];
const ourTypes = ['as2-identity', 'as2-partner', 'as2-in', 'as2-out', 'as2-mdn'];
const configTypes = ['as2-identity', 'as2-partner'];

describe('the examples', () => {
  it('are numbered without a gap', () => {
    assert.deepEqual(
      names.map((name) => name.slice(0, 5)),
      names.map((_name, index) => `${String(index + 1).padStart(2, '0')} - `),
    );
  });

  it('show every node', () => {
    const shown = new Set(names.flatMap((name) => readExample(name).map(({ type }) => type)));
    assert.deepEqual(
      ourTypes.filter((type) => !shown.has(type)),
      [],
    );
  });

  it('have node ids of their own, so that all can be imported side by side', () => {
    const ids = names.flatMap((name) => readExample(name).map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const name of names) {
    describe(name, () => {
      const flow = readExample(name);

      it('says first what to do, in three steps', () => {
        const first = flow.find(({ type }) => type !== 'tab');
        assert.equal(first?.type, 'comment');
        const lines = (first.name ?? '').split('\\n ');
        assert.deepEqual(
          lines.flatMap((line) => /^\d\. /.exec(line) ?? []),
          ['1. ', '2. ', '3. '],
        );
        assert.deepEqual(
          lines.filter((line) => line.length > 120),
          [],
          'is cut off on a screen of usual width',
        );
      });

      it('uses only nodes of Node-RED and ours', () => {
        const strangers = flow.filter(({ type }) => !coreTypes.includes(type) && !ourTypes.includes(type));
        assert.deepEqual(strangers, []);
      });

      it('holds neither keys nor certificates nor paths of a machine', () => {
        const text = JSON.stringify(flow);
        assert.doesNotMatch(text, /-----BEGIN|"credentials"/);
        assert.doesNotMatch(text, /"(\/(home|root|Users|tmp|var|data|work)\/|[A-Z]:\\)/);
      });

      it('has wires that lead somewhere and nodes that stand apart', () => {
        const ids = new Set(flow.map(({ id }) => id));
        const places = new Set<string>();
        for (const node of flow) {
          for (const target of ((node.wires ?? []) as string[][]).flat()) assert.ok(ids.has(target), target);
          if (node.type === 'tab' || configTypes.includes(node.type)) continue;
          assert.ok(
            !places.has(`${String(node.x)},${String(node.y)}`),
            `${node.name} stands on another node`,
          );
          places.add(`${String(node.x)},${String(node.y)}`);
          assert.ok(Number(node.y) % 20 === 0, `${node.name} is off the grid`);
        }
      });
    });
  }
});
