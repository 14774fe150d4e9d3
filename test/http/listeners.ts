import type { As2Error } from '../../src/errors';
import { HttpListener, type ListenerOptions, type Route } from '../../src/http';
import type { TestKeyPair } from '../support/keys';

export interface OpenListener {
  readonly listener: HttpListener;
  /** Without a slash at the end. */
  readonly url: string;
  readonly problems: As2Error[];
}

/** Reads the body and says how many bytes it had. */
export const counting: Route = async (request, response) => {
  let size = 0;
  for await (const chunk of request) size += (chunk as Buffer).length;
  response.end(`${size} bytes\n`);
};

/** Runs `work` against a listener on a port of its own, with `handle` at `/as2`. */
export async function withHttpListener(
  options: Partial<ListenerOptions>,
  work: (open: OpenListener) => Promise<void>,
  handle: Route = counting,
): Promise<void> {
  const problems: As2Error[] = [];
  const listener = await HttpListener.open({
    port: 0,
    host: '127.0.0.1',
    route: (path) => (path === '/as2' ? handle : undefined),
    onProblem: (error) => problems.push(error),
    ...options,
  });
  const [scheme, host] = options.tls ? ['https', 'localhost'] : ['http', '127.0.0.1'];
  try {
    await work({ listener, url: `${scheme}://${host}:${listener.port}`, problems });
  } finally {
    await listener.close(0);
  }
}

export function serverKey(keyPair: TestKeyPair): { readonly key: string; readonly cert: string } {
  return { key: keyPair.privateKeyPem, cert: keyPair.certificatePem };
}
