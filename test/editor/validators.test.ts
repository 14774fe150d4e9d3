import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import * as fc from 'fast-check';
import { assertAs2Name } from '../../src/as2/name';
import { catalogue, editorCode, type NodeType, types } from './built-nodes';

type Verdict = true | string;
type Properties = Record<string, unknown>;

interface Definition {
  readonly defaults: Record<
    string,
    {
      readonly value: unknown;
      readonly validate?: (this: Properties, value: unknown, options: object) => Verdict;
    }
  >;
}

/** The nodes an editor has loaded. */
let loaded: Properties[] = [];

/** Runs the built code as a browser does when no dialog is open, and takes what it registers. */
function definitionOf(type: NodeType): Definition {
  let registered: Definition | undefined;
  const document = { getElementById: () => ({}), querySelector: () => null };
  const RED = {
    _: translate,
    settings: {},
    nodes: {
      registerType: (_type: string, definition: Definition) => (registered = definition),
      node: (id: string) => loaded.find((node) => node.id === id),
      filterNodes: (filter: { readonly type: string }) => loaded.filter((node) => node.type === filter.type),
    },
    validators: { typedInput: () => () => true },
  };
  runInContext(
    editorCode(type),
    createContext({ RED, document, URL, CSS: { escape: (text: string) => text } }),
  );
  assert.ok(registered);
  return registered;
}

const texts = new Map(types.map((type) => [type, catalogue(type)]));

/** As the editor does it; an unknown key is an error. */
function translate(key: string, values: Record<string, unknown> = {}): string {
  const [, type = '', rest = ''] = /^node-red-contrib-as2\/(as2-\w+):\1\.(.+)$/.exec(key) ?? [];
  const text = texts.get(type as NodeType)?.get(rest);
  assert.ok(text !== undefined, `no text for ${key}`);
  return text.replace(/__(\w+?)__/g, (_place, name: string) => {
    assert.ok(name in values, `${key} needs ${name}`);
    return String(values[name]);
  });
}

const definitions = new Map(types.map((type) => [type, definitionOf(type)]));

function validate(type: NodeType, property: string, value: unknown, others: Properties = {}): Verdict {
  const { defaults } = definitions.get(type) ?? assert.fail(type);
  const saved = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]));
  const node = { ...saved, id: 'tested', type, ...others };
  const check = defaults[property]?.validate ?? assert.fail(`${type}.${property} has no validator`);
  return check.call(node, value, {});
}

function assertRefused(verdict: Verdict, sentence: RegExp): void {
  assert.equal(typeof verdict, 'string');
  assert.match(String(verdict), sentence);
  assert.match(String(verdict), /^[A-Z].*\.$/s, 'it is a sentence');
}

beforeEach(() => (loaded = []));

