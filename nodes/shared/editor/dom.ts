export type Content = Node | string | undefined;

/** An element with attributes and content. Strings become text, never HTML: much of what is shown comes from outside. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content.filter((part) => part !== undefined));
  return made;
}

/** A drawing from the editor's icon font, e.g. `fa-check`. */
export function icon(name: string): HTMLElement {
  return element('i', { class: `fa ${name}`, 'aria-hidden': 'true' });
}

export interface ButtonOptions {
  readonly icon: string;
  /** What it says; with `compact` only to those who hover or listen. */
  readonly label: string;
  readonly compact?: boolean;
  readonly primary?: boolean;
}

export function button(
  options: ButtonOptions,
  pressed: (button: HTMLButtonElement) => void,
): HTMLButtonElement {
  const { label, compact, primary } = options;
  const made = element(
    'button',
    {
      type: 'button',
      class: `red-ui-button${compact ? ' red-ui-button-small' : ''}${primary ? ' primary' : ''}`,
      // Not the editor's own tooltip: it would outlive a button that is removed.
      ...(compact ? { 'aria-label': label, title: label } : {}),
    },
    icon(options.icon),
    compact ? undefined : ` ${label}`,
  );
  made.addEventListener('click', () => pressed(made));
  return made;
}

/** The element of the open dialog with this id. */
export function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The dialog has no #${id}`);
  return found;
}

/** The same for an input, a select or a textarea, which are alike in what we use of them. */
export function field(id: string): HTMLInputElement {
  return part(id) as HTMLInputElement;
}

export function setShown(shown: boolean, ...elements: readonly HTMLElement[]): void {
  for (const one of elements) one.style.display = shown ? '' : 'none';
}

/** Puts a value into a field as if it had been typed: Node-RED then validates and notices the change. */
export function setValue(input: HTMLInputElement, value: string): void {
  input.value = value;
  $(input).trigger('change');
}

/** Calls `changed` now and whenever the user changes one of the fields. */
export function onEvery(fields: readonly Element[], changed: () => void): void {
  // Node-RED triggers through jQuery, which listeners of the DOM do not hear; a pasted text is there only afterwards.
  for (const one of fields) $(one).on('change keyup paste input', () => setTimeout(changed, 0));
  changed();
}
