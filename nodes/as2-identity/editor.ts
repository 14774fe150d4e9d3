import { checkAs2Name, checkUrl } from '../shared/editor/checks';
import { button, field, part, setValue } from '../shared/editor/dom';
import { openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { get } from '../shared/editor/server';
import { useStyle } from '../shared/editor/style';
import { createTabs } from '../shared/editor/tabs';
import { checkKeys } from './editor/check-keys';
import { keysTab } from './editor/keys-tab';

interface Properties {
  name: string;
  as2Name: string;
  url: string;
  certificate: string;
}

/** An as2-in node at work, as the server lists it. */
interface Endpoint {
  readonly name: string;
  /** Path on this server, root of the HTTP nodes included. */
  readonly url: string;
}

useStyle();

RED.nodes.registerType<Properties>('as2-identity', {
  category: 'config',
  defaults: {
    name: { value: '' },
    as2Name: { value: '', validate: (value, _options) => checkAs2Name(value) },
    url: { value: '', validate: (value, _options) => checkUrl(value) },
    certificate: {
      value: '',
      validate(value, _options) {
        return checkKeys(this, value);
      },
    },
  },
  credentials: {
    privateKey: { type: 'password' },
    passphrase: { type: 'password' },
  },
  paletteLabel: 'as2 identity',
  label() {
    return this.name || this.as2Name || 'as2 identity';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-identity-form');
    createTabs(this, 'as2-identity-tabs', [
      {
        id: 'as2-identity-station',
        label: this._('as2-identity.tab.station'),
        iconClass: 'fa fa-home',
      },
      { id: 'as2-identity-keys', label: this._('as2-identity.tab.keys'), iconClass: 'fa fa-key' },
    ]);
    showNotes(this, form);
    keysTab(this.id);
    void suggestEndpoints((url) => this._('as2-identity.action.use', { url }));
  },
});

/** The URL is usually one of the addresses at which this Node-RED listens already. */
async function suggestEndpoints(label: (url: string) => string): Promise<void> {
  const place = part('as2-identity-endpoints');
  const address = field('node-config-input-url');
  const endpoints = await get<Endpoint[]>('endpoints').catch(() => []);
  place.append(
    ...endpoints.map(({ url: path }) => {
      const url = location.origin + path;
      return button({ icon: 'fa-sign-in', label: label(url) }, () => setValue(address, url));
    }),
  );
}
