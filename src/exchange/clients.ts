import { type ConnectionSettings, createHttpClient, type HttpClient } from '../http';

const clients = new WeakMap<ConnectionSettings, HttpClient>();
const defaultSettings: ConnectionSettings = {};

/**
 * The client for a partner's settings: as long as the settings are the same object, so are the connections. Idle ones
 * close by themselves and keep no process alive, so nobody has to close a client.
 */
export function clientFor(settings: ConnectionSettings = defaultSettings): HttpClient {
  const existing = clients.get(settings);
  if (existing) return existing;
  const client = createHttpClient(settings);
  clients.set(settings, client);
  return client;
}
