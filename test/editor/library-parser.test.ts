import assert from 'node:assert/strict';
import { type CallExpression, type ObjectExpression, parse, type Property } from 'acorn';
import { simple } from 'acorn-walk';
import { builtFileNames, editorCode, type NodeType, template, types } from './built-nodes';

/** The calls of RED.nodes.registerType in a script. */
function registrations(code: string): CallExpression[] {
  const calls: CallExpression[] = [];
  simple(parse(code, { ecmaVersion: 'latest' }), {
    CallExpression(call) {
      const { callee } = call;
      if (
        callee.type === 'MemberExpression' &&
        'name' in callee.property &&
        callee.property.name === 'registerType'
      ) {
        calls.push(call);
      }
    },
  });
  return calls;
}

function definitionOf(type: NodeType): ObjectExpression {
  const [call, ...others] = registrations(editorCode(type));
  assert.equal(others.length, 0);
  const [name, definition] = call?.arguments ?? [];
  assert.ok(name?.type === 'Literal' && name.value === type, 'the type is a literal');
  assert.ok(definition?.type === 'ObjectExpression', 'the definition stands inline');
  return definition;
}

function property(object: ObjectExpression, name: string): Property['value'] | undefined {
  for (const entry of object.properties) {
    assert.equal(entry.type, 'Property', 'a spread stops the parser of the flow library');
    if (entry.type === 'Property' && 'name' in entry.key && entry.key.name === name) return entry.value;
  }
  return undefined;
}

function literal(object: ObjectExpression, name: string): unknown {
  const value = property(object, name);
  assert.ok(value === undefined || value.type === 'Literal', `${name} is a literal`);
  return value?.value;
}

function keys(object: ObjectExpression, name: string): string[] {
  const value = property(object, name);
  if (value === undefined) return [];
  assert.ok(value.type === 'ObjectExpression', `${name} stands inline`);
  return value.properties.map((entry) => {
    assert.ok(entry.type === 'Property' && 'name' in entry.key);
    return entry.key.name;
  });
}

describe('built HTML as the flow library reads it', () => {
  for (const type of types) {
    it(`finds the definition of ${type}`, () => {
      const definition = definitionOf(type);
      const config = literal(definition, 'category') === 'config';
      assert.equal(config, ['as2-identity', 'as2-listener', 'as2-partner'].includes(type));
      if (!config) {
        assert.equal(literal(definition, 'category'), 'AS2');
        assert.match(String(literal(definition, 'color')), /^#[0-9A-F]{6}$/);
        assert.equal(typeof literal(definition, 'inputs'), 'number');
        assert.equal(typeof literal(definition, 'outputs'), 'number');
        assert.ok(builtFileNames('icons').includes(String(literal(definition, 'icon'))), 'the icon is there');
      }
    });

    it(`finds a field for every property of ${type}`, () => {
      const definition = definitionOf(type);
      const prefix = literal(definition, 'category') === 'config' ? 'node-config-input-' : 'node-input-';
      const properties = [...keys(definition, 'defaults'), ...keys(definition, 'credentials')];
      assert.ok(properties.includes('name'));
      for (const name of properties) {
        assert.ok(template(type).includes(`id="${prefix}${name}"`), `${type} has no field for ${name}`);
      }
      const fields = [...template(type).matchAll(/id="node-(?:config-)?input-(\w+)"/g)].map(
        ([, name = '']) => name,
      );
      assert.deepEqual(fields.toSorted(), properties.toSorted());
    });

    it(`lets every configuration node that ${type} refers to be chosen in the width of its row`, () => {
      const defaults = property(definitionOf(type), 'defaults');
      assert.ok(defaults?.type === 'ObjectExpression');
      const references = keys(definitionOf(type), 'defaults').filter((name) => {
        const description = property(defaults, name);
        assert.ok(description?.type === 'ObjectExpression');
        return literal(description, 'type') !== undefined;
      });
      for (const name of references) {
        // Node-RED gives its list the width that stands at the field it replaces.
        assert.match(template(type), new RegExp(`id="node-(config-)?input-${name}" style="width: 100%"`));
      }
    });

    it(`uses no property name of ${type} that Node-RED keeps for itself`, () => {
      for (const name of keys(definitionOf(type), 'defaults')) {
        assert.ok(name.length > 1 && !['id', 'type', 'wires', 'inputs', 'outputs'].includes(name), name);
      }
    });
  }

  it('keeps the private key and both passwords where the runtime never gives them out', () => {
    const passwords = { 'as2-identity': ['privateKey', 'passphrase'], 'as2-partner': ['password'] } as const;
    for (const [type, names] of Object.entries(passwords)) {
      const credentials = property(definitionOf(type as NodeType), 'credentials');
      assert.ok(credentials?.type === 'ObjectExpression');
      for (const name of names) {
        const credential = property(credentials, name);
        assert.ok(credential?.type === 'ObjectExpression');
        assert.equal(literal(credential, 'type'), 'password');
      }
      for (const name of names) assert.ok(!keys(definitionOf(type as NodeType), 'defaults').includes(name));
    }
  });

  it('gives the private key a field that keeps line breaks', () => {
    assert.match(template('as2-identity'), /<textarea\s+id="node-config-input-privateKey"/);
  });
});
