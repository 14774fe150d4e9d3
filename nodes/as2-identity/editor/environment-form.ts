import { element } from '../../shared/editor/dom';
import { environmentVariable } from '../../shared/editor/environment';
import { text } from '../../shared/editor/texts';
import type { KeyFields } from './keys';
import { row, slideForm, type SlideForm } from './slide-form';

/** For containers and secrets managers: the key pair comes from environment variables when Node-RED starts. */
export function environmentForm(keys: KeyFields, changed: () => void): SlideForm {
  const name = (placeholder: string) => element('input', { type: 'text', placeholder, spellcheck: 'false' });
  const certificate = name('AS2_CERTIFICATE');
  const privateKey = name('AS2_PRIVATE_KEY');
  const passphrase = name('AS2_PASSPHRASE');

  return slideForm({
    title: text('environment.title'),
    confirm: text('environment.confirm'),
    content: [
      element('p', { class: 'as2-hint' }, text('environment.explanation')),
      row(text('environment.certificate'), certificate),
      row(text('environment.private-key'), privateKey),
      row(text('environment.passphrase'), passphrase, text('environment.passphrase-hint')),
    ],
    opened() {
      certificate.value ||= environmentVariable(keys.certificate.value) ?? '';
      privateKey.value ||= environmentVariable(keys.privateKey.value) ?? '';
    },
    confirmed() {
      keys.replace({
        certificate: reference(certificate),
        privateKey: reference(privateKey),
        passphrase: passphrase.value.trim() ? reference(passphrase) : '',
      });
      changed();
    },
  });
}

function reference({ value }: HTMLInputElement): string {
  const typed = value.trim();
  const whole = environmentVariable(typed) === undefined ? `\${${typed}}` : typed;
  if (environmentVariable(whole) === undefined)
    throw new Error(text('environment.name-invalid', { name: typed }));
  return whole;
}
