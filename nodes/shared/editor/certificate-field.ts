import type { ShownCertificate } from '../shown-certificate';
import { certificateCard } from './certificate-card';
import { button, element, icon, field, setShown, setValue } from './dom';
import { environmentVariable } from './environment';
import { fileButton, onDrop, readChosenFile } from './files';
import { post } from './server';
import { text } from './texts';

export function inspect(
  input: { readonly text: string } | { readonly base64: string },
): Promise<ShownCertificate[]> {
  return post<{ certificates: ShownCertificate[] }>('certificate/inspect', input).then(
    ({ certificates }) => certificates,
  );
}

/**
 * Turns the hidden field with this id, which holds PEM or `${VARIABLE}`, into a list of certificate cards with a place to
 * paste, drop or choose more.
 */
export function certificateField(id: string): void {
  const stored = field(id);
  let certificates: readonly ShownCertificate[] = [];
  let lastTyped = '';
  const paste = element('textarea', { class: 'as2-paste', rows: '3', spellcheck: 'false' });
  invite();
  const choose = fileButton(
    text('action.choose-file'),
    '.cer,.crt,.pem,.der,.p7b,.p7c,.txt',
    true,
    (files) => void addFiles(files),
  );
  const message = element('div', { class: 'as2-note', role: 'status' });
  const list = element('div', { class: 'as2-cards' });
  stored.after(list, paste, message, choose);

  paste.addEventListener('input', () => {
    // Pasted at once, or typed to its end.
    if (/-----END [^-]+-----\s*$|^\s*\$\{\w+\}\s*$/.test(paste.value)) void addText(paste.value);
  });
  paste.addEventListener('change', () => void addText(paste.value));
  onDrop(paste, (files) => void addFiles(files));
  void load();

  async function load(): Promise<void> {
    const variable = environmentVariable(stored.value);
    if (variable !== undefined) return showVariable(variable);
    if (stored.value.trim() === '') return;
    await attempt(async () => show(await inspect({ text: stored.value })));
    // What the server cannot read must be seen and be removable all the same.
    if (certificates.length === 0) showUnreadable();
  }

  async function addText(typed: string): Promise<void> {
    // A pasted text comes twice: when it is pasted, and when the field is left.
    if (typed.trim() === lastTyped) return;
    lastTyped = typed.trim();
    say('');
    const variable = environmentVariable(typed);
    if (variable !== undefined) {
      store(typed.trim());
      return showVariable(variable);
    }
    if (typed.trim() !== '') await attempt(async () => add(await inspect({ text: typed })));
  }

  async function addFiles(files: readonly File[]): Promise<void> {
    say('');
    for (const file of files) {
      await attempt(async () => add(await inspect({ base64: (await readChosenFile(file)).base64 })));
    }
  }

  function add(more: readonly ShownCertificate[]): void {
    const fresh = more.filter(
      (one) => !certificates.some((known) => known.fingerprintSha256 === one.fingerprintSha256),
    );
    if (fresh.length === 0) say(text('certificate.already-there'), 'remark');
    show([...certificates, ...fresh]);
    store(certificates.map(({ pem }) => pem).join('\n'));
  }

  function show(all: readonly ShownCertificate[]): void {
    certificates = all;
    list.replaceChildren(
      ...all.map((one) =>
        certificateCard(one, () => {
          show(certificates.filter((other) => other !== one));
          store(certificates.map(({ pem }) => pem).join('\n'));
        }),
      ),
    );
    setShown(true, paste, choose);
    paste.value = '';
    lastTyped = '';
    invite();
  }

  function invite(): void {
    const invitation = text(certificates.length === 0 ? 'certificate.paste' : 'certificate.paste-another');
    paste.placeholder = invitation;
    paste.setAttribute('aria-label', invitation);
  }

  function showVariable(variable: string): void {
    list.replaceChildren(removable('fa-terminal', text('certificate.from-environment', { variable })));
    setShown(false, paste, choose);
  }

  function showUnreadable(): void {
    list.replaceChildren(removable('fa-warning', text('certificate.unreadable')));
  }

  function removable(drawing: string, sentence: string): HTMLElement {
    const clear = button({ icon: 'fa-times', label: text('certificate.remove'), compact: true }, () => {
      say('');
      show([]);
      store('');
    });
    return element(
      'div',
      { class: 'as2-card' },
      element('header', {}, element('span', {}, icon(drawing), ' ', sentence), clear),
    );
  }

  function store(value: string): void {
    setValue(stored, value);
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }

  function say(sentence: string, kind: 'problem' | 'remark' = 'problem'): void {
    message.textContent = sentence;
    message.classList.toggle('as2-problem', kind === 'problem');
  }
}