describe('validators', () => {
  it('have two parameters, or Node-RED would not show their sentences', () => {
    for (const [type, { defaults }] of definitions) {
      for (const [name, { validate: check }] of Object.entries(defaults)) {
        if (
          check &&
          name !== 'partnerFrom' &&
          !/^(payload|filename|contentType|subject|attachments|decision|text)$/.test(name)
        ) {
          assert.equal(check.length, 2, `${type}.${name}`);
        }
      }
    }
  });

  it('HDR-07 accept the AS2 names that can be sent, and no others', () => {
    const sendable = (name: string): boolean => {
      try {
        assertAs2Name(name);
        return true;
      } catch {
        return false;
      }
    };
    const name = fc.oneof(
      fc.string({ maxLength: 140 }),
      fc
        .array(fc.integer({ min: 0, max: 0x2ff }), { maxLength: 20 })
        .map((codes) => String.fromCharCode(...codes)),
      fc.string({ minLength: 120, maxLength: 140 }),
    );
    fc.assert(
      fc.property(name, (any) => {
        const trimmed = any.trim();
        assert.equal(
          validate('as2-identity', 'as2Name', any) === true,
          sendable(trimmed),
          JSON.stringify(any),
        );
      }),
    );
    assertRefused(validate('as2-partner', 'as2Name', ''), /missing/);
    assertRefused(validate('as2-partner', 'as2Name', 'Müller'), /“ü”/);
    assertRefused(validate('as2-partner', 'as2Name', 'A\u00a0B'), /U\+00A0/);
    assertRefused(validate('as2-partner', 'as2Name', 'x'.repeat(129)), /128.*129/);
  });

  it('accept http and https addresses only', () => {
    for (const url of ['', 'https://as2.example.com/as2', 'http://10.0.0.1:4080/as2?x=1', ' https://a/ ']) {
      assert.equal(validate('as2-identity', 'url', url), true, url);
    }
    assertRefused(validate('as2-identity', 'url', 'as2.example.com'), /https:\/\//);
    assertRefused(validate('as2-identity', 'url', 'ftp://as2.example.com'), /https:\/\//);
    assertRefused(validate('as2-identity', 'url', 'https://'), /complete/);
    assertRefused(validate('as2-identity', 'url', 'https://as2.example.com/a b'), /complete/);
    assertRefused(
      validate('as2-identity', 'url', 'https://me:secret@as2.example.com/'),
      /user name and password/,
    );
    assertRefused(validate('as2-identity', 'url', 'https://as2.example.com/#here'), /#/);
  });

  it('refuse a login that would travel readable', () => {
    // Node-RED tells of a stored password only that there is one.
    for (const credentials of [{ user: 'me' }, { has_token: true }, { token: 'abc' }]) {
      assertRefused(validate('as2-partner', 'url', 'http://as2.example.com', { credentials }), /readable/);
      assert.equal(validate('as2-partner', 'url', 'https://as2.example.com', { credentials }), true);
    }
    assert.equal(validate('as2-partner', 'url', 'http://as2.example.com'), true);
  });

  it('ask for a partner certificate exactly where one is needed', () => {
    const url = 'https://as2.example.com';
    const open = {
      url,
      sign: '',
      encrypt: '',
      receipt: 'none',
      requireSigned: false,
      requireEncrypted: false,
    };
    assert.equal(validate('as2-partner', 'certificate', '', open), true);
    assertRefused(
      validate('as2-partner', 'certificate', '', { ...open, encrypt: 'aes-256-cbc' }),
      /encrypted/,
    );
    assertRefused(validate('as2-partner', 'certificate', '', { ...open, receipt: 'signed' }), /receipts/);
    assertRefused(validate('as2-partner', 'certificate', '', { ...open, requireSigned: true }), /signatures/);
    // Who is only received from needs none for sending.
    const silent = { ...open, url: '', encrypt: 'aes-256-cbc', receipt: 'signed' };
    assert.equal(validate('as2-partner', 'certificate', '', silent), true);
    assertRefused(validate('as2-partner', 'certificate', ''), /certificate/);
  });

  it('tell a certificate from what people paste instead', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    for (const property of ['certificate', 'ca']) {
      assert.equal(validate('as2-partner', property, pem), true);
      assert.equal(validate('as2-partner', property, pem + pem), true);
      assert.equal(validate('as2-partner', property, 'MIIB+/=='), true);
      assertRefused(validate('as2-partner', property, 'see attachment!'), /not a certificate/);
      assertRefused(validate('as2-partner', property, pem.slice(0, 40)), /cut off/);
      const key = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n';
      assertRefused(validate('as2-partner', property, pem + key), /private key/);
    }
  });

  it('ask for the keys of an identity unless none of its partners needs them', () => {
    assertRefused(validate('as2-identity', 'certificate', ''), /[Gg]enerate/);
    const partner = { type: 'as2-partner', sign: '', requireEncrypted: false };
    assert.equal(validate('as2-identity', 'certificate', '', { users: [partner] }), true);
    const signing = { ...partner, sign: 'sha-256' };
    assertRefused(validate('as2-identity', 'certificate', '', { users: [partner, signing] }), /[Gg]enerate/);
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    assert.equal(validate('as2-identity', 'certificate', pem), true);
    assert.equal(
      validate('as2-identity', 'certificate', pem, { credentials: { has_privateKey: true } }),
      true,
    );
    const keyless = validate('as2-identity', 'certificate', pem, { credentials: { has_privateKey: false } });
    assertRefused(keyless, /no private key/);
  });

  it('refuse values that are none of the choices, but let an older flow do without them', () => {
    for (const [property, good, bad] of [
      ['sign', 'sha3-256', 'md5'],
      ['signScheme', 'rsa-pss', ''],
      ['encrypt', 'aes-256-gcm', 'des-cbc'],
      ['aeadStructure', 'enveloped-data', ''],
      ['keyTransport', 'rsa-oaep-sha-1', 'rsa-oaep'],
      ['compress', 'after-signing', 'zlib'],
      ['receipt', 'none', ''],
      ['receiptDelivery', 'async', 'later'],
      ['receiptOverdue', 'resend', 'again'],
      ['unsuitableFilenames', 'refuse', 'keep'],
    ] as const) {
      assert.equal(validate('as2-partner', property, good), true);
      assert.equal(validate('as2-partner', property, undefined), true);
      assertRefused(validate('as2-partner', property, bad), /of the list/);
    }
  });

  it('refuse numbers out of range', () => {
    for (const [type, property] of [
      ['as2-partner', 'connectTimeout'],
      ['as2-partner', 'responseTimeout'],
      ['as2-partner', 'receiptTimeout'],
      ['as2-in', 'receiptTimeout'],
      ['as2-in', 'maxSize'],
      ['as2-in', 'maxBuffer'],
    ] as const) {
      for (const good of ['1', '30', '2.5', 60]) assert.equal(validate(type, property, good), true, property);
      for (const bad of ['', '0', '-1', 'ten', '1e99', 'NaN', ' '])
        assertRefused(validate(type, property, bad), /number/);
    }
  });

  it('refuse paths that cannot be reached, and a path that another as2 in node has', () => {
    for (const good of ['/as2', '/', '/a/b.c/d-e_f', '/as2/'])
      assert.equal(validate('as2-in', 'path', good), true, good);
    assertRefused(validate('as2-in', 'path', ''), /missing/);
    assertRefused(validate('as2-in', 'path', 'as2'), /slash/);
    assertRefused(validate('as2-in', 'path', '/a b'), /blank/);
    for (const character of '?#:*()[]{}\\')
      assertRefused(validate('as2-in', 'path', `/a${character}`), /cannot contain/);

    loaded = [{ id: 'other', type: 'as2-in', name: 'Orders', path: '/AS2/' }];
    assertRefused(validate('as2-in', 'path', '/as2'), /Orders/);
    assert.equal(validate('as2-in', 'path', '/as2/two'), true);
    loaded = [{ id: 'other', type: 'as2-in', name: 'Orders', path: '/as2', d: true }];
    assert.equal(validate('as2-in', 'path', '/as2'), true);
  });

  it('want an identity for a partner that is in order, and say where to mend it', () => {
    assertRefused(validate('as2-partner', 'identity', ''), /Choose the identity/);
    assertRefused(validate('as2-partner', 'identity', '_ADD_'), /Choose the identity/);
    assertRefused(validate('as2-partner', 'identity', 'gone'), /does not exist/);
    loaded = [{ id: 'own', type: 'as2-identity', valid: false }];
    assertRefused(validate('as2-partner', 'identity', 'own'), /not set up completely.*pencil/);
    loaded = [{ id: 'own', type: 'as2-identity', valid: true }];
    assert.equal(validate('as2-partner', 'identity', 'own'), true);
  });

  it('ask for the address of asynchronous receipts, here or in the identity', () => {
    const later = { url: 'https://as2.example.com', receiptDelivery: 'async', identity: 'own' };
    loaded = [{ id: 'own', type: 'as2-identity', url: '' }];
    assertRefused(validate('as2-partner', 'receiptUrl', '', later), /needs an address/);
    assertRefused(validate('as2-partner', 'receiptUrl', 'here', later), /https:\/\//);
    assert.equal(validate('as2-partner', 'receiptUrl', 'https://us.example/as2', later), true);
    assert.equal(validate('as2-partner', 'receiptUrl', '', { ...later, receiptDelivery: 'sync' }), true);
    assert.equal(validate('as2-partner', 'receiptUrl', '', { ...later, receipt: 'none' }), true);
    assert.equal(validate('as2-partner', 'receiptUrl', '', { ...later, url: '' }), true);
    loaded = [{ id: 'own', type: 'as2-identity', url: 'https://us.example/as2' }];
    assert.equal(validate('as2-partner', 'receiptUrl', '', later), true);
  });

  it('take names of hosts for receipts, and nothing else', () => {
    for (const good of ['', 'mdn.example', 'a.example:8080, b.example\nlocalhost', '[::1]:4080'])
      assert.equal(validate('as2-partner', 'receiptHosts', good), true, good);
    for (const bad of ['https://mdn.example', 'mdn.example/path', 'a b!', 'me@host'])
      assertRefused(validate('as2-partner', 'receiptHosts', bad), /not the name of a host/);
  });

  it('take fingerprints, patterns of hosts, names and addresses for a connection, and say what is wrong', () => {
    const pin = 'AB:'.repeat(31) + 'AB';
    for (const good of ['', pin, `${pin}, ${'ab'.repeat(32)}`, `sha256/${'A'.repeat(43)}=`, '${PINS}'])
      assert.equal(validate('as2-partner', 'pins', good), true, good);
    assertRefused(validate('as2-partner', 'pins', 'AB:CD'), /64 hexadecimal digits/);
    for (const good of ['*', '*.partner.example'])
      assert.equal(validate('as2-partner', 'receiptHosts', good), true, good);
    assertRefused(validate('as2-partner', 'receiptHosts', 'a*.example'), /not the name of a host/);
    assert.equal(validate('as2-partner', 'servername', 'as2.partner.example'), true);
    assertRefused(validate('as2-partner', 'servername', 'https://x'), /no name of a server/);
    assert.equal(validate('as2-partner', 'urls', 'https://a.example/as2, http://b.example'), true);
    assert.equal(typeof validate('as2-partner', 'urls', 'https://a.example/as2 ftp://b.example'), 'string');
    assertRefused(validate('as2-partner', 'onlyOwnCa', true, { ca: '' }), /is to be trusted/);
    assert.equal(validate('as2-partner', 'onlyOwnCa', true, { ca: 'PEM' }), true);
    assertRefused(validate('as2-partner', 'proxyUse', 'node', { proxy: '' }), /Choose a proxy/);
    assert.equal(validate('as2-partner', 'proxyUse', 'environment'), true);
  });

  it('want a listener that can listen', () => {
    for (const good of ['1', '4433', '65535', ' 443 '])
      assert.equal(validate('as2-listener', 'port', good), true, good);
    for (const bad of ['', '0', '65536', '44.5', 'https', '-1'])
      assertRefused(validate('as2-listener', 'port', bad), /1 to 65535/);
    loaded = [{ id: 'other', type: 'as2-listener', name: 'Other', port: '4433', host: '' }];
    assertRefused(validate('as2-listener', 'port', '4433'), /“Other” has this port/);
    assert.equal(validate('as2-listener', 'port', '4433', { host: '127.0.0.1' }), true);
    assert.equal(validate('as2-listener', 'clientCertificate', 'off'), true);
    assert.equal(validate('as2-listener', 'clientCertificate', 'required', { tls: 'tls' }), true);
    assertRefused(validate('as2-listener', 'clientCertificate', 'required'), /need TLS/);
    for (const good of ['', '/health']) assert.equal(validate('as2-listener', 'healthPath', good), true);
    assertRefused(validate('as2-listener', 'healthPath', 'health'), /slash/);
    for (const good of ['', 'X-Client-Cert'])
      assert.equal(validate('as2-listener', 'proxyCertificate', good), true);
    assertRefused(validate('as2-listener', 'proxyCertificate', 'X-Client-Cert: yes'), /letters/);
  });

  for (const [type, property] of [
    ['as2-listener', 'proxies'],
    ['as2-partner', 'inboundFrom'],
    ['as2-in', 'allowFrom'],
  ] as const) {
    it(`want addresses and ranges in ${type}.${property}, and name what is none`, () => {
      for (const good of ['', '192.0.2.7', '192.0.2.0/24, 2001:db8::/32 ::1', '10.0.0.1;10.0.0.2'])
        assert.equal(validate(type, property, good), true, good);
      for (const bad of ['example.com', '192.0.2.256', '192.0.2.0/33', '::/129', '1.2.3', '10.0.0.1/8/8'])
        assertRefused(validate(type, property, `10.0.0.1, ${bad}`), new RegExp(`“${bad}” is no IP address`));
    });
  }

  it('want whole numbers of attempts and of parallel messages', () => {
    for (const [property, most] of [
      ['attempts', 100],
      ['parallel', 64],
    ] as const) {
      for (const good of [undefined, '1', String(most)])
        assert.equal(validate('as2-partner', property, good), true);
      for (const bad of ['0', '1.5', '', String(most + 1)])
        assertRefused(validate('as2-partner', property, bad), /number/);
    }
  });

  it('REL-03: want HTTP statuses that are no success', () => {
    for (const good of [undefined, '', '404', '404, 409;301'])
      assert.equal(validate('as2-partner', 'alsoStatuses', good), true);
    for (const bad of ['200', '404 4', '600', 'busy'])
      assert.match(String(validate('as2-partner', 'alsoStatuses', bad)), /no HTTP status that a refusal has/);
  });

  it('want a partner from the node or from the message', () => {
    assertRefused(validate('as2-out', 'partner', ''), /Choose a partner/);
    assertRefused(validate('as2-out', 'partner', '_ADD_'), /Choose a partner/);
    assert.equal(validate('as2-out', 'partner', '', { partnerFromType: 'msg' }), true);
    assertRefused(validate('as2-out', 'partner', 'gone'), /does not exist/);
    loaded = [{ id: 'contoso', type: 'as2-partner', valid: false }];
    assertRefused(validate('as2-out', 'partner', 'contoso'), /not set up completely/);
    loaded = [{ id: 'contoso', type: 'as2-partner', valid: true }];
    assert.equal(validate('as2-out', 'partner', 'contoso'), true);
  });
});
