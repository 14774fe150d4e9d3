import { field, onEvery, part, setShown } from '../shared/editor/dom';
import { currentText, openDialog } from '../shared/editor/live';
import { showNotes } from '../shared/editor/notes';
import { useStyle } from '../shared/editor/style';
import { typedInput } from '../shared/editor/typed-input';

interface Properties {
  name: string;
  action: string;
  decision: string;
  decisionType: string;
  modifier: string;
  text: string;
  textType: string;
}

useStyle();

RED.nodes.registerType<Properties>('as2-mdn', {
  category: 'AS2',
  color: '#3FADB5',
  defaults: {
    name: { value: '' },
    action: { value: 'accept' },
    decision: { value: 'accept', validate: RED.validators.typedInput({ typeField: 'decisionType' }) },
    decisionType: { value: 'msg' },
    modifier: { value: 'unexpected-processing-error' },
    text: { value: '', validate: RED.validators.typedInput({ typeField: 'textType', allowBlank: true }) },
    textType: { value: 'str' },
  },
  inputs: 1,
  outputs: 0,
  icon: 'as2-mdn.svg',
  align: 'right',
  paletteLabel: 'as2 mdn',
  inputLabels() {
    return this._('as2-mdn.port.input');
  },
  label() {
    return this.name || this._(`as2-mdn.node.${this.action}`);
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const form = openDialog(this, 'as2-mdn-form');
    typedInput('node-input-decision', ['msg', 'flow', 'global', 'jsonata']);
    typedInput('node-input-text', ['str', 'msg', 'flow', 'global', 'jsonata', 'env']);
    showNotes(this, form);
    onEvery([field('node-input-action')], () => {
      const action = currentText(this, 'action');
      setShown(action === 'msg', part('as2-mdn-decision'));
      setShown(action !== 'accept', part('as2-mdn-modifier'));
    });
  },
});
