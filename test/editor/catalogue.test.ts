import assert from 'node:assert/strict';
import { parse } from 'acorn';
import { simple } from 'acorn-walk';
import { certificateWarningTexts } from '../../src/pki/certificate-warnings';
import {
  catalogue,
  editorCode,
  type NodeType,
  runtimeCode,
  sharedRuntimeCode,
  tagsOf,
  template,
  types,
} from './built-nodes';

const texts = new Map(types.map((type) => [type, catalogue(type)]));
/** Texts that all dialogs share stand here. */
const SHARED: NodeType = 'as2-identity';

interface Reference {
  /** The node whose catalogue it points to. */
  readonly type: NodeType;
  /** Without the type. A `*` at its end: anything may follow. */
  readonly key: string;
}

/** `package/set:` of a key that is asked for from another node. */
const NAMESPACE = /^node-red-contrib-as2\/as2-\w+:/;

/**
 * Keys in code: in full (`as2-in.status.received`), or without the type where a short form adds it (`problem.path-taken`).
 * They are read from what was built, where they are plain strings and templates.
 */
function referencesInCode(own: NodeType, code: string): Reference[] {
  return stringsIn(code).flatMap((string) => {
    const key = string.replace(NAMESPACE, '');
    const full = types.find((type) => key.startsWith(`${type}.`));
    if (full) {
      const rest = key.slice(full.length + 1);
      return ['', '*', 'svg'].includes(rest) ? [] : [{ type: full, key: rest }];
    }
    const short = /^([a-z][\w-]*)\.[\w.*-]+$/.exec(key)?.[1];
    const owner = [own, SHARED].find((type) => short !== undefined && groupsOf(type).has(short));
    return owner ? [{ type: pointsTo(own, key) ? own : SHARED, key }] : [];
  });
}

/** All strings; of a template the part before its first place, with a star. */
function stringsIn(code: string): string[] {
  const found: string[] = [];
  simple(parse(code, { ecmaVersion: 'latest' }), {
    Literal({ value }) {
      if (typeof value === 'string') found.push(value);
    },
    TemplateLiteral({ quasis, expressions }) {
      found.push(`${quasis[0]?.value.cooked ?? ''}${expressions.length > 0 ? '*' : ''}`);
    },
  });
  return found;
}

function referencesInTemplates(): Reference[] {
  return types.flatMap((type) =>
    tagsOf(template(type))
      .flatMap(({ attributes }) => attributes.get('data-i18n')?.split(';') ?? [])
      .map((entry) => entry.replace(/^\[\w+\]/, ''))
      .filter((key) => !key.startsWith('node-red:'))
      .map((key) => {
        assert.ok(key.startsWith(`${type}.`), `${type}.html: ${key}`);
        return { type, key: key.slice(type.length + 1) };
      }),
  );
}

function groupsOf(type: NodeType): Set<string> {
  return new Set([...(texts.get(type)?.keys() ?? [])].map((key) => key.split('.')[0] ?? ''));
}

function matches(reference: string, key: string): boolean {
  if (reference.endsWith('*')) return key.startsWith(reference.slice(0, -1));
  return key === reference || key === `${reference}_plural`;
}

function pointsTo(type: NodeType, reference: string): boolean {
  return [...(texts.get(type)?.keys() ?? [])].some((key) => matches(reference, key));
}

describe('catalogues', () => {
  const references = [
    ...types.flatMap((type) =>
      [editorCode(type), runtimeCode(type)].flatMap((code) => referencesInCode(type, code)),
    ),
    ...sharedRuntimeCode().flatMap((code) => referencesInCode(SHARED, code)),
    ...referencesInTemplates(),
  ];

  it('have a text for every key that code and templates name', () => {
    assert.ok(references.length > 150, `${references.length} references`);
    const missing = references.filter(({ type, key }) => !pointsTo(type, key));
    assert.deepEqual(missing, []);
  });

  it('have no text that nothing names', () => {
    for (const type of types) {
      const named = references.filter((one) => one.type === type);
      const unused = [...(texts.get(type)?.keys() ?? [])].filter(
        (key) => !named.some((reference) => matches(reference.key, key)),
      );
      assert.deepEqual(unused, [], type);
    }
  });

  it('have no empty text and no text with blanks around it', () => {
    for (const [type, own] of texts) {
      for (const [key, text] of own) assert.ok(text !== '' && text === text.trim(), `${type}.${key}`);
    }
  });

  it('have a sentence for every warning about a certificate, the same as the core', () => {
    const sentences = Object.fromEntries(
      [...(texts.get(SHARED) ?? [])]
        .filter(([key]) => key.startsWith('certificate.warning.'))
        .map(([key, text]) => [key.slice('certificate.warning.'.length), text]),
    );
    assert.deepEqual(sentences, { ...certificateWarningTexts });
  });
});
