import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';

/** A request as Express hands it on; body parsers and captures of other nodes leave their marks on it. */
export interface ExpressRequest extends IncomingMessage {
  /** Path below the mount point of the app, without query. */
  readonly path: string;
  body?: unknown;
  /** Set by a body parser that has read the body; other parsers then leave the stream alone. */
  _body?: boolean;
}

export type Next = (error?: unknown) => void;
export type Middleware = (request: ExpressRequest, response: ServerResponse, next: Next) => void;

interface Layer {
  readonly handle: unknown;
}

/** What we need of an Express application, of version 4 or 5. */
export interface ExpressApp {
  readonly parent?: ExpressApp;
  use(middleware: Middleware): unknown;
  path(): string;
  readonly _router?: { readonly stack: Layer[] };
  readonly router?: { readonly stack: Layer[] };
}

/** The application behind HTTP nodes; undefined when Node-RED was told to have none. */
export function nodeApp(RED: NodeAPI): ExpressApp | undefined {
  const root: unknown = RED.settings.httpNodeRoot;
  if (root === false || typeof RED.httpNode !== 'function') return undefined;
  return RED.httpNode;
}

/** The application that sees a request first, before the editor's body parsers. */
export function rootOf(app: ExpressApp): ExpressApp {
  return app.parent ? rootOf(app.parent) : app;
}

export function addLast(app: ExpressApp, middleware: Middleware): void {
  app.use(middleware);
}

export function addFirst(app: ExpressApp, middleware: Middleware): void {
  app.use(middleware);
  const layers = layersOf(app);
  const [layer] = layers.splice(positionOf(layers, middleware), 1);
  if (layer) layers.unshift(layer);
}

/** By identity: layers of other nodes with the same path stay. */
export function remove(app: ExpressApp, middleware: Middleware): void {
  const layers = layersOf(app);
  const position = positionOf(layers, middleware);
  if (position >= 0) layers.splice(position, 1);
}

function layersOf(app: ExpressApp): Layer[] {
  // Express 4 throws when `router` is read, Express 5 has no `_router`.
  return (app._router ?? app.router)?.stack ?? [];
}

function positionOf(layers: readonly Layer[], middleware: Middleware): number {
  return layers.findIndex((layer) => layer.handle === middleware);
}
