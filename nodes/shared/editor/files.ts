import { button, element } from './dom';
import { text } from './texts';

/** Neither certificates nor keys come near this size; a file that does was chosen by mistake. */
const LARGEST_FILE = 1024 * 1024;

export interface ChosenFile {
  readonly name: string;
  readonly base64: string;
  /** The content as text when it is PEM. */
  readonly pem?: string;
}

/** @throws Error with a sentence when the file is too large or cannot be read */
export async function readChosenFile(file: File): Promise<ChosenFile> {
  if (file.size > LARGEST_FILE) throw new Error(text('file.too-large', { name: file.name }));
  const bytes = await file.arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    () => {
      throw new Error(text('file.unreadable', { name: file.name }));
    },
  );
  const asText = new TextDecoder('latin1').decode(bytes);
  return {
    name: file.name,
    base64: toBase64(bytes),
    ...(asText.includes('-----BEGIN') ? { pem: asText } : {}),
  };
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: too many arguments at once overflow the stack.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

/** A button that opens the browser's file dialog. */
export function fileButton(
  label: string,
  accept: string,
  several: boolean,
  chosen: (files: readonly File[]) => void,
): HTMLElement {
  const input = element('input', {
    type: 'file',
    accept,
    'aria-label': label,
    ...(several ? { multiple: '' } : {}),
  });
  input.style.display = 'none';
  input.addEventListener('change', () => {
    chosen([...(input.files ?? [])]);
    // The same file chosen again is a change as well.
    input.value = '';
  });
  return element(
    'span',
    {},
    input,
    button({ icon: 'fa-folder-open-o', label }, () => input.click()),
  );
}

/** Takes files that are dropped on the element. */
export function onDrop(target: HTMLElement, dropped: (files: readonly File[]) => void): void {
  const mark = (over: boolean) => (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    target.classList.toggle('as2-dropping', over);
  };
  target.addEventListener('dragover', mark(true));
  target.addEventListener('dragleave', mark(false));
  target.addEventListener('drop', (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    // Dropped text is left to the browser, which puts it into the field.
    if (files.length === 0) return target.classList.remove('as2-dropping');
    mark(false)(event);
    dropped(files);
  });
}

/** Saves through the browser. A link to the server would lack the token of the logged-in user. */
export function saveFile(name: string, type: string, content: Uint8Array<ArrayBuffer> | string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A text as a file name on any system. */
export function asFileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '') || 'as2';
}

/** Copies a text; for a moment the button shows that it did. */
export function copyButton(label: string, value: () => string, compact = true): HTMLButtonElement {
  return button({ icon: 'fa-copy', label, compact }, (pressed) => {
    if (!RED.clipboard.copyText(value())) return;
    const drawing = pressed.querySelector('.fa');
    drawing?.classList.replace('fa-copy', 'fa-check');
    setTimeout(() => drawing?.classList.replace('fa-check', 'fa-copy'), 1500);
  });
}
