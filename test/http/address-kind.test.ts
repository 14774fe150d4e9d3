import assert from 'node:assert/strict';
import { addressKind } from '../../src/http';

describe('http: where an address leads', () => {
  const kinds = {
    public: ['93.184.216.34', '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd12:3456::1', 'fec0::1'],
    shared: ['100.64.0.1', '100.127.255.255'],
    loopback: ['127.0.0.1', '127.255.0.9', '0.0.0.0', '::1', '::', '0:0:0:0:0:0:0:1'],
    'link-local': ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
    metadata: ['169.254.169.254', '100.100.100.200', '168.63.129.16', 'fd00:ec2::254'],
    multicast: ['224.0.0.1', '239.255.255.250', 'ff02::1'],
    reserved: [
      '240.0.0.1',
      '255.255.255.255',
      '192.0.2.1',
      '2001:db8::1',
      '64:ff9b:1::1',
      '2001::1',
      'no address',
    ],
  } as const;
  for (const [kind, addresses] of Object.entries(kinds)) {
    it(`SEC-09: ${kind}: ${addresses.join(', ')}`, () => {
      for (const address of addresses) assert.equal(addressKind(address), kind, address);
    });
  }

  it('SEC-09: an IPv4 address inside of an IPv6 one is seen: mapped, compatible, translated, NAT64, 6to4', () => {
    const hidden = [
      ['::ffff:127.0.0.1', 'loopback'],
      ['::ffff:7f00:1', 'loopback'],
      ['0:0:0:0:0:ffff:a00:1', 'private'],
      ['::127.0.0.1', 'loopback'],
      ['::ffff:0:10.0.0.1', 'private'],
      ['64:ff9b::7f00:1', 'loopback'],
      ['64:ff9b::169.254.169.254', 'metadata'],
      ['2002:7f00:1::', 'loopback'],
      ['2002:a9fe:a9fe::1', 'metadata'],
      ['2002:c0a8:101::1', 'private'],
    ] as const;
    for (const [address, kind] of hidden) assert.equal(addressKind(address), kind, address);
  });
});
