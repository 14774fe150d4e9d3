import { certificateField } from '../shared/editor/certificate-field';
import { checkAs2Name, checkCertificates, checkNumber } from '../shared/editor/checks';
import { element, field, onEvery, part } from '../shared/editor/dom';
import { handOverFacts, type OwnStation } from '../shared/editor/hand-over';
import { currentText, openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { useStyle } from '../shared/editor/style';
import { createTabs } from '../shared/editor/tabs';
import {
  adviseEncryption,
  adviseIdentity,
  adviseUrl,
  checkAddress,
  checkPartnerCertificate,
} from './editor/checks';

interface Properties {
  name: string;
  as2Name: string;
  identity: string;
  url: string;
  certificate: string;
  sign: string;
  encrypt: string;
  receipt: string;
  requireSigned: boolean;
  requireEncrypted: boolean;
  /** Seconds. */
  connectTimeout: string;
  /** Seconds of silence. */
  responseTimeout: string;
  ca: string;
}

/** Longest time-out that makes sense: a day, in seconds. */
const DAY = 86_400;

useStyle();

RED.nodes.registerType<Properties>('as2-partner', {
  category: 'config',
  defaults: {
    name: { value: '' },
    as2Name: { value: '', validate: (value, _options) => checkAs2Name(value) },
    identity: {
      value: '',
      type: 'as2-identity',
      required: true,
      label: RED._('node-red-contrib-as2/as2-partner:as2-partner.label.identity'),
    },
    url: {
      value: '',
      validate(value, _options) {
        return checkAddress(this, value);
      },
    },
    certificate: {
      value: '',
      validate(value, _options) {
        return checkPartnerCertificate(this, value);
      },
    },
    sign: { value: 'sha-256' },
    encrypt: { value: 'aes-256-cbc' },
    receipt: { value: 'signed' },
    requireSigned: { value: true },
    requireEncrypted: { value: true },
    connectTimeout: { value: '30', validate: (value, _options) => checkNumber(value, 1, DAY) },
    responseTimeout: { value: '300', validate: (value, _options) => checkNumber(value, 1, DAY) },
    ca: { value: '', validate: (value, _options) => checkCertificates(value) },
  },
  credentials: {
    user: { type: 'text' },
    password: { type: 'password' },
  },
  // A partner that only sends to us is used by as2-in nodes, which do not refer to it: no warning that it is unused.
  hasUsers: false,
  paletteLabel: 'as2 partner',
  label() {
    return this.name || this.as2Name || 'as2 partner';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-partner-form');
    createTabs(this, 'as2-partner-tabs', [
      { id: 'as2-partner-partner', label: this._('as2-partner.tab.partner'), iconClass: 'fa fa-building-o' },
      { id: 'as2-partner-security', label: this._('as2-partner.tab.security'), iconClass: 'fa fa-shield' },
      {
        id: 'as2-partner-connection',
        label: this._('as2-partner.tab.connection'),
        iconClass: 'fa fa-exchange',
      },
    ]);
    showNotes(this, form, {
      url: () => adviseUrl(this),
      identity: () => adviseIdentity(this),
      sign: () => (currentText(this, 'sign') ? undefined : this._('as2-partner.advice.unsigned')),
      encrypt: () => adviseEncryption(this),
      receipt: () =>
        currentText(this, 'receipt') === 'none' ? this._('as2-partner.advice.no-receipt') : undefined,
      requireSigned: () =>
        field('node-config-input-requireSigned').checked
          ? undefined
          : this._('as2-partner.advice.accept-unsigned'),
    });
    certificateField('node-config-input-certificate');
    certificateField('node-config-input-ca');

    const identity = field('node-config-input-identity');
    onEvery([identity], () => {
      const own = RED.nodes.node(identity.value) as Partial<OwnStation> | null | undefined;
      part('as2-partner-hand-over').replaceChildren(
        own
          ? handOverFacts({
              as2Name: own.as2Name ?? '',
              url: own.url ?? '',
              certificate: own.certificate ?? '',
            })
          : element('div', { class: 'as2-hint' }, this._('as2-partner.hint.choose-identity')),
      );
    });
  },
});
