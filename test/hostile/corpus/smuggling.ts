import type { HostileCase } from '../hostile-case';
import { head, type Parties, post } from '../parties';

/** A request whose head is written by hand, and whatever follows it. */
function raw(fields: Readonly<Record<string, string>>, lines: readonly string[], body = 'x') {
  return (parties: Parties) => [
    Buffer.from(
      `${head(parties, fields)}${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`,
      'latin1',
    ),
  ];
}

function start(text: string) {
  return () => [Buffer.from(text, 'latin1')];
}

const REFUSED = [400, 'closed'] as const;
const SECOND = 'POST /as2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx';

/** One request that a proxy and we could take for two, and heads that are none. */
export const smuggling: readonly HostileCase[] = [
  {
    name: 'HTTP-05: Content-Length and Transfer-Encoding',
    bytes: raw({}, ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SECOND}`),
    status: REFUSED,
  },
  {
    name: 'HTTP-05: the same in the other order, in odd letters',
    bytes: raw({}, ['transfer-ENCODING:\tchunked', 'content-LENGTH: 5'], `0\r\n\r\n${SECOND}`),
    status: REFUSED,
  },
  {
    name: 'HTTP-05: two lengths',
    bytes: raw({}, ['Content-Length: 1', 'Content-Length: 60']),
    status: REFUSED,
  },
  {
    name: 'HTTP-05: the same length twice',
    bytes: raw({}, ['Content-Length: 1', 'Content-Length: 1']),
    status: REFUSED,
  },
  { name: 'HTTP-05: a list of lengths', bytes: raw({}, ['Content-Length: 1, 1']), status: REFUSED },
  ...['-1', '+1', '0x10', '1e3', '1 2', '18446744073709551617', 'many', '\v1'].map((length) => ({
    name: `HTTP-03: a length of ${JSON.stringify(length)}`,
    bytes: raw({}, [`Content-Length: ${length}`]),
    status: REFUSED,
  })),
  {
    name: 'HTTP-09: a length of 9 PB: refused before anything is read',
    bytes: raw({}, ['Content-Length: 9007199254740991']),
    status: 413,
  },
  ...['xchunked', 'chunked, identity', 'identity', 'gzip, chunked', '\x0bchunked', 'chunked\0'].map(
    (coding) => ({
      name: `RFC 9112 §6.1: a Transfer-Encoding of ${JSON.stringify(coding)}`,
      bytes: raw({}, [`Transfer-Encoding: ${coding}`], '1\r\nx\r\n0\r\n\r\n'),
      status: [400, 415, 501, 'closed'] as const,
    }),
  ),
  {
    name: 'RFC 9112 §6.1: Transfer-Encoding twice',
    bytes: raw({}, ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '1\r\nx\r\n0\r\n\r\n'),
    status: REFUSED,
  },
  ...['-1', 'fffffffffffffffff', '0x1', 'g', '', '1 1'].map((size) => ({
    name: `HTTP-04: a chunk of ${JSON.stringify(size)} bytes`,
    bytes: raw({}, ['Transfer-Encoding: chunked'], `${size}\r\nx\r\n0\r\n\r\n`),
    status: REFUSED,
  })),
  {
    name: 'HTTP-04: a chunk extension of 64 KiB',
    bytes: raw({}, ['Transfer-Encoding: chunked'], `1;${'e'.repeat(65_536)}\r\nx\r\n0\r\n\r\n`),
    status: [400, 413, 'closed'],
  },
  {
    name: 'HTTP-04: a chunk that ends in the middle of nowhere',
    bytes: raw({}, ['Transfer-Encoding: chunked'], '5\r\nabcdefgh\r\n0\r\n\r\n'),
    status: REFUSED,
  },
  {
    name: 'HTTP-18: header fields of another sender behind the body, as trailers',
    bytes: raw(
      { 'AS2-From': 'Nobody' },
      ['Transfer-Encoding: chunked', 'Trailer: AS2-From'],
      '1\r\nx\r\n0\r\nAS2-From: Alice\r\nAS2-To: "Bob B"\r\n\r\n',
    ),
    status: 403,
  },
  {
    name: 'HTTP-05: a request hidden in the body of another one stays a body',
    bytes: (parties) => [
      ...post(parties, { 'AS2-From': 'Nobody' }, SECOND),
      Buffer.from('GET /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    ],
    exchange: { answers: 2 },
    status: [403, 405],
  },
  { name: 'a blank before the colon', bytes: raw({}, ['Content-Length : 1']), status: REFUSED },
  {
    name: 'HTTP-06: a folded field on the server of Node-RED',
    bytes: raw({}, ['X-Folded: a', '\tb', 'Content-Length: 1']),
    status: REFUSED,
  },
  { name: 'a line without a colon', bytes: raw({}, ['no field', 'Content-Length: 1']), status: REFUSED },
  { name: 'a field without a name', bytes: raw({}, [': x', 'Content-Length: 1']), status: REFUSED },
  { name: 'a NUL in a value', bytes: raw({}, ['X-Nul: a\0b', 'Content-Length: 1']), status: REFUSED },
  {
    name: 'a carriage return in a value',
    bytes: raw({}, ['X-Cr: a\rb', 'Content-Length: 1']),
    status: REFUSED,
  },
  {
    name: 'line feeds alone',
    bytes: start('POST /as2 HTTP/1.1\nHost: x\nContent-Length: 1\n\nx'),
    status: REFUSED,
  },
  { name: 'HTTP-02: no Host', bytes: (parties) => post(parties, { Host: '' }), status: 400 },
  { name: 'HTTP/0.9', bytes: start('GET /as2\r\n\r\n'), status: [400, 405, 'closed'] },
  { name: 'HTTP/2 without asking', bytes: start('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), status: REFUSED },
  { name: 'HTTP/9.9', bytes: start('POST /as2 HTTP/9.9\r\nHost: x\r\n\r\n'), status: [400, 505, 'closed'] },
  {
    name: 'TLS where there is none',
    bytes: () => [Buffer.from('16030100c8010000c40303', 'hex')],
    exchange: { half: true },
    status: REFUSED,
  },
  { name: 'SSH', bytes: start('SSH-2.0-OpenSSH_9.9\r\n'), status: REFUSED },
  {
    name: 'noise',
    bytes: () => [Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7919) & 0xff))],
    status: REFUSED,
  },
  {
    name: 'HTTP-01: a method in small letters',
    bytes: start('post /as2 HTTP/1.1\r\nHost: x\r\n\r\n'),
    status: REFUSED,
  },
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'].map((method) => ({
    name: `HTTP-01: ${method}`,
    bytes: start(`${method} /as2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    status: 405,
  })),
  { name: 'HTTP-01: CONNECT', bytes: start('CONNECT /as2 HTTP/1.1\r\nHost: x\r\n\r\n'), status: REFUSED },
  {
    name: 'a method of 100 KB',
    bytes: start(`${'A'.repeat(100_000)} /as2 HTTP/1.1\r\n\r\n`),
    status: REFUSED,
  },
  {
    name: 'a path of 100 KB',
    bytes: start(`POST /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
    status: [400, 414, 431, 'closed'],
  },
  {
    name: 'HTTP-16: an expectation nobody can meet',
    bytes: raw({ 'AS2-From': 'Nobody' }, ['Expect: 200-maybe', 'Content-Length: 1']),
    status: [403, 417],
  },
  ...[
    '/as2/..%2f..%2fetc/passwd',
    '/as2%00',
    '/../../etc/passwd',
    '//as2',
    '/as2/%',
    '/as2/%c0%ae',
    '/other',
  ].map((path) => ({
    name: `the path ${path}`,
    bytes: (parties: Parties) => post(parties, {}, 'x', path),
    status: [400, 404] as const,
  })),
];
