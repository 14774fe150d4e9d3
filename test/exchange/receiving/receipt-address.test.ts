import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { bufferSource } from '../../../src/bytes';
import { As2Error } from '../../../src/errors';
import { allowedReceiptUrl } from '../../../src/exchange/receiving/receipt-address';
import { receiptConnection } from '../../../src/exchange/receiving/receipt-connection';
import type { Partner } from '../../../src/exchange';
import { createHttpClient } from '../../../src/http';
import { Headers } from '../../../src/mime';
import { withHttpServer } from '../../partner/servers';

const beta: Partner = {
  name: 'beta',
  as2Name: 'BETA',
  url: 'https://as2.beta.example:4080/in',
  signingCertificates: [],
  sending: { sign: 'none', encrypt: 'none', receipt: 'none' },
};

describe('exchange: receiving: where receipts may go', () => {
  const nowhere = {
    'loopback by its name': 'http://localhost:1880/',
    'loopback by its name, with a dot': 'http://localhost./',
    'loopback by its address': 'http://127.0.0.1/',
    'loopback as one number': 'http://2130706433/',
    'loopback in hexadecimal': 'http://0x7f000001/',
    'loopback in octal': 'http://0177.0.0.1/',
    'loopback, mixed and shortened': 'http://0x7f.1/',
    'loopback with percent signs': 'http://%31%32%37.0.0.1/',
    'loopback in wide digits': 'http://１２７.0.0.1/',
    'this machine as zero': 'http://0/',
    'IPv6 loopback': 'http://[::1]/',
    'IPv6 that is IPv4': 'http://[::ffff:127.0.0.1]/',
    'IPv6 that is IPv4, in hexadecimal': 'http://[::ffff:7f00:1]/',
    NAT64: 'http://[64:ff9b::7f00:1]/',
    '6to4': 'http://[2002:7f00:1::]/',
    'a private network': 'http://10.1.2.3/',
    'the network of a provider': 'http://100.64.0.1/',
    'link-local': 'http://169.254.1.1/',
    'the metadata of a cloud': 'http://169.254.169.254/latest/meta-data/',
    'the metadata of a cloud as one number': 'http://2852039166/',
    'the metadata of a cloud over IPv6': 'http://[fd00:ec2::254]/',
    multicast: 'http://224.0.0.1/',
    'another protocol': 'gopher://mdn.beta.example/',
    'a file': 'file:///etc/passwd',
    'an odd port': 'https://mdn.beta.example:6379/',
    'a port of mail': 'http://mdn.beta.example:25/',
  };
  for (const [trick, url] of Object.entries(nowhere)) {
    it(`SEC-09: not to ${trick}, also when every host of the internet is allowed: ${url}`, () => {
      assertRefused(() => allowedReceiptUrl(url, { ...beta, receiptHosts: ['*'] }));
    });
  }

  it('SEC-09: a pattern takes hosts below a name, not the name inside of another', () => {
    const partner = { ...beta, receiptHosts: ['*.beta.example'] };
    assert.equal(allowedReceiptUrl('https://eu.mdn.beta.example/x', partner).isNamed, false);
    for (const url of ['https://beta.example.evil.example/', 'https://evilbeta.example/']) {
      assertRefused(() => allowedReceiptUrl(url, partner));
    }
  });

  it('SEC-09: the partner’s own address may be anywhere, when it is written as such', () => {
    for (const own of ['http://127.0.0.1:4080/', 'http://localhost:4080/', 'http://[::1]:4080/']) {
      const { refuseAddress } = allowedReceiptUrl(own, { ...beta, url: own });
      assert.equal(refuseAddress, undefined);
    }
    assert.ok(
      allowedReceiptUrl('http://second.example/', { ...beta, urls: ['http://second.example/'] }).isNamed,
    );
  });

  const names = [
    ['127.0.0.1', false],
    ['::1', false],
    ['::ffff:127.0.0.1', false],
    ['169.254.169.254', false],
    ['fe80::1', false],
    ['10.1.2.3', true],
    ['93.184.216.34', true],
  ] as const;
  for (const [address, isCalled] of names) {
    it(`SEC-09: a named host that stands for ${address} is ${isCalled ? 'called' : 'not called'}`, () => {
      const { refuseAddress } = allowedReceiptUrl('https://as2.beta.example/', beta);
      assert.equal(refuseAddress?.(address) === undefined, isCalled);
    });
  }

  it('SEC-09: unless that address itself is listed', () => {
    const partner = { ...beta, receiptHosts: ['127.0.0.1'] };
    assert.equal(
      allowedReceiptUrl('https://as2.beta.example/', partner).refuseAddress?.('127.0.0.1'),
      undefined,
    );
  });

  it('SEC-09: DNS rebinding: a name that changes what it stands for gains nothing', () =>
    withHttpServer(
      (request, response) => {
        request.resume();
        response.end();
      },
      async (local) => {
        const { port } = new URL(local);
        // Nobody listens at 127.0.0.2, which may be called; the server at 127.0.0.1 must not be.
        const partner = {
          ...beta,
          url: `http://as2.beta.example:${port}/`,
          receiptHosts: ['127.0.0.2'],
        };
        const changing = new Resolver([['127.0.0.2'], ['127.0.0.1']]);
        const error = await post(partner, changing);
        assert.match(error?.code ?? '', /^http-(?:connection-refused|connect-timeout|host-unreachable)$/);
        assert.equal(changing.asked, 1, 'resolved once');
        for (const answers of [['127.0.0.1'], ['127.0.0.2', '127.0.0.1'], ['127.0.0.1', '127.0.0.2']]) {
          assert.equal((await post(partner, new Resolver([answers])))?.code, 'http-address-refused');
        }
        // The control: the same server is reached when its address is allowed.
        const listed = { ...partner, receiptHosts: ['127.0.0.1'] };
        assert.equal(await post(listed, new Resolver([['127.0.0.1']])), undefined);
      },
    ));

  it('HTTP-14: what is for the partner’s own address goes nowhere else; receipts can have a login of their own', () => {
    const options = {
      cert: 'CERT',
      key: 'KEY',
      pfx: 'PFX',
      passphrase: 'secret',
      servername: 'as2',
      ca: 'CA2',
    };
    const tls = { ca: 'CA', pins: ['x'], cert: 'CERT', key: 'KEY', options };
    const credentials = { username: 'us', password: 'er' };
    const partner = {
      ...beta,
      receiptHosts: ['mdn.beta.example', '*.beta.example'],
      connection: { tls, credentials, headers: { 'X-Key': 'k' }, redirects: 'same-host' } as const,
    };
    const to = (url: string, one: Partner) => receiptConnection(allowedReceiptUrl(url, one), one);
    assert.deepEqual(to('https://as2.beta.example:4080/', partner).credentials, credentials);
    const elsewhere = to('https://mdn.beta.example/', partner);
    assert.deepEqual(
      [elsewhere.credentials, elsewhere.headers, elsewhere.tls],
      [undefined, undefined, { ca: 'CA', options: { ca: 'CA2' } }],
    );
    assert.equal(elsewhere.responseTimeoutMs, 60_000);
    for (const url of ['https://as2.beta.example:4080/', 'https://mdn.beta.example/']) {
      assert.equal(to(url, partner).redirects, 'no');
    }
    const own = { ...partner, receiptConnection: { credentials: { bearer: 'token' } } };
    assert.deepEqual(to('https://mdn.beta.example/', own).credentials, { bearer: 'token' });
    assert.deepEqual(to('https://as2.beta.example:4080/', own).credentials, { bearer: 'token' });
    assert.equal(to('https://any.beta.example/', own).credentials, undefined);
    assert.equal(
      to('https://mdn.beta.example/', own),
      to('https://mdn.beta.example/other', own),
      'one object: kept connections',
    );
  });

  it('SEC-09: a host that only fits a pattern is not called through a proxy, which would look it up itself', () => {
    const partner = {
      ...beta,
      receiptHosts: ['*'],
      connection: { proxy: { url: 'http://proxy.example:3128' } },
    };
    const target = allowedReceiptUrl('https://mdn.elsewhere.example/', partner);
    assertRefused(() => receiptConnection(target, partner));
  });
});

/** Name resolution that answers as it is told, one answer after the other. */
class Resolver {
  asked = 0;

  constructor(private readonly answers: readonly (readonly string[])[]) {}

  readonly lookup: LookupFunction = (_name, options, callback) => {
    const addresses = this.answers[Math.min(this.asked++, this.answers.length - 1)] ?? [];
    const found: LookupAddress[] = addresses.map((address) => ({ address, family: 4 }));
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', 4);
  };
}

async function post(partner: Partner, { lookup }: Resolver): Promise<As2Error | undefined> {
  const target = allowedReceiptUrl(partner.url ?? '', partner);
  const settings = receiptConnection(target, partner);
  const client = createHttpClient({ ...settings, lookup, connectTimeoutMs: 30_000 });
  try {
    await client.post({
      url: target.url.href,
      headers: Headers.fromPairs([]),
      body: bufferSource(Buffer.from('x')),
    });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof As2Error, String(error));
    return error;
  } finally {
    client.close();
  }
}

function assertRefused(work: () => unknown): void {
  assert.throws(work, (error) => error instanceof As2Error && error.code === 'receipt-url-refused');
}
