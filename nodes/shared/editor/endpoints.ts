import { button, field, part, setValue } from './dom';
import { get } from './server';
import { text } from './texts';

/** An as2-in node at work, as the server lists it. */
interface Endpoint {
  readonly name: string;
  /** Path on this server, root of the HTTP nodes included. */
  readonly url: string;
  /** Of a listener. */
  readonly port?: number;
  readonly secure?: boolean;
}

/** As this browser would reach it. */
function addressOf({ url, port, secure }: Endpoint): string {
  const origin = port === undefined ? location.origin : originOf(port, secure === true);
  return origin + url;
}

export function originOf(port: number | string, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${location.hostname}:${port}`;
}

/** Buttons for the field of an address of ours: it is usually one at which this Node-RED listens already. */
export async function suggestEndpoints(placeId: string, fieldId: string): Promise<void> {
  const place = part(placeId);
  const address = field(fieldId);
  const endpoints = await get<Endpoint[]>('endpoints').catch(() => []);
  place.append(
    ...endpoints.map((endpoint) => {
      const url = addressOf(endpoint);
      return button({ icon: 'fa-sign-in', label: text('action.use', { url }) }, () => setValue(address, url));
    }),
  );
}
