import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testKeyPair, type TestKeyPair } from '../support/keys';
import { type NodeRedProcess, startNodeRed } from '../support/node-red-process';
import { identityNode, partnerNode } from '../support/stations';

const PASSWORD = 'open sesame';
/** bcrypt of "secret", with the least work. */
const SECRET = '$2b$04$3TudnU6y.tUu2KO6U1JwXOD.KY8cMAPMs.CHXANpay7agwN/c5mbi';

type User = 'nobody' | 'reader' | 'writer';

describe('the admin routes of a Node-RED with users', function () {
  this.timeout(180_000);

  let nodeRed: NodeRedProcess;
  let keyPair: TestKeyPair;
  const tokens: Partial<Record<User, string>> = {};

  before(async () => {
    keyPair = await testKeyPair('Own');
    const users = [
      { username: 'reader', password: SECRET, permissions: 'read' },
      { username: 'writer', password: SECRET, permissions: '*' },
    ];
    nodeRed = await startNodeRed({ settings: { adminAuth: { type: 'credentials', users } } });
    for (const user of ['reader', 'writer'] as const) tokens[user] = await logIn(user);
    const flows = [
      {
        ...identityNode('own', 'OWN', keyPair.certificatePem),
        credentials: { privateKey: keyPair.privateKeyPem },
      },
      {
        ...partnerNode('partner', 'Partner', {
          as2Name: 'P',
          identity: 'own',
          certificate: keyPair.certificatePem,
        }),
        credentials: { user: 'guest', password: PASSWORD },
      },
    ];
    const before = nodeRed.log.length;
    const deployed = await ask('writer', 'POST', '/flows', { flows });
    assert.equal(deployed.status, 200);
    await nodeRed.waitForLog(/Started flows/, 40_000, before);
  });

  after(async () => nodeRed?.stop());

  async function logIn(username: string): Promise<string> {
    const body = {
      client_id: 'node-red-admin',
      grant_type: 'password',
      scope: '',
      username,
      password: 'secret',
    };
    const answer = await ask('nobody', 'POST', '/auth/token', body);
    assert.equal(answer.status, 200, answer.text);
    return (JSON.parse(answer.text) as { access_token: string }).access_token;
  }

  async function ask(
    user: User,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(nodeRed.url + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        'Node-RED-API-Version': 'v2',
        ...(tokens[user] === undefined ? {} : { Authorization: `Bearer ${tokens[user]}` }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, text: await response.text() };
  }

  const routes: {
    readonly method: string;
    readonly path: string;
    readonly body?: object;
    readonly forReaders: boolean;
  }[] = [
    { method: 'GET', path: '/as2/endpoints', forReaders: true },
    { method: 'POST', path: '/as2/certificate/inspect', body: { text: '' }, forReaders: true },
    { method: 'POST', path: '/as2/key/inspect', body: { privateKey: '' }, forReaders: false },
    {
      method: 'POST',
      path: '/as2/identity/generate',
      body: { commonName: 'x', keyType: 'ec-p256' },
      forReaders: false,
    },
    { method: 'GET', path: '/as2/exchanges', forReaders: true },
    { method: 'GET', path: '/as2/exchanges/none', forReaders: true },
    { method: 'GET', path: '/as2/exchanges/none/files/receipt', forReaders: false },
    { method: 'GET', path: '/as2/exchanges/none/files/payload', forReaders: false },
    { method: 'GET', path: '/as2/exchanges/none/files/request', forReaders: false },
    { method: 'POST', path: '/as2/exchanges/none/cancel', body: {}, forReaders: false },
    { method: 'POST', path: '/as2/exchanges/none/resend', body: {}, forReaders: false },
    { method: 'POST', path: '/as2/partners/none/test', body: {}, forReaders: false },
    { method: 'POST', path: '/as2/pkcs12/import', body: { base64: '' }, forReaders: false },
  ];
  for (const { method, path, body, forReaders } of routes) {
    it(`${method} ${path} is for ${forReaders ? 'everyone who may read' : 'those who may write'}`, async () => {
      const answer = async (user: User) => (await ask(user, method, path, body)).status;
      assert.equal(await answer('nobody'), 401);
      assert.equal((await answer('reader')) !== 401, forReaders);
      assert.notEqual(await answer('writer'), 401);
    });
  }

  it('never give a private key, a passphrase or a password back', async () => {
    const identity = await ask('writer', 'GET', '/credentials/as2-identity/own');
    assert.deepEqual(JSON.parse(identity.text), { has_privateKey: true, has_passphrase: false });
    const partner = await ask('writer', 'GET', '/credentials/as2-partner/partner');
    const shown = JSON.parse(partner.text) as Record<string, unknown>;
    assert.deepEqual([shown.user, shown.has_password], ['guest', true]);
    assert.deepEqual(
      Object.keys(shown).filter((name) => /^(?!has_).*(?:password|token|passphrase|key)/i.test(name)),
      [],
    );
    const inspected = await ask('writer', 'POST', '/as2/key/inspect', { id: 'own', privateKey: '__PWRD__' });
    assert.deepEqual(JSON.parse(inspected.text), { kind: 'RSA 2048' });
    assertNoSecrets((await ask('writer', 'GET', '/flows')).text);
  });

  it('write no secret to the log or to files that are not encrypted', async () => {
    const { privateKeyPem: privateKey } = keyPair;
    for (const [path, body] of [
      ['/as2/key/inspect', { privateKey, certificate: keyPair.certificatePem }],
      ['/as2/certificate/inspect', { text: privateKey }],
      ['/as2/partners/partner/test', { message: true }],
      ['/as2/pkcs12/import', { base64: Buffer.from(privateKey).toString('base64'), passphrase: PASSWORD }],
    ] as const) {
      await ask('writer', 'POST', path, body);
    }
    assertNoSecrets(nodeRed.log.join('\n'));
    const files = (await readdir(nodeRed.userDirectory)).filter((name) => name.endsWith('.json'));
    assert.ok(files.includes('flows.json') && files.includes('flows_cred.json'));
    for (const file of files) assertNoSecrets(await readFile(join(nodeRed.userDirectory, file), 'utf8'));
  });

  function assertNoSecrets(text: string): void {
    assert.ok(!text.includes(PASSWORD));
    assert.ok(!text.includes('PRIVATE KEY'));
    const [, firstLine = ''] = keyPair.privateKeyPem.split('\n');
    assert.ok(!text.includes(firstLine.slice(0, 40)));
  }
});
