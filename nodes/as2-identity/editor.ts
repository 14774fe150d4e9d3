import { checkAs2Name, checkUrl } from '../shared/editor/checks';
import { suggestEndpoints } from '../shared/editor/endpoints';
import { openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
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
      },
      { id: 'as2-identity-keys', label: this._('as2-identity.tab.keys') },
    ]);
    showNotes(this, form);
    keysTab(this.id);
    void suggestEndpoints('as2-identity-endpoints', 'node-config-input-url');
  },
});
