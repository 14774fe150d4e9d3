import type { AccessSettings, InboundSettings } from '../../src/exchange';
import { core } from './core';
import { positive, secret, text, wholeNumber } from './settings';

/** What the settings of a partner say about requests in its name. */
export interface InboundDef {
  /** IP addresses and ranges. */
  readonly inboundFrom?: string;
  /** PEM: TLS certificates, of which it shows one. */
  readonly inboundCertificate?: string;
  /** Megabytes of a request. */
  readonly inboundMaxSize?: number | string;
  /** Requests a minute. */
  readonly inboundRate?: number | string;
}

export interface InboundCredentials {
  inboundUser?: string;
  inboundPassword?: string;
}

const MEGABYTE = 1024 * 1024;
const MOST_A_MINUTE = 1_000_000;

/** The addresses in a list with commas, blanks or lines in between. @throws As2Error `address-range-invalid` */
export function readRanges(list: string): string[] {
  const ranges = list.split(/[\s,;]+/).filter((range) => range !== '');
  core.http.AddressRanges.of(ranges);
  return ranges;
}

/** @throws As2Error `address-range-invalid`, `environment-missing` */
export function readAccess(
  addressList: string | undefined,
  login: { readonly user?: string | undefined; readonly password?: string | undefined },
): AccessSettings {
  const addresses = readRanges(text(addressList, 'addresses'));
  const username = text(login.user, 'user');
  const password = secret(login.password, 'password');
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(username === '' ? {} : { credentials: { username, password } }),
  };
}

/** @throws As2Error that tells which setting is wrong */
export function readInbound(def: InboundDef, credentials: InboundCredentials = {}): InboundSettings {
  const { inboundUser: user, inboundPassword: password } = credentials;
  const pem = text(def.inboundCertificate, 'TLS certificate of its requests');
  const size = text(def.inboundMaxSize, 'largest request');
  const rate = text(def.inboundRate, 'requests a minute');
  return {
    ...readAccess(def.inboundFrom, { user, password }),
    ...(pem === '' ? {} : { clientCertificates: core.pki.readCertificates(pem) }),
    ...(size === '' ? {} : { maxMessageBytes: MEGABYTE * positive(size, 'largest request', 1) }),
    ...(rate === ''
      ? {}
      : { messagesPerMinute: wholeNumber(rate, 'requests a minute', MOST_A_MINUTE, MOST_A_MINUTE) }),
  };
}
