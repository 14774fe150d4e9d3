import type { ShownCertificate } from '../../shared/shown-certificate';
import { element, field, onEvery } from '../../shared/editor/dom';
import { environmentVariable } from '../../shared/editor/environment';
import { post } from '../../shared/editor/server';
import { text } from '../../shared/editor/texts';
import type { KeyFields } from './keys';
import { row, slideForm, type SlideForm } from './slide-form';

const KEY_TYPES = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384'] as const;
const DEFAULT_KEY_TYPE = 'rsa-2048';
const YEARS = [1, 2, 3, 5, 10] as const;
const DEFAULT_YEARS = 3;

/** Lets the server make a key pair and a self-signed certificate, as most AS2 stations use them. */
export function generateForm(keys: KeyFields, changed: () => void): SlideForm {
  const commonName = element('input', { type: 'text' });
  const organization = element('input', { type: 'text', placeholder: text('generate.optional') });
  const country = element('input', { type: 'text', placeholder: text('generate.country-optional') });
  const keyType = choice(
    KEY_TYPES.map((type) => [type, text(`generate.key-type.${type}`)]),
    DEFAULT_KEY_TYPE,
  );
  const years = choice(
    YEARS.map((count) => [String(count), text('generate.years', { count })]),
    String(DEFAULT_YEARS),
  );
  const keyTypeRow = row(text('generate.key-type.label'), keyType);
  const advice = element('div', { class: 'as2-note', role: 'status' });
  keyTypeRow.append(advice);
  onEvery([keyType], () => {
    advice.textContent = keyType.value.startsWith('ec-') ? text('generate.ec-advice') : '';
  });
  const replaces = element('div', { class: 'as2-hint as2-soso' });

  return slideForm({
    title: text('generate.title'),
    confirm: text('generate.confirm'),
    content: [
      row(text('generate.common-name'), commonName, text('generate.common-name-hint')),
      row(text('generate.organization'), organization),
      row(text('generate.country'), country),
      keyTypeRow,
      row(text('generate.validity'), years, text('generate.validity-hint')),
      replaces,
    ],
    opened() {
      const as2Name = field('node-config-input-as2Name').value.trim();
      commonName.value ||= environmentVariable(as2Name) ? '' : as2Name;
      replaces.textContent = keys.hasKey ? text('generate.replaces') : '';
    },
    async confirmed() {
      if (commonName.value.trim() === '') throw new Error(text('generate.common-name-missing'));
      const made = await post<{ privateKey: string; certificate: string; card: ShownCertificate }>(
        'identity/generate',
        {
          commonName: commonName.value.trim(),
          ...(organization.value.trim() ? { organization: organization.value.trim() } : {}),
          ...(country.value.trim() ? { country: country.value.trim() } : {}),
          keyType: keyType.value,
          validDays: Math.round(Number(years.value) * 365.25),
        },
      );
      keys.replace({ certificate: made.certificate, privateKey: made.privateKey, passphrase: '' });
      changed();
    },
  });
}

function choice(options: readonly (readonly [string, string])[], chosen: string): HTMLSelectElement {
  const select = element(
    'select',
    {},
    ...options.map(([value, label]) => element('option', { value }, label)),
  );
  select.value = chosen;
  return select;
}
