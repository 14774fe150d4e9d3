import { BlockList, isIP } from 'node:net';

/**
 * Where an IP address leads: into the internet, into the network of whoever calls it (`private`; `shared` behind the
 * address translation of a provider), onto the machine or the cable itself, to the secrets of a cloud machine, or nowhere.
 */
export type AddressKind =
  'public' | 'private' | 'shared' | 'loopback' | 'link-local' | 'metadata' | 'multicast' | 'reserved';

type Ranges = readonly (readonly [AddressKind, readonly string[]])[];

/** The IANA registries of special-purpose addresses (RFC 6890), and where clouds keep metadata; the first one counts. */
const IPV4: Ranges = [
  ['metadata', ['169.254.169.254/32', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32']],
  ['loopback', ['127.0.0.0/8', '0.0.0.0/8']],
  ['link-local', ['169.254.0.0/16']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']],
  ['shared', ['100.64.0.0/10']],
  ['multicast', ['224.0.0.0/4']],
  [
    'reserved',
    [
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '240.0.0.0/4',
    ],
  ],
];
const IPV6: Ranges = [
  ['metadata', ['fd00:ec2::254/128', 'fd20:ce::254/128']],
  ['loopback', ['::1/128', '::/128']],
  ['link-local', ['fe80::/10']],
  ['private', ['fc00::/7', 'fec0::/10']],
  ['multicast', ['ff00::/8']],
  ['reserved', ['64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '3fff::/20', '5f00::/16']],
];

/**
 * IPv6 addresses that stand for an IPv4 one, and where it begins: mapped (RFC 4291 §2.5.5), translated (RFC 2765), NAT64
 * (RFC 6052), 6to4 (RFC 3056).
 */
const EMBEDDED: readonly (readonly [range: string, group: number])[] = [
  ['::ffff:0:0/96', 6],
  ['::ffff:0:0:0/96', 6],
  ['::/96', 6],
  ['64:ff9b::/96', 6],
  ['2002::/16', 1],
];

const ipv4 = IPV4.map(([kind, ranges]) => [kind, listOf(ranges, 'ipv4')] as const);
const ipv6 = IPV6.map(([kind, ranges]) => [kind, listOf(ranges, 'ipv6')] as const);
const embedded = EMBEDDED.map(([range, group]) => [listOf([range], 'ipv6'), group] as const);

/** @param address IPv4 or IPv6, without brackets; what is no address is `reserved` */
export function addressKind(address: string): AddressKind {
  const [plain = ''] = address.split('%');
  switch (isIP(plain)) {
    case 4:
      return ipv4.find(([, list]) => list.check(plain, 'ipv4'))?.[0] ?? 'public';
    case 6:
      return kindOfIpv6(plain);
    default:
      return 'reserved';
  }
}

function kindOfIpv6(address: string): AddressKind {
  const known = ipv6.find(([, list]) => list.check(address, 'ipv6'))?.[0];
  if (known) return known;
  const group = embedded.find(([list]) => list.check(address, 'ipv6'))?.[1];
  return group === undefined ? 'public' : addressKind(ipv4At(groupsOf(address), group));
}

function ipv4At(groups: readonly number[], index: number): string {
  const [high = 0, low = 0] = groups.slice(index);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of 16 bits of an IPv6 address. */
function groupsOf(address: string): number[] {
  const hexadecimal = address.replace(/\d+\.\d+\.\d+\.\d+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [left = '', right] = hexadecimal.split('::');
  const parse = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [parse(left), parse(right)];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
