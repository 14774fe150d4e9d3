import { certificateField } from '../shared/editor/certificate-field';
import { checkCertificates, checkChoice, checkWhole } from '../shared/editor/checks';
import { field, onEvery, part, setShown } from '../shared/editor/dom';
import { currentText, openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { wrongRange } from '../shared/editor/ranges';
import { showStoredValues } from '../shared/editor/stored-values';
import { useStyle } from '../shared/editor/style';
import { createTabs } from '../shared/editor/tabs';
import { checkHeaderName, checkHealthPath, checkPort, say } from './editor/checks';

interface Properties {
  name: string;
  host: string;
  port: string;
  tls: string;
  minVersion: string;
  clientCertificate: string;
  /** PEM. */
  clientCa: string;
  tolerant: boolean;
  maxConnections: string;
  maxConnectionsPerAddress: string;
  healthPath: string;
  proxies: string;
  proxyCertificate: string;
}

const MOST_CONNECTIONS = 100_000;

useStyle();

RED.nodes.registerType<Properties>('as2-listener', {
  category: 'config',
  defaults: {
    name: { value: '' },
    host: { value: '' },
    port: {
      value: '4433',
      validate(value, _options) {
        return checkPort(this, value);
      },
    },
    tls: { value: '', type: 'tls-config', required: false },
    minVersion: {
      value: 'TLSv1.2',
      validate: (value, _options) => checkChoice(value, ['TLSv1.2', 'TLSv1.3']),
    },
    clientCertificate: {
      value: 'off',
      validate(value, _options) {
        const verdict = checkChoice(value, ['off', 'wanted', 'required']);
        if (verdict !== true) return verdict;
        const isPlain = currentText(this, 'tls') === '';
        return (value ?? 'off') !== 'off' && isPlain ? say('problem.tls-needed') : true;
      },
    },
    clientCa: { value: '', validate: (value, _options) => checkCertificates(value) },
    tolerant: { value: false },
    maxConnections: { value: '1000', validate: (value, _options) => checkWhole(value, MOST_CONNECTIONS) },
    maxConnectionsPerAddress: {
      value: '250',
      validate: (value, _options) => checkWhole(value, MOST_CONNECTIONS),
    },
    healthPath: { value: '', validate: (value, _options) => checkHealthPath(value) },
    proxies: {
      value: '',
      validate: (value, _options) => {
        const range = wrongRange(value);
        return range === undefined || say('problem.ranges', { range });
      },
    },
    proxyCertificate: { value: '', validate: (value, _options) => checkHeaderName(value) },
  },
  paletteLabel: 'as2 listener',
  label() {
    return this.name || `as2 listener :${this.port || '4433'}`;
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-listener-form');
    createTabs(this, 'as2-listener-tabs', [
      { id: 'as2-listener-port', label: this._('as2-listener.tab.port') },
      { id: 'as2-listener-tls', label: this._('as2-listener.tab.tls') },
    ]);
    showStoredValues(this, form);
    showNotes(this, form, {
      tls: () => (currentText(this, 'tls') === '' ? say('advice.plain') : undefined),
    });
    certificateField('node-config-input-clientCa');
    const proxies = field('node-config-input-proxies');
    const header = field('node-config-input-proxyCertificate');
    onEvery([proxies, header], () => {
      setShown(proxies.value !== '' || header.value !== '', part('as2-listener-proxy-certificate'));
    });
    const certificate = field('node-config-input-clientCertificate');
    onEvery([field('node-config-input-tls'), certificate], () => {
      const isSecure = currentText(this, 'tls') !== '';
      const isAsked = certificate.value !== 'off';
      setShown(isSecure, part('as2-listener-least'));
      // What is wrong must be seen.
      setShown(isSecure || isAsked, part('as2-listener-client'));
      setShown(isSecure && isAsked, part('as2-listener-clients'));
    });
  },
});
