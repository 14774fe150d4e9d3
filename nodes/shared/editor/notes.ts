import { element, onEvery } from './dom';
import { environmentVariable } from './environment';
import { fieldOf } from './live';

/** By property: what to say about a value that is allowed, but weak or probably not meant. */
export type Advice = Readonly<Record<string, () => string | undefined>>;

/**
 * Shows below each field of the dialog what its validator says, and the advice. Node-RED itself shows the sentence of a
 * validator only to those who hover over the red field. An empty field of a new configuration is not complained about
 * before it was left once.
 */
export function showNotes(node: EditorNode, form: HTMLElement, advice: Advice = {}): void {
  const left = new Set<EventTarget>();
  const isNew = !RED.nodes.node(node.id);
  const notes = Object.entries(node._def.defaults)
    .filter(([name, { validate }]) => validate ?? advice[name])
    .flatMap(([name, property]) => {
      const field = fieldOf(form, name);
      const row = field?.closest('.form-row');
      if (!field || !row) return [];
      const note = element('div', { class: 'as2-note', id: `as2-note-${name}`, 'aria-live': 'polite' });
      row.append(note);
      field.setAttribute('aria-describedby', note.id);
      return [{ name, property, field, note }];
    });

  const update = (): void => {
    for (const { name, property, field, note } of notes) {
      const problem = environmentVariable(field.value) ? undefined : complaint(node, property, field);
      const untouched = isNew && field.value === '' && !left.has(field);
      const sentence = problem === undefined || untouched ? advice[name]?.() : problem;
      note.textContent = sentence ?? '';
      note.classList.toggle('as2-problem', sentence !== undefined && sentence === problem);
      field.setAttribute('aria-invalid', String(problem !== undefined));
    }
  };
  $(form).on('focusout', ({ target }) => {
    if (target) left.add(target);
    update();
  });
  // What is said about one field can depend on all others.
  onEvery([form], update);
}

function complaint(node: EditorNode, property: EditorProperty, field: HTMLInputElement): string | undefined {
  const value = field.type === 'checkbox' ? field.checked : field.value;
  const verdict = property.validate?.call(node, value, property.label ? { label: property.label } : {});
  return typeof verdict === 'string' ? verdict : undefined;
}
