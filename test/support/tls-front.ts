import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { testKeyPair } from './keys';

export interface TlsFront {
  readonly port: number;
  /** Where what came over TLS goes on to. */
  target: string;
  /** SHA-256 fingerprints of the client certificates that were shown, in their order. */
  readonly shown: string[];
}

/** TLS with a required client certificate in front of Node-RED, as a reverse proxy does it. @param clients PEM */
export async function withTlsInFront(
  clients: readonly string[],
  work: (front: TlsFront) => Promise<void>,
): Promise<void> {
  const own = await testKeyPair('some other name');
  const front = { port: 0, target: '', shown: [] as string[] };
  const server = createServer(
    {
      key: own.privateKeyPem,
      cert: own.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
      ca: [...clients],
    },
    (socket) => {
      front.shown.push(socket.getPeerCertificate().fingerprint256);
      const upstream = connect(Number(new URL(front.target).port), '127.0.0.1');
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  front.port = (server.address() as AddressInfo).port;
  try {
    await work(front);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
