import type { State } from './state';

/** An as2-in node that takes messages. */
export interface EndpointAtWork {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Path on its server, root of the HTTP nodes included. */
  readonly url: string;
  /** On a port of its own instead of that of Node-RED. */
  readonly port?: number;
  /** Of its own port: by https. */
  readonly secure?: boolean;
}

export function endpointsAtWork({ dispatcher, listeners }: State): readonly EndpointAtWork[] {
  const own = [...listeners].flatMap((listener) => listener.list());
  return [
    ...dispatcher.list(),
    ...own.map(({ endpoint: { id, label, path }, port, secure }) => ({
      id,
      name: label,
      path,
      url: path,
      port,
      secure,
    })),
  ];
}
