import { certificateCard } from '../../shared/editor/certificate-card';
import { inspect } from '../../shared/editor/certificate-field';
import { holdsCertificate, saveAsCer, saveAsPem } from '../../shared/editor/certificate-file';
import { button, element, field, icon, part, setShown } from '../../shared/editor/dom';
import { environmentVariable } from '../../shared/editor/environment';
import { copyButton } from '../../shared/editor/files';
import { handOverText } from '../../shared/editor/hand-over';
import type { ServerError } from '../../shared/editor/server';
import { text } from '../../shared/editor/texts';
import { environmentForm } from './environment-form';
import { generateForm } from './generate-form';
import { importForm } from './import-form';
import { KeyFields } from './keys';
import type { SlideForm } from './slide-form';

/** The Keys tab: what there is, what to do with the certificate, and three ways to a new key pair. */
export function keysTab(id: string): void {
  const keys = new KeyFields(id);
  const state = element('div', { class: 'as2-key-state', role: 'status' });
  const remark = element('div', { class: 'as2-note', role: 'status' });
  const cards = element('div', { class: 'as2-cards' });
  const as2Name = () => field('node-config-input-as2Name').value.trim();
  const url = () => field('node-config-input-url').value.trim();
  const certificate = () => keys.certificate.value;
  const share = element(
    'div',
    { class: 'as2-buttons' },
    button({ icon: 'fa-download', label: text('action.save-cer') }, () =>
      saveAsCer(as2Name(), certificate()),
    ),
    button({ icon: 'fa-download', label: text('action.save-pem') }, () =>
      saveAsPem(as2Name(), certificate()),
    ),
    copyButton(
      text('action.copy-hand-over'),
      () => handOverText({ as2Name: as2Name(), url: url(), certificate: certificate() }),
      false,
    ),
  );

  const changed = (said = ''): void => {
    remark.textContent = said;
    void show();
  };
  const forms = {
    generate: generateForm(keys, changed),
    import: importForm(keys, changed),
    environment: environmentForm(keys, changed),
  };
  const opener = (form: SlideForm, drawing: string, label: string) =>
    button({ icon: drawing, label }, () => {
      for (const other of Object.values(forms)) if (other !== form) other.close();
      form.open();
    });

  part('as2-identity-keys').append(
    element(
      'div',
      { class: 'as2-buttons', style: 'margin-bottom: 12px' },
      opener(forms.generate, 'fa-magic', text('generate.open')),
      opener(forms.import, 'fa-upload', text('import.open')),
      opener(forms.environment, 'fa-terminal', text('environment.open')),
    ),
    ...Object.values(forms).map((form) => form.element),
    state,
    remark,
    cards,
    share,
  );
  void show();

  async function show(): Promise<void> {
    setShown(holdsCertificate(certificate()), share);
    if (!keys.hasKey && certificate().trim() === '') {
      cards.replaceChildren();
      return state.replaceChildren(stateLine('as2-bad', 'fa-key', text('certificate.none')));
    }
    const [keyLine, shown] = await Promise.all([keyState(keys), certificateState(certificate())]);
    state.replaceChildren(keyLine);
    cards.replaceChildren(...shown);
  }
}

async function keyState(keys: KeyFields): Promise<HTMLElement> {
  const fromEnvironment = (variable: string) =>
    stateLine('as2-ok', 'fa-terminal', text('key.from-environment', { variable }));
  const entered = environmentVariable(keys.privateKey.value);
  if (entered !== undefined) return fromEnvironment(entered);
  if (!keys.hasKey) return stateLine('as2-bad', 'fa-key', text('key.missing'));
  const drawing = keys.keyIsStored ? 'fa-lock' : 'fa-key';
  const certificate = holdsCertificate(keys.certificate.value) ? keys.certificate.value : '';
  try {
    const { kind, variable, matchesCertificate } = await keys.inspect(certificate);
    if (variable !== undefined) return fromEnvironment(variable);
    if (matchesCertificate === false) return stateLine('as2-bad', drawing, text('key.mismatch', { kind }));
    return stateLine('as2-ok', drawing, text(keys.keyIsStored ? 'key.stored' : 'key.new', { kind }));
  } catch (error) {
    // Whoever may only look is told no more than that.
    if (keys.keyIsStored && (error as Partial<ServerError>).code === undefined) {
      return stateLine('as2-ok', drawing, text('key.stored-unseen'));
    }
    return stateLine('as2-bad', drawing, error instanceof Error ? error.message : String(error));
  }
}

async function certificateState(certificate: string): Promise<HTMLElement[]> {
  const variable = environmentVariable(certificate);
  if (variable !== undefined)
    return [stateLine('as2-ok', 'fa-terminal', text('certificate.from-environment', { variable }))];
  if (certificate.trim() === '') return [stateLine('as2-bad', 'fa-certificate', text('certificate.missing'))];
  try {
    return (await inspect({ text: certificate })).map((one) => certificateCard(one));
  } catch (error) {
    return [stateLine('as2-bad', 'fa-certificate', error instanceof Error ? error.message : String(error))];
  }
}

function stateLine(kind: 'as2-ok' | 'as2-bad', drawing: string, sentence: string): HTMLElement {
  return element('div', { class: `as2-state-line ${kind}` }, icon(drawing), ' ', sentence);
}
