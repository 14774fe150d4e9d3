import type { IncomingMessage, ServerResponse } from 'node:http';
import { As2Error } from '../../src/errors';

/** One as2-in node as a server sees it. */
export interface Endpoint {
  readonly id: string;
  /** What the user calls the node. */
  readonly label: string;
  /** As configured, below the root of Node-RED's HTTP nodes or of a listener. */
  readonly path: string;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The server at which it is cannot listen, or (without a problem) listens. */
  onServer?(problem: As2Error | undefined): void;
  /** Whether it could take a message now. */
  isHealthy?(): boolean;
}

/** Reverse proxies in front of a server, and where they put the certificate of a sender. */
export interface TrustedProxies {
  readonly addresses: readonly string[];
  readonly certificateHeader?: string;
}

/** A server at which as2-in nodes can be. */
export interface EndpointServer {
  readonly trustedProxies: TrustedProxies | undefined;
  /** @throws As2Error that tells why it cannot be there */
  add(endpoint: Endpoint): void;
  /** @param removed the node is gone; otherwise it comes back in a moment */
  remove(endpoint: Endpoint, removed: boolean): void;
}

/**
 * Who answers at which path of a server. While flows restart a path stays known as `restarting`, so that partners can be
 * told to try again instead of giving up.
 */
export class EndpointTable {
  private readonly endpoints = new Map<string, Endpoint | 'restarting'>();

  get isEmpty(): boolean {
    return this.endpoints.size === 0;
  }

  /** @throws As2Error `endpoint-path-invalid`, `endpoint-path-taken` */
  add(endpoint: Endpoint): void {
    if (!/^\/[^\s?#:*()[\]{}\\]*$/.test(endpoint.path)) {
      throw new As2Error('endpoint-path-invalid', { path: endpoint.path });
    }
    const key = pathKey(endpoint.path);
    const owner = this.endpoints.get(key);
    if (owner && owner !== 'restarting') {
      throw new As2Error('endpoint-path-taken', { path: endpoint.path, node: owner.label });
    }
    this.endpoints.set(key, endpoint);
  }

  remove(endpoint: Endpoint, removed: boolean): void {
    const key = pathKey(endpoint.path);
    if (this.endpoints.get(key) !== endpoint) return;
    if (removed) this.endpoints.delete(key);
    else this.endpoints.set(key, 'restarting');
  }

  find(path: string): Endpoint | 'restarting' | undefined {
    return this.endpoints.get(pathKey(path));
  }

  atWork(): Endpoint[] {
    return [...this.endpoints.values()].filter((endpoint) => endpoint !== 'restarting');
  }

  /** What did not come back with the new flows was removed or moved to another path. */
  forgetRestarting(): void {
    for (const [key, endpoint] of this.endpoints) {
      if (endpoint === 'restarting') this.endpoints.delete(key);
    }
  }
}

/** Like Express' own routes: upper and lower case are the same, and a slash at the end does not count. */
function pathKey(path: string): string {
  let decoded = path;
  try {
    decoded = decodeURI(path);
  } catch {
    // Not a valid encoding: compared as it stands.
  }
  return decoded.toLowerCase().replace(/\/+$/, '') || '/';
}
