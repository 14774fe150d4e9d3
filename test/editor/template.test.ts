import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { testedRuntime } from '../support/node-red-process';
import { builtFile, builtFileNames, editorSources, tagsOf, template, types } from './built-nodes';

describe('dialogs', () => {
  for (const type of types) {
    it(`of ${type} label every field`, () => {
      const tags = tagsOf(template(type));
      const labelled = new Set(
        tags.filter(({ name }) => name === 'label').map(({ attributes }) => attributes.get('for')),
      );
      const fields = tags.filter(
        ({ name, attributes }) =>
          ['input', 'select', 'textarea'].includes(name) &&
          attributes.get('type') !== 'hidden' &&
          !attributes.has('aria-hidden'),
      );
      assert.ok(fields.length > 1);
      for (const { attributes } of fields)
        assert.ok(labelled.has(attributes.get('id')), attributes.get('id'));
    });

    it(`of ${type} have no id twice and no label without a field`, () => {
      const tags = tagsOf(template(type));
      const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? []);
      assert.equal(new Set(ids).size, ids.length);
      for (const { attributes } of tags.filter(({ name }) => name === 'label')) {
        const target = attributes.get('for');
        assert.ok(target === undefined ? attributes.has('id') : ids.includes(target), target);
      }
    });

    it(`of ${type} take every text from the catalogue`, () => {
      const words = template(type)
        .replace(/<[^>]*>/g, ' ')
        .trim();
      assert.equal(words, '');
    });
  }
});

describe('editor code', () => {
  it('puts no text into the page as HTML', () => {
    for (const { path, content } of editorSources) {
      assert.doesNotMatch(
        content,
        /\.html\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\$\(['"`]</,
        path,
      );
    }
  });

  it('talks to the server by relative addresses only, so that Node-RED adds the token', () => {
    for (const { path, content } of editorSources) {
      assert.doesNotMatch(content, /\bfetch\(|XMLHttpRequest|url: ['"`](?:\/|\.|http)/, path);
    }
  });

  it('has no colours of its own', () => {
    for (const { path, content } of editorSources) {
      const own = content.replace(/^ {2}color: '#3FADB5',$/m, '');
      assert.doesNotMatch(own, /#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(/, path);
      for (const [declaration] of own.matchAll(/\b(?:color|background|border[\w-]*): [^;]*;/g)) {
        assert.doesNotMatch(
          declaration,
          /\b(?:black|white|red|green|blue|grey|gray|yellow|orange)\b(?!-)/,
          path,
        );
      }
    }
  });

  it('uses only variables that the theme of this Node-RED has', () => {
    const { resolve } = createRequire(join(testedRuntime().nodeRed, 'package.json'));
    const client = dirname(resolve('@node-red/editor-client/package.json'));
    const theme = readFileSync(join(client, 'public', 'red', 'style.min.css'), 'utf8');
    const used = new Set(editorSources.flatMap(({ content }) => content.match(/--red-ui-[\w-]+/g) ?? []));
    assert.ok(used.size > 10);
    for (const variable of used) assert.ok(theme.includes(`${variable}:`), variable);
  });
});

describe('help', () => {
  for (const type of types) {
    it(`of ${type} follows the style guide`, () => {
      const html = builtFile(`locales/en-US/${type}.html`);
      assert.match(html, new RegExp(`^<script type="text/html" data-help-name="${type}">\\s*<p>`));
      const sections = [...html.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title);
      const expected = {
        'as2-identity': ['Station', 'Keys', 'Details', 'References'],
        'as2-partner': ['Partner', 'Security', 'Connection', 'Incoming', 'Details', 'References'],
        'as2-out': ['Inputs', 'Outputs', 'Details', 'References'],
        'as2-in': ['Outputs', 'Details', 'References'],
        'as2-listener': ['Port', 'TLS', 'Details', 'References'],
        'as2-mdn': ['Inputs', 'Details', 'References'],
      };
      assert.deepEqual(sections, expected[type]);
      const allowed = ['script', 'p', 'h3', 'dl', 'dt', 'dd', 'span', 'code', 'ul', 'li', 'a'];
      for (const { name } of tagsOf(html)) assert.ok(allowed.includes(name), `<${name}>`);
    });
  }
});

describe('icons', () => {
  const icons = builtFileNames('icons').filter((name) => name.endsWith('.svg'));

  it('are there for the three nodes of the palette', () => {
    assert.deepEqual(icons.toSorted(), ['as2-in.svg', 'as2-mdn.svg', 'as2-out.svg']);
  });

  for (const name of icons) {
    it(`${name} is 40 by 60, white on transparent`, () => {
      const svg = builtFile(join('icons', name));
      assert.match(
        svg,
        /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="40" height="60" viewBox="0 0 40 60">/,
      );
      const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour = '']) => colour);
      assert.deepEqual([...new Set(colours)].toSorted(), ['#fff', 'none']);
      assert.doesNotMatch(svg, /<script|href=|style=/);
    });
  }
});
