import { BlockList, isIP } from 'node:net';
import { As2Error } from '../errors';
import { plainAddress } from './remote-address';

/** A set of IP addresses, of both families. */
export class AddressRanges {
  private readonly list = new BlockList();

  private constructor(ranges: readonly string[]) {
    for (const range of ranges) this.add(range);
  }

  /**
   * @param ranges such as `192.0.2.7`, `198.51.100.0/24`, `2001:db8::/32`
   * @throws As2Error `address-range-invalid`
   */
  static of(ranges: readonly string[]): AddressRanges {
    return new AddressRanges(ranges);
  }

  /** @param address as a socket or a header names it; what is no address is in no range */
  includes(address: string | undefined): boolean {
    const plain = plainAddress(address)?.replace(/%.*$/, '') ?? '';
    const version = isIP(plain);
    return version !== 0 && this.list.check(plain, familyOf(version));
  }

  private add(range: string): void {
    const [address = '', bits, ...rest] = range.trim().split('/');
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const isWhole = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    if (version === 0 || !isWhole || rest.length > 0) throw new As2Error('address-range-invalid', { range });
    const family = familyOf(version);
    if (bits === undefined) this.list.addAddress(address, family);
    else this.list.addSubnet(address, Number(bits), family);
  }
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6';
}
