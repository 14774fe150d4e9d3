import type { HostileCase } from '../hostile-case';
import { fromAlice, head, type Parties, post, SIGNED_RECEIPT } from '../parties';

const ENTITY = 'Content-Type: text/plain\r\n\r\nhello';

/** A field twice, with different values. */
function twice(name: string, first: string, second: string) {
  return (parties: Parties) => {
    const lines = head(parties, { [name]: first, 'Content-Length': '1' });
    return [Buffer.from(`${lines}${name}: ${second}\r\n\r\nx`)];
  };
}

function plain(fields: Readonly<Record<string, string>>) {
  return (parties: Parties) => post(parties, fields);
}

function good(fields: Readonly<Record<string, string>>) {
  return (parties: Parties) => fromAlice(parties, ENTITY, fields);
}

const PROCESSED = { status: 200, disposition: 'processed', delivered: [undefined] } as const;

/** Fields that are repeated, absurd, or would like to be somewhere else than in their line. */
export const headers: readonly HostileCase[] = [
  ...[
    ['AS2-From', 'Alice', 'Mallory'],
    ['AS2-To', 'Bob', 'Mallory'],
    ['AS2-Version', '1.1', '1.2'],
    ['Message-ID', '<a@b>', '<c@d>'],
    ['Content-Type', 'text/plain', 'multipart/signed'],
    ['Content-Transfer-Encoding', 'binary', 'base64'],
    ['Disposition-Notification-To', 'a', 'b'],
    ['Disposition-Notification-Options', 'a', 'b'],
    ['Receipt-Delivery-Option', 'http://a/', 'http://b/'],
  ].map(([name = '', first = '', second = '']) => ({
    name: `HTTP-18: ${name} twice`,
    bytes: twice(name, first, second),
    status: 400,
  })),
  { name: 'HDR-06: no AS2-From', bytes: plain({ 'AS2-From': '' }), status: 400 },
  { name: 'HDR-06: no AS2-To', bytes: plain({ 'AS2-To': '' }), status: 400 },
  ...['""', '"', ' ', 'a'.repeat(256), `"${'\\"'.repeat(4_000)}"`].map((name) => ({
    name: `HDR-07: AS2-From ${JSON.stringify(name).slice(0, 30)}`,
    bytes: plain({ 'AS2-From': name }),
    status: [400, 403] as const,
  })),
  ...[
    "Alice' OR 1=1 --",
    '../../Alice',
    '<script>alert(1)</script>',
    '%0d%0aX-Injected: 1',
    '\u00c4lice',
    '${jndi:ldap://x}',
  ].map((name) => ({
    name: `HDR-09: AS2-From ${name}`,
    bytes: plain({ 'AS2-From': name, ...SIGNED_RECEIPT }),
    status: 200,
    disposition: 'processed/error: unknown-trading-relationship',
    never: /^X-Injected/m,
  })),
  { name: 'HDR-12: unknown, no receipt', bytes: plain({ 'AS2-From': 'Nobody' }), status: 403 },
  {
    name: 'SEC-09: unknown, a receipt at an address of the own network',
    bytes: plain({
      'AS2-From': 'Nobody',
      ...SIGNED_RECEIPT,
      'Receipt-Delivery-Option': 'http://127.0.0.1:1/',
    }),
    status: 403,
  },
  {
    name: 'a header of 100 KB',
    bytes: plain({ 'X-Large': 'a'.repeat(100_000) }),
    status: [400, 431, 'closed'],
  },
  {
    name: '5000 header fields',
    bytes: plain(Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`X-${at}`, 'a']))),
    status: [400, 431, 'closed'],
  },
  {
    name: 'HDR-13: a Message-ID of 10 KB',
    bytes: good({ 'Message-ID': `<${'a'.repeat(10_000)}@b>` }),
    ...PROCESSED,
  },
  {
    name: 'SEC-10: a Message-ID that is a path',
    bytes: good({ 'Message-ID': '<../../../../etc/passwd>' }),
    ...PROCESSED,
  },
  {
    name: 'HDR-14: a Message-ID with blanks and quotes',
    bytes: good({ 'Message-ID': `<a "b' c;DROP TABLE x@d>` }),
    ...PROCESSED,
  },
  {
    name: 'HDR-13: a Message-ID that is markup',
    bytes: good({ 'Message-ID': '<img src=x onerror=alert(1)>' }),
    ...PROCESSED,
  },
  {
    name: 'HDR-13: a Message-ID in Latin-1',
    bytes: good({ 'Message-ID': '<\u00e4\u00ff@b>' }),
    ...PROCESSED,
  },
  {
    name: 'SEC-08: a subject that hides a line break',
    bytes: good({ Subject: '=?utf-8?Q?a=0D=0AX-Injected:_1=0D=0A=0D=0A<b>?=' }),
    ...PROCESSED,
    never: /^X-Injected/m,
  },
  { name: 'HDR-15: a subject of 12 KB', bytes: good({ Subject: '=?utf-8?B?'.repeat(1_200) }), ...PROCESSED },
  {
    name: 'HDR-15: a date that is none',
    bytes: good({ Date: 'Di, 32 Foo 99999 25:61:61 +9999' }),
    ...PROCESSED,
  },
  { name: 'HDR-02: a version that is none', bytes: good({ 'AS2-Version': '999999999999.x' }), ...PROCESSED },
  {
    name: 'HDR-04: features that are none',
    bytes: good({ 'EDIINT-Features': ',;=\u00ff'.repeat(500) }),
    ...PROCESSED,
  },
  {
    name: 'REQ-03: ten thousand options',
    bytes: good({ 'Disposition-Notification-Options': 'a=optional,b;'.repeat(1_000) }),
    status: 200,
    disposition: 'processed',
    delivered: [undefined],
  },
  {
    name: 'REQ-07: digests nobody has',
    bytes: good({
      'Disposition-Notification-Options':
        'signed-receipt-protocol=required,pkcs7-signature;signed-receipt-micalg=required,whirlpool',
    }),
    status: 200,
    disposition: 'failed/failure: unsupported MIC-algorithms',
  },
  ...[
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1:1880/flows',
    'http://[::1]:22/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:11211/',
    'javascript:alert(1)',
    'mailto:a@b',
    `http://127.0.0.1/${'a'.repeat(8_000)}`,
    'http://127.0.0.1/%0d%0aX-Injected:%201',
    'http://alice@127.0.0.1.nip.io/',
    'not an address',
  ].map((address) => ({
    name: `SEC-09: the receipt wanted at ${address.slice(0, 60)}`,
    bytes: good({ 'Receipt-Delivery-Option': address }),
    status: 204,
    delivered: [undefined],
    never: /^X-Injected/m,
  })),
  { name: 'a body that says to be compressed', bytes: plain({ 'Content-Encoding': 'gzip' }), status: 415 },
  {
    name: 'a Content-Type of 10 KB',
    bytes: good({ 'Content-Type': `application/pkcs7-mime; ${'x=y;'.repeat(2_500)}` }),
    ...PROCESSED,
  },
];
