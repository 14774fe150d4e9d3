import { element } from './dom';
import { fieldOf } from './live';

/**
 * Lets the fields of a dialog show what counts when the flow runs. A flow of an older version may lack a property, which
 * Node-RED shows as empty, and would store so; and a list does not show what is not in it, such as `${VARIABLE}`.
 */
export function showStoredValues(node: EditorNode, form: HTMLElement): void {
  for (const [name, { value: fallback, type }] of Object.entries(node._def.defaults)) {
    const stored = (node as unknown as Record<string, unknown>)[name] ?? undefined;
    const field = fieldOf(form, name);
    if (!field || type !== undefined) continue;
    if (stored === undefined && field.type === 'checkbox') field.checked = fallback === true;
    else if (stored === undefined) field.value = String(fallback);
    else if (typeof stored === 'string' && field.value !== stored && field.matches('select')) {
      field.append(element('option', { value: stored }, stored));
      field.value = stored;
    }
  }
}

/** Opens the collapsed sections of a dialog in which something differs from what a new node has. */
export function openUsedSections(node: EditorNode, form: HTMLElement): void {
  const changed = Object.entries(node._def.defaults).flatMap(([name, { value: fallback }]) => {
    const field = fieldOf(form, name);
    const value = field?.type === 'checkbox' ? field.checked : field?.value;
    return field && value !== fallback ? [field] : [];
  });
  for (const section of form.querySelectorAll('details')) {
    section.open = changed.some((field) => section.contains(field));
  }
}
