import { checkNumber } from '../shared/editor/checks';
import { element, field, onEvery, part, setShown } from '../shared/editor/dom';
import { copyButton } from '../shared/editor/files';
import { currentText, openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { openUsedSections, showStoredValues } from '../shared/editor/stored-values';
import { useStyle } from '../shared/editor/style';
import { text } from '../shared/editor/texts';
import { adviseAccept, adviseOutput, adviseSize } from './editor/advice';
import { advisePath, checkEndpointPath, checkRanges, endpointUrl } from './editor/path';

interface Properties {
  name: string;
  path: string;
  listener: string;
  identity: string;
  receipt: string;
  /** Seconds. */
  receiptTimeout: string;
  onTimeout: string;
  output: string;
  attachments: string;
  /** Megabytes, both. */
  maxBuffer: string;
  maxSize: string;
  /** IP addresses and ranges. */
  allowFrom: string;
}

/** No partner waits longer for a receipt, in seconds. */
const HOUR = 3600;
/** Node.js has no larger buffers, in megabytes. */
const LARGEST_BUFFER = 2048;
const LARGEST_MESSAGE = 1_000_000;

useStyle();

RED.nodes.registerType<Properties>('as2-in', {
  category: 'AS2',
  color: '#3FADB5',
  defaults: {
    name: { value: '' },
    path: {
      value: '/as2',
      validate(value, _options) {
        return checkEndpointPath(this, value);
      },
    },
    listener: { value: '', type: 'as2-listener', required: false },
    identity: { value: '', type: 'as2-identity', required: false },
    receipt: { value: 'automatic' },
    receiptTimeout: { value: '60', validate: (value, _options) => checkNumber(value, 1, HOUR) },
    onTimeout: { value: 'reject' },
    output: { value: 'buffer' },
    attachments: { value: 'sequence' },
    maxBuffer: { value: '16', validate: (value, _options) => checkNumber(value, 1, LARGEST_BUFFER) },
    maxSize: { value: '200', validate: (value, _options) => checkNumber(value, 1, LARGEST_MESSAGE) },
    allowFrom: { value: '', validate: (value, _options) => checkRanges(value) },
  },
  credentials: {
    user: { type: 'text' },
    password: { type: 'password' },
  },
  inputs: 0,
  outputs: 1,
  icon: 'as2-in.svg',
  paletteLabel: 'as2 in',
  outputLabels() {
    return this._('as2-in.port.output');
  },
  label() {
    return this.name || this.path || 'as2 in';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-in-form');
    showStoredValues(this, form);
    openUsedSections(this, form);
    showNotes(this, form, {
      path: () => (currentText(this, 'listener') === '' ? advisePath(currentText(this, 'path')) : undefined),
      onTimeout: () => adviseAccept(this),
      output: () => adviseOutput(currentText(this, 'output')),
      maxSize: () => adviseSize(currentText(this, 'output'), currentText(this, 'maxSize')),
    });

    const address = element('span');
    const copy = copyButton(
      text('action.copy-what', { what: this._('as2-in.label.url') }),
      () => address.textContent ?? '',
    );
    part('as2-in-url').append(address, copy);
    onEvery([field('node-input-path'), field('node-input-listener')], () => {
      address.textContent = endpointUrl(currentText(this, 'path'), currentText(this, 'listener'));
    });

    const flowRows = [...part('as2-in-form').querySelectorAll<HTMLElement>('.as2-in-flow')];
    onEvery([field('node-input-receipt'), field('node-input-output')], () => {
      const mode = currentText(this, 'receipt') === 'flow' ? 'flow' : 'automatic';
      part('as2-in-receipt-hint').textContent = this._(`as2-in.hint.receipt-${mode}`);
      setShown(mode === 'flow', ...flowRows);
      setShown(currentText(this, 'output') === 'auto', part('as2-in-max-buffer'));
    });
  },
});
