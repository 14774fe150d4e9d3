import { part } from './dom';

/** Marks the open dialog as the one of this node, so that validators read its fields and not those of another node. */
export function openDialog(node: EditorNode, formId: string): HTMLElement {
  const form = part(formId);
  form.dataset['as2Node'] = node.id;
  return form;
}

/**
 * The value a property has right now: as typed, while the dialog of its node is open; as saved otherwise. Node-RED runs
 * validators in both situations, and hands them only the value of their own property.
 */
export function current(node: EditorNode, property: string): unknown {
  const form = document.querySelector(`[data-as2-node="${CSS.escape(node.id)}"]`);
  const field = form && fieldOf(form, property);
  if (!field) return (node as unknown as Record<string, unknown>)[property];
  return field.type === 'checkbox' ? field.checked : field.value;
}

/** The field of a property; Node-RED finds it by the same ids. */
export function fieldOf(form: Element, property: string): HTMLInputElement | null {
  return form.querySelector(`#node-input-${property}, #node-config-input-${property}`);
}

/** The same as text; what is not there is empty. A configuration node that is not chosen yet is empty, too. */
export function currentText(node: EditorNode, property: string): string {
  const value = asText(current(node, property)).trim();
  return value === '_ADD_' ? '' : value;
}

export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
