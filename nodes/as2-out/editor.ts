import { field, onEvery, part } from '../shared/editor/dom';
import { currentText, openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { useStyle } from '../shared/editor/style';
import { typedInput, VALUE_TYPES } from '../shared/editor/typed-input';
import { contentTypes } from './editor/content-types';
import { checkPartner } from './editor/check-partner';

interface Properties {
  name: string;
  partner: string;
  partnerFrom: string;
  partnerFromType: string;
  source: string;
  payload: string;
  payloadType: string;
  filename: string;
  filenameType: string;
  contentType: string;
  contentTypeType: string;
  subject: string;
  subjectType: string;
  attachments: string;
  attachmentsType: string;
}

interface PartnerNode extends EditorNode {
  readonly as2Name?: string;
}

useStyle();

RED.nodes.registerType<Properties>('as2-out', {
  category: 'AS2',
  color: '#3FADB5',
  defaults: {
    name: { value: '' },
    partner: {
      value: '',
      type: 'as2-partner',
      required: false,
      validate(value, _options) {
        return checkPartner(this, value);
      },
    },
    partnerFrom: { value: '', validate: RED.validators.typedInput({ typeField: 'partnerFromType' }) },
    partnerFromType: { value: 'none' },
    source: { value: 'payload' },
    payload: { value: 'payload', validate: RED.validators.typedInput({ typeField: 'payloadType' }) },
    payloadType: { value: 'msg' },
    filename: { value: 'filename', validate: RED.validators.typedInput({ typeField: 'filenameType' }) },
    filenameType: { value: 'msg' },
    contentType: { value: '', validate: RED.validators.typedInput({ typeField: 'contentTypeType' }) },
    contentTypeType: { value: 'none' },
    subject: { value: '', validate: RED.validators.typedInput({ typeField: 'subjectType' }) },
    subjectType: { value: 'none' },
    attachments: { value: '', validate: RED.validators.typedInput({ typeField: 'attachmentsType' }) },
    attachmentsType: { value: 'none' },
  },
  inputs: 1,
  outputs: 1,
  icon: 'as2-out.svg',
  paletteLabel: 'as2 out',
  inputLabels() {
    return this._('as2-out.port.input');
  },
  outputLabels() {
    return this._('as2-out.port.output');
  },
  label() {
    const partner: PartnerNode | null | undefined = RED.nodes.node(this.partner);
    return this.name || partner?.name || partner?.as2Name || 'as2 out';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-out-form');
    const automatic = (key: string) => ({
      value: 'none',
      label: this._(`as2-out.automatic.${key}`),
      hasValue: false,
    });
    typedInput('node-input-partnerFrom', [automatic('partnerFrom'), ...VALUE_TYPES]);
    typedInput('node-input-payload', VALUE_TYPES);
    typedInput('node-input-filename', [...VALUE_TYPES, automatic('filename')]);
    typedInput('node-input-contentType', [
      automatic('contentType'),
      contentTypes,
      ...VALUE_TYPES.filter((type) => type !== 'str'),
    ]);
    typedInput('node-input-subject', [automatic('subject'), ...VALUE_TYPES]);
    typedInput('node-input-attachments', [automatic('attachments'), 'msg', 'flow', 'global', 'jsonata']);
    showNotes(this, form);
    onEvery([field('node-input-source')], () => {
      const key = currentText(this, 'source') === 'file' ? 'path' : 'payload';
      part('as2-out-payload-label').textContent = this._(`as2-out.label.${key}`);
    });
  },
});
