import { join } from 'node:path';
import { HttpListener, type ListenerTls } from '../../src/http';
import { openStation, type Station, type StationOptions } from '../partner/station';
import { withTempDirectory } from '../support/temp';
import { testKeyPair } from '../support/keys';

export interface HttpsStationOptions extends StationOptions {
  readonly tls?: Partial<ListenerTls>;
  /** PEM of the certificates senders are let in with. */
  readonly trusted?: readonly string[];
}

/** Our own receiving end on a listener of its own, by default with TLS and a self-signed certificate for localhost. */
export async function withHttpsStation(
  options: HttpsStationOptions,
  work: (station: Station) => Promise<void>,
): Promise<void> {
  const { tls = {}, trusted = [], ...rest } = options;
  const server = await testKeyPair('localhost');
  await withTempDirectory(async (temp) => {
    const station = await openStation(join(temp, 'spool'), rest);
    const listener = await HttpListener.open({
      port: 0,
      host: '127.0.0.1',
      tls: { ...tls, options: { key: server.privateKeyPem, cert: server.certificatePem, ...tls.options } },
      route: (path) =>
        path === '/as2' ? (request, response) => station.receiver.handle(request, response) : undefined,
    });
    try {
      listener.trustClients(trusted);
      await work({ ...station, url: `https://localhost:${listener.port}/as2` });
    } finally {
      await listener.close(0);
      await station.close();
    }
  });
}
