import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { As2Error } from '../errors';

type RefuseAddress = (address: string) => string | undefined;

/** @throws As2Error `http-address-refused` */
export function refuseLiteral(address: string, refuseAddress: RefuseAddress): void {
  const refusal = refusalOf(address, [address], refuseAddress);
  if (refusal) throw refusal;
}

/**
 * Name resolution that gives out only what may be called. A name is resolved once, and the connection goes to the very
 * addresses that were looked at: a name that stands for something else the next moment (DNS rebinding) gains nothing.
 * One address that must not be called spoils all.
 */
export function checkedLookup(
  refuseAddress: RefuseAddress,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const addresses: LookupAddress[] = Array.isArray(found)
        ? found
        : [{ address: found, family: family ?? 4 }];
      const refusal = refusalOf(
        hostname,
        addresses.map(({ address }) => address),
        refuseAddress,
      );
      const [first] = addresses;
      if (refusal) callback(refusal, '', 0);
      else if (options.all === true || !first) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function refusalOf(host: string, addresses: readonly string[], refuse: RefuseAddress): As2Error | undefined {
  for (const address of addresses) {
    const reason = refuse(address);
    if (reason !== undefined) return new As2Error('http-address-refused', { host, address, reason });
  }
  return undefined;
}
