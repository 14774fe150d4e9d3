import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { As2Error, isAs2Error } from '../errors';
import { connectTimeout } from './client-errors';
import { CONNECTION_DEFAULTS, type ConnectionSettings } from './connection';
import { checkedLookup, refuseLiteral } from './address-check';
import { bareHost, type Proxy, proxyUnreachable, tunnel } from './proxy';
import { planTls, secure, type TlsPlan, withSecureContext } from './tls';
import { portOf } from './url';

/** Connections are kept for the next message for this long; many servers close after 5 s by themselves. */
const IDLE_CONNECTION_MS = 15_000;

/** What the way to one server takes. */
export interface Way {
  readonly url: URL;
  readonly settings: ConnectionSettings;
  readonly proxy?: Proxy | undefined;
  /** Whether connections are kept for the next request. */
  readonly keepAlive: boolean;
  /** What the server shows in the TLS handshake, before it is judged; the socket must not be written to. */
  readonly onPeer?: ((socket: TLSSocket) => void) | undefined;
}

export interface ConnectionOptions extends ClientRequestArgs {
  /** Ends the making of the connection: nobody waits for it any more. */
  readonly stop?: AbortSignal;
}

type Ready = (error: Error | null, stream: Duplex) => void;

/**
 * Makes the connections to one server. A request gets one only when it stands and, with https, when the server has
 * been checked: nothing of it can be sent before.
 */
export class ServerAgent extends Agent {
  // Node compares it with that of the request, and leaves its port out of Host.
  readonly protocol: string;
  readonly defaultPort: number;
  private readonly closing = new AbortController();
  private readonly tls: TlsPlan | undefined;
  private readonly proxyTls: TlsPlan | undefined;

  /** @throws As2Error `tls-…`: the settings cannot be used */
  constructor(private readonly way: Way) {
    const { url, settings, proxy, keepAlive } = way;
    super({ keepAlive, timeout: IDLE_CONNECTION_MS, scheduling: 'lifo' });
    this.protocol = url.protocol;
    this.defaultPort = url.protocol === 'https:' ? 443 : 80;
    const host = bareHost(url);
    if (url.protocol === 'https:') this.tls = withSecureContext(host, planTls(host, settings.tls));
    if (proxy?.url.protocol === 'https:') {
      const { ca } = settings.tls ?? {};
      const name = bareHost(proxy.url);
      this.proxyTls = withSecureContext(name, planTls(name, ca === undefined ? {} : { ca }));
    }
  }

  override createConnection({ stop }: ConnectionOptions, callback?: Ready): undefined {
    if (callback) void this.provide(callback, stop);
    return undefined;
  }

  override destroy(): void {
    this.closing.abort(new As2Error('http-aborted', { host: this.way.url.hostname }));
    super.destroy();
  }

  private async provide(ready: Ready, stop: AbortSignal | undefined): Promise<void> {
    let socket: Duplex;
    try {
      socket = await this.connect(stop);
    } catch (error) {
      // Node looks at the connection only where there is no error.
      ready(error as Error, undefined as never);
      return;
    }
    ready(null, socket);
  }

  private async connect(stop: AbortSignal | undefined): Promise<Duplex> {
    const { url, settings, onPeer } = this.way;
    const time = new AbortController();
    const timeoutMs = settings.connectTimeoutMs ?? CONNECTION_DEFAULTS.connectTimeoutMs;
    const timer = setTimeout(() => time.abort(connectTimeout({ url, settings })), timeoutMs);
    const signal = AbortSignal.any([time.signal, this.closing.signal, ...(stop ? [stop] : [])]);
    try {
      const socket = await this.reach(signal);
      return this.tls
        ? await secure(socket, { host: bareHost(url), plan: this.tls, signal, onPeer })
        : socket;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** To the server itself, or to the proxy: through it, when it shall not see what is said. */
  private async reach(signal: AbortSignal): Promise<Duplex> {
    const { url, settings, proxy } = this.way;
    if (!proxy) return dial(url, settings, signal);
    const socket = await this.reachProxy(proxy, signal);
    return this.tls ? tunnel(socket, proxy, url, signal) : socket;
  }

  private async reachProxy(proxy: Proxy, signal: AbortSignal): Promise<Duplex> {
    const { lookup } = this.way.settings;
    try {
      const socket = await dial(proxy.url, lookup ? { lookup } : {}, signal);
      return this.proxyTls
        ? await secure(socket, { host: bareHost(proxy.url), plan: this.proxyTls, signal })
        : socket;
    } catch (error) {
      throw isAs2Error(error) ? error : proxyUnreachable(proxy, error);
    }
  }
}

/** A TCP connection to the host of a URL, to no address that is refused. */
function dial(
  url: URL,
  { lookup, refuseAddress }: Pick<ConnectionSettings, 'lookup' | 'refuseAddress'>,
  signal: AbortSignal,
): Promise<Socket> {
  const host = bareHost(url);
  return new Promise((resolve, reject) => {
    // An address in the URL is not looked up.
    if (isIP(host) !== 0 && refuseAddress) refuseLiteral(host, refuseAddress);
    const socket = connect({
      host,
      port: portOf(url),
      noDelay: true,
      keepAlive: true,
      ...lookupOf({ lookup, refuseAddress }),
    });
    const stop = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const onAbort = (): void => stop(signal.reason as Error);
    socket.once('error', stop);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', stop);
      resolve(socket);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}

function lookupOf(
  o: Pick<ConnectionSettings, 'lookup' | 'refuseAddress'>,
): Pick<ConnectionSettings, 'lookup'> {
  if (o.refuseAddress) return { lookup: checkedLookup(o.refuseAddress, o.lookup) };
  return o.lookup ? { lookup: o.lookup } : {};
}
