import { request as httpRequest } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { As2Error } from '../errors';
import { portOf } from './url';

export interface ProxySettings {
  /** http or https address of the proxy; a user name and password in it count when there are none below. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Hosts reached without it: `partner.example` (with all below it), `*.example`, `host:port`, `10.0.0.0/8`, `*`. */
  readonly exceptions?: readonly string[];
}

/** A proxy that is to be used for a certain address. */
export interface Proxy {
  readonly url: URL;
  /** Value of Proxy-Authorization. */
  readonly authorization?: string;
}

/**
 * The proxy on the way to an address, if there is one.
 * @throws As2Error `proxy-url-invalid`
 */
export function proxyFor(
  url: URL,
  settings: ProxySettings | 'environment' | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Proxy | undefined {
  const {
    url: address,
    username,
    password,
    exceptions = [],
  } = settings === 'environment' ? fromEnvironment(url, environment) : (settings ?? { url: '' });
  if (address.trim() === '' || exceptions.some((exception) => isExcepted(url, exception))) return undefined;
  const proxy = parseProxyUrl(address);
  const name = username ?? decode(proxy.username);
  if (name === '') return { url: proxy };
  const login = `${name}:${password ?? decode(proxy.password)}`;
  return { url: proxy, authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** The variables every tool knows; the small letters count first, as with curl. */
function fromEnvironment(url: URL, environment: NodeJS.ProcessEnv): ProxySettings {
  const value = (name: string): string | undefined =>
    environment[name.toLowerCase()] || environment[name] || undefined;
  const address = value(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? value('ALL_PROXY');
  return { url: address ?? '', exceptions: (value('NO_PROXY') ?? '').split(/[\s,]+/) };
}

function parseProxyUrl(text: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const invalid = (reason: string): As2Error => new As2Error('proxy-url-invalid', { reason });
  if (!URL.canParse(withScheme)) throw invalid('it is not a URL');
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`${url.protocol}// is another kind of proxy`);
  }
  return url;
}

function isExcepted(url: URL, exception: string): boolean {
  const pattern = exception.trim().toLowerCase();
  if (pattern === '') return false;
  if (pattern === '*') return true;
  const host = bareHost(url);
  const range = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(pattern);
  if (range) return isInRange(host, range[1] ?? '', Number(range[2]));
  const { name, port } = splitPort(pattern);
  if (port !== undefined && port !== portOf(url)) return false;
  const bare = name.replace(/^\*?\./, '');
  return host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`));
}

function isInRange(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(host, type);
}

function splitPort(pattern: string): { name: string; port?: number } {
  const bracketed = /^\[(.*)\](?::(\d+))?$/.exec(pattern);
  const parts = bracketed ?? (isIP(pattern) === 6 ? null : /^(.*):(\d+)$/.exec(pattern));
  if (!parts) return { name: pattern };
  return { name: parts[1] ?? '', ...(parts[2] === undefined ? {} : { port: Number(parts[2]) }) };
}

/** Host of a URL as name resolution and TLS want it. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Asks a proxy for a way through (RFC 9110 §9.3.6). What then runs over it, the proxy does not see: TLS is between us
 * and the partner (TLS-09).
 * @param socket a connection to the proxy
 * @throws As2Error `proxy-unauthorized`, `proxy-refused`, or what broke the connection
 */
export function tunnel(socket: Duplex, proxy: Proxy, target: URL, signal: AbortSignal): Promise<Duplex> {
  const authority = `${target.hostname}:${portOf(target)}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method: 'CONNECT',
      path: authority,
      headers: {
        Host: authority,
        ...(proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization }),
      },
      createConnection: () => socket,
      signal,
    });
    request.once('connect', (response, connection, head) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) connection.unshift(head);
        resolve(connection);
        return;
      }
      connection.on('error', () => undefined).destroy();
      reject(proxyRefusal(status, proxy, target));
    });
    request.on('error', (error) => reject(error));
    request.once('close', () => reject(new Error('the proxy closed the connection')));
    request.end();
  });
}

/** What a proxy's own refusal means. */
export function proxyRefusal(status: number, proxy: Proxy, target: URL): As2Error {
  const facts = { proxy: proxy.url.host, host: target.hostname, status };
  // tinyproxy says 401 about a password that is wrong.
  if (status === 407 || status === 401) return new As2Error('proxy-unauthorized', facts);
  return status >= 500 ? new As2Error('proxy-cannot-reach', facts) : new As2Error('proxy-refused', facts);
}

/** The proxy itself could not be reached. */
export function proxyUnreachable(proxy: Proxy, error: unknown): As2Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new As2Error('proxy-unreachable', { proxy: proxy.url.host, reason }, { cause: error });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
