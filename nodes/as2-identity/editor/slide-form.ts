import { button, element, icon, type Content } from '../../shared/editor/dom';
import { text } from '../../shared/editor/texts';

export interface SlideForm {
  readonly element: HTMLElement;
  open(): void;
  close(): void;
}

export interface SlideFormOptions {
  readonly title: string;
  readonly confirm: string;
  readonly content: readonly Content[];
  /** Takes what was entered; the form closes afterwards. What it throws is shown, and the form stays open. */
  readonly confirmed: () => void | Promise<void>;
  readonly opened?: () => void;
}

/** A form that slides down below the button that opens it, as Node-RED does for SSH keys. */
export function slideForm(options: SlideFormOptions): SlideForm {
  const message = element('div', { class: 'as2-note as2-problem', role: 'alert' });
  const confirm = button({ icon: 'fa-check', label: options.confirm, primary: true }, () => void submit());
  const cancel = button({ icon: 'fa-times', label: text('action.cancel') }, () => close());
  const form = element(
    'section',
    { class: 'as2-slide', 'aria-label': options.title },
    element('div', { class: 'as2-heading' }, options.title),
    ...options.content,
    message,
    element('div', { class: 'as2-buttons' }, cancel, confirm),
  );
  form.style.display = 'none';
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    void submit();
  });

  function open(): void {
    message.textContent = '';
    options.opened?.();
    $(form).slideDown(150);
    form.querySelector<HTMLElement>('input:not([type=file]), textarea, select')?.focus();
  }

  function close(): void {
    $(form).slideUp(150);
  }

  async function submit(): Promise<void> {
    if (confirm.disabled) return;
    message.textContent = '';
    confirm.disabled = true;
    const spinner = icon('fa-spinner fa-spin');
    confirm.prepend(spinner);
    try {
      await options.confirmed();
      close();
    } catch (error) {
      message.textContent = error instanceof Error ? error.message : String(error);
    }
    spinner.remove();
    confirm.disabled = false;
  }

  return { element: form, open, close };
}

/** A row of such a form. */
export function row(label: string, field: HTMLElement, hint?: string): HTMLElement {
  field.id ||= `as2-field-${Math.random().toString(36).slice(2)}`;
  return element(
    'div',
    { class: 'form-row' },
    element('label', { for: field.id }, label),
    field,
    hint ? element('div', { class: 'as2-hint' }, hint) : undefined,
  );
}
