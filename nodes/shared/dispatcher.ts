import type { ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { As2Error } from '../../src/errors';
import { core } from './core';
import { type Endpoint, type EndpointServer, EndpointTable, type TrustedProxies } from './endpoint-table';
import { onRequest } from './events';
import {
  addFirst,
  addLast,
  type ExpressApp,
  type ExpressRequest,
  type Middleware,
  nodeApp,
  remove,
  rootOf,
} from './express';
import { safely } from './safely';

/** So long flows take to start, for the partner that meets them at it. */
const RESTART_SECONDS = 10;

/**
 * Brings requests to as2-in nodes: one layer in Node-RED's HTTP application for all of them, there as long as one is
 * needed.
 */
export class Dispatcher implements EndpointServer {
  private readonly endpoints = new EndpointTable();
  private readonly reserved = new WeakSet<ExpressRequest>();
  private mounted: ExpressApp | undefined;
  private awaitsFlows = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly proxies: () => TrustedProxies | undefined,
  ) {}

  get trustedProxies(): TrustedProxies | undefined {
    return this.proxies();
  }

  /**
   * Node-RED listens before its flows run. Until then nobody knows which paths there will be, and a partner who is told
   * that there is nothing gives its message up (REL-03); it is asked to come again.
   */
  awaitFlows(): void {
    const app = nodeApp(this.RED);
    if (!app || this.awaitsFlows) return;
    this.awaitsFlows = true;
    addLast(app, this.postpone);
    this.RED.events.once('flows:started', () => remove(app, this.postpone));
  }

  /**
   * @throws As2Error `endpoint-path-invalid`, `endpoint-path-taken`, `http-node-off`
   */
  add(endpoint: Endpoint): void {
    const app = nodeApp(this.RED);
    if (!app) throw new As2Error('http-node-off', { path: endpoint.path });
    this.endpoints.add(endpoint);
    this.mount(app);
    endpoint.onServer?.(undefined);
  }

  remove(endpoint: Endpoint, removed: boolean): void {
    this.endpoints.remove(endpoint, removed);
    if (this.endpoints.isEmpty) this.unmount();
  }

  /** The endpoints at work, each with the path under which the server has it. */
  list(): readonly {
    readonly id: string;
    readonly name: string;
    readonly path: string;
    readonly url: string;
  }[] {
    const root = this.mounted?.path() ?? '';
    return this.endpoints
      .atWork()
      .map(({ id, label, path }) => ({ id, name: label, path, url: joinPaths(root, path) }));
  }

  private mount(app: ExpressApp): void {
    if (this.mounted) return;
    this.mounted = app;
    addLast(app, this.dispatch);
    addFirst(rootOf(app), this.reserveBody);
    this.RED.events.on('flows:started', this.forgetRestarting);
  }

  private unmount(): void {
    if (!this.mounted) return;
    remove(this.mounted, this.dispatch);
    remove(rootOf(this.mounted), this.reserveBody);
    this.RED.events.removeListener('flows:started', this.forgetRestarting);
    this.mounted = undefined;
  }

  private readonly forgetRestarting = (): void => {
    safely(
      () => {
        this.endpoints.forgetRestarting();
        if (this.endpoints.isEmpty) this.unmount();
      },
      (error) => this.RED.log.error(String(error)),
    );
  };

  private readonly postpone: Middleware = (request, response, next) => {
    if (request.headers['as2-from'] === undefined) next();
    else this.answer('restarting', request, response);
  };

  private readonly dispatch: Middleware = (request, response, next) => {
    const endpoint = this.endpoints.find(request.path);
    if (!endpoint) return next();
    inTurn(middlewareOf(this.RED), request, response, (error) => {
      if (error !== undefined && error !== null) return next(error);
      if (this.reserved.has(request) && !Buffer.isBuffer(request.body)) {
        delete request._body;
        delete request.body;
      }
      this.answer(endpoint, request, response);
    });
  };

  private answer(endpoint: Endpoint | 'restarting', request: ExpressRequest, response: ServerResponse): void {
    onRequest(this.RED, async () => {
      if (endpoint !== 'restarting') return endpoint.handle(request, response);
      await core.http.sendAnswer(request, response, core.http.busyAnswer(RESTART_SECONDS));
    })(request, response);
  }

  /**
   * The editor's own body parsers see every request first and would read a payload of type application/json, whose
   * bytes are then lost. A body that is marked as read is left alone by them; `dispatch` takes the mark away again.
   */
  private readonly reserveBody: Middleware = (request, _response, next) => {
    if (this.mounted && request.method === 'POST' && !request._body) {
      const path = (request.url ?? '').replace(/[?#].*$/s, '').toLowerCase();
      const root = joinPaths(this.mounted.path().toLowerCase(), '');
      if (path.startsWith(root) && this.endpoints.find(path.slice(root.length))) {
        request._body = true;
        this.reserved.add(request);
      }
    }
    next();
  };
}

function joinPaths(root: string, path: string): string {
  return root.replace(/\/+$/, '') + path;
}

/** `httpNodeMiddleware` of settings.js, which Node-RED leaves to the nodes to apply. */
function middlewareOf(RED: NodeAPI): readonly Middleware[] {
  const configured: unknown = RED.settings.httpNodeMiddleware;
  const all: unknown[] = Array.isArray(configured) ? configured : [configured];
  return all.filter((one): one is Middleware => typeof one === 'function');
}

function inTurn(
  middleware: readonly Middleware[],
  request: ExpressRequest,
  response: ServerResponse,
  end: (error?: unknown) => void,
): void {
  const [first, ...others] = middleware;
  if (!first) return end();
  try {
    first(request, response, (error) => (error ? end(error) : inTurn(others, request, response, end)));
  } catch (error) {
    end(error);
  }
}
