import { currentText } from '../../shared/editor/live';

const say = (key: string) => RED._(`node-red-contrib-as2/as2-out:as2-out.${key}`);

/** There must be one, chosen here or named by the message; and what is chosen must be in order. */
export function checkPartner(node: EditorNode, value: unknown): EditorVerdict {
  const id = value === '_ADD_' || typeof value !== 'string' ? '' : value;
  if (id === '')
    return currentText(node, 'partnerFromType') === 'none' ? say('problem.partner-missing') : true;
  const partner = RED.nodes.node(id);
  if (!partner) return say('problem.partner-gone');
  return partner.valid === false ? say('problem.partner-invalid') : true;
}
