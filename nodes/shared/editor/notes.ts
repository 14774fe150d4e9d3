import { element, onEvery } from './dom';
import { environmentVariable } from './environment';

/** By property: what to say about a value that is allowed, but weak or probably not meant. */
export type Advice = Readonly<Record<string, () => string | undefined>>;

/**
 * Shows below each field what its validator says, and the advice. Node-RED itself shows the sentence of a validator only
 * to those who hover over the red field. An empty field of a new
 * configuration is not complained about before it was left once.
 */
export function showNotes(
  node: EditorNode,
  prefix: 'node-input' | 'node-config-input',
  advice: Advice,
): void {
  const saved = Boolean(RED.nodes.node(node.id));
  const notes = Object.entries(node._def.defaults)
    .filter(([name, { validate }]) => validate ?? advice[name])
    .flatMap(([name, property]) => {
      const field = document.getElementById(`${prefix}-${name}`) as HTMLInputElement | null;
      const row = field?.closest('.form-row');
      if (!field || !row) return [];
      const note = element('div', { class: 'as2-note', id: `as2-note-${name}`, 'aria-live': 'polite' });
      row.append(note);
      field.setAttribute('aria-describedby', note.id);
      return [{ name, property, field, note, touched: saved || field.value !== '' }];
    });

  const update = (): void => {
    for (const { name, property, field, note, touched } of notes) {
      const problem = environmentVariable(field.value) ? undefined : complaint(node, property, field);
      const hint = problem === undefined ? advice[name]?.() : undefined;
      note.textContent = (touched ? problem : undefined) ?? hint ?? '';
      note.classList.toggle('as2-problem', problem !== undefined);
      field.setAttribute('aria-invalid', String(problem !== undefined));
    }
  };
  for (const entry of notes) {
    $(entry.field).on('blur', () => {
      entry.touched = true;
      update();
    });
  }
  onEvery(
    notes.map(({ field }) => field),
    update,
  );
}

function complaint(node: EditorNode, property: EditorProperty, field: HTMLInputElement): string | undefined {
  const value = field.type === 'checkbox' ? field.checked : field.value;
  const verdict = property.validate?.call(node, value, property.label ? { label: property.label } : {});
  return typeof verdict === 'string' ? verdict : undefined;
}
