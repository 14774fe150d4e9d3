import { lookup as systemLookup } from 'node:dns';
import { connect, isIP } from 'node:net';
import { As2Error } from '../../errors';
import { type ConnectionSettings, connectionError, portOf } from '../../http';
import type { Notebook } from './step-runner';
import type { TriedAddress } from './types';

/** A host with more is a mistake, or a farm of which a few are enough. */
const MOST_ADDRESSES = 8;
/** On machines without IPv6 the addresses of that kind cannot even be tried, and nothing is wrong with the partner. */
const NO_SUCH_NETWORK = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EHOSTUNREACH']);

/** Whom to call: the partner's server, or the proxy on the way to it. */
export interface Target {
  readonly url: URL;
  readonly settings: ConnectionSettings;
}

export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** @throws As2Error `http-host-unknown` */
export async function resolveName(notes: Notebook<'dns'>, { url, settings }: Target): Promise<string[]> {
  const host = hostOf(url);
  const found = isIP(host)
    ? [{ address: host }]
    : await allAddresses(host, settings.lookup).catch((error: unknown) => {
        throw connectionError(error, url, settings);
      });
  const addresses = [...new Set(found.map(({ address }) => address))];
  notes.note({ addresses });
  return addresses;
}

function allAddresses(
  host: string,
  lookup: ConnectionSettings['lookup'] = systemLookup,
): Promise<readonly { readonly address: string }[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(typeof found === 'string' ? [{ address: found }] : found);
    });
  });
}

/**
 * All addresses at one time: the client uses whichever answers, but one of several that does not is worth knowing.
 * @throws As2Error of the first address when none can be reached: `http-connection-refused`, `http-connect-timeout`, …
 */
export async function connectToEach(
  notes: Notebook<'tcp'>,
  { url, settings }: Target,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const port = portOf(url);
  const tries = await Promise.all(
    addresses.slice(0, MOST_ADDRESSES).map(async (address) => connectTo(address, port, settings, signal)),
  );
  notes.note({ addresses: tries.map(({ tried }) => tried) });
  if (!tries.some(({ tried }) => tried.reached)) throw connectionError(tries[0]?.error, url, settings);
  for (const { address, reached, reason = '' } of tries.map(({ tried }) => tried)) {
    if (reached || (isIP(address) === 6 && NO_SUCH_NETWORK.has(reason))) continue;
    notes.warn(new As2Error('test-address-silent', { host: hostOf(url), address, port, reason }));
  }
}

interface Try {
  readonly tried: TriedAddress;
  readonly error?: unknown;
}

async function connectTo(
  address: string,
  port: number,
  { connectTimeoutMs }: ConnectionSettings,
  signal: AbortSignal,
): Promise<Try> {
  const started = performance.now();
  const took = (): number => Math.round(performance.now() - started);
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, signal });
    const fail = (error: Error & { code?: string }): void => {
      socket.destroy();
      const tried = { address, reached: false, durationMs: took(), reason: error.code ?? error.message };
      resolve({ tried, error });
    };
    const timer = setTimeout(
      () => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
      connectTimeoutMs,
    );
    socket.on('close', () => clearTimeout(timer));
    socket.on('error', fail);
    socket.once('connect', () => {
      socket.destroy();
      resolve({ tried: { address, reached: true, durationMs: took() } });
    });
  });
}
