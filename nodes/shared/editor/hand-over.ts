import { holdsCertificate, saveAsCer } from './certificate-file';
import { button, element } from './dom';
import { environmentVariable } from './environment';
import { copyButton } from './files';
import { text } from './texts';

/** What a partner has to know about one of our identities. */
export interface OwnStation {
  readonly as2Name: string;
  readonly url: string;
  readonly certificate: string;
}

/** The same as text, for an e-mail. */
export function handOverText({ as2Name, url, certificate }: OwnStation): string {
  return [
    `${text('hand-over.as2-name')}: ${as2Name || '-'}`,
    `${text('hand-over.url')}: ${url || '-'}`,
    ...(holdsCertificate(certificate) ? [`${text('hand-over.certificate')}:`, certificate.trim()] : []),
    '',
  ].join('\n');
}

/** Shows it, to be compared, copied and saved. */
export function handOverFacts(station: OwnStation): HTMLElement {
  const { as2Name, url, certificate } = station;
  const copy = (value: string, what: string) =>
    value ? copyButton(text('action.copy-what', { what }), () => value) : undefined;
  const fact = (key: string, value: string, missing: string) => [
    element('dt', {}, text(key)),
    element(
      'dd',
      {},
      value ? element('span', {}, value) : element('span', { class: 'as2-soso' }, text(missing)),
      copy(value, text(key)),
    ),
  ];
  const variable = environmentVariable(certificate);
  const noFile =
    variable === undefined
      ? element('span', { class: 'as2-soso' }, text('hand-over.certificate-missing'))
      : element('span', {}, text('certificate.from-environment', { variable }));
  return element(
    'div',
    {},
    element(
      'dl',
      { class: 'as2-facts' },
      ...fact('hand-over.as2-name', as2Name, 'hand-over.as2-name-missing'),
      ...fact('hand-over.url', url, 'hand-over.url-missing'),
      element('dt', {}, text('hand-over.certificate')),
      holdsCertificate(certificate)
        ? element(
            'dd',
            {},
            button({ icon: 'fa-download', label: text('action.save-cer') }, () =>
              saveAsCer(as2Name, certificate),
            ),
          )
        : element('dd', {}, noFile),
    ),
    element(
      'div',
      { class: 'as2-buttons', style: 'margin-top: 8px' },
      copyButton(text('action.copy-hand-over'), () => handOverText(station), false),
    ),
  );
}
