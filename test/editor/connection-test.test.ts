import assert from 'node:assert/strict';
import { TEST_STEPS } from '../../src/exchange';
import { catalogue, editorCode, template } from './built-nodes';

describe('the connection test in the dialog of the partner', () => {
  const texts = catalogue('as2-partner');

  it('has its place at the top of the tab Connection', () => {
    assert.match(
      template('as2-partner'),
      /<div id="as2-partner-connection" class="as2-panel">\s*<div id="as2-partner-test"><\/div>/,
    );
  });

  it('has a title for every step of the core, and a word for every state and reason', () => {
    const keys = (group: string): string[] =>
      [...texts.keys()].filter((key) => key.startsWith(group)).map((key) => key.slice(group.length));
    assert.deepEqual(keys('test.step.'), [...TEST_STEPS]);
    assert.deepEqual(keys('test.state.'), ['passed', 'failed', 'skipped']);
    assert.deepEqual(keys('test.skipped.'), ['failed-before', 'not-asked', 'not-needed']);
    assert.deepEqual(keys('test.trust.'), ['system', 'configured', 'pin']);
  });

  it('asks the server by the id of the node, so that nothing of the dialog leaves it', () => {
    const code = editorCode('as2-partner');
    assert.match(code, /post\(`partners\/\$\{encodeURIComponent\(node\.id\)\}\/test`, \{ message \}\)/);
  });
});
