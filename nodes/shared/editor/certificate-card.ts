import type { ShownCertificate } from '../shown-certificate';
import { button, element, icon } from './dom';
import { copyButton } from './files';
import { text } from './texts';

const STATE_ICONS = {
  valid: 'fa-check-circle',
  'expires-soon': 'fa-clock-o',
  expired: 'fa-times-circle',
  'not-yet-valid': 'fa-hourglass-start',
} as const;

/** Everything one has to compare with a partner on the telephone, on a card. */
export function certificateCard(
  certificate: Omit<ShownCertificate, 'pem'>,
  remove?: () => void,
): HTMLElement {
  const { state, subject, commonName = subject } = certificate;
  const day = (iso: string) => iso.slice(0, 10);
  return element(
    'article',
    { class: `as2-card as2-state-${state}`, 'aria-label': subject },
    element(
      'header',
      {},
      element('span', { class: 'as2-card-subject' }, commonName),
      remove && button({ icon: 'fa-times', label: text('certificate.remove'), compact: true }, remove),
    ),
    element('div', { class: 'as2-card-state' }, icon(STATE_ICONS[state]), ' ', stateText(certificate)),
    ...certificate.warnings.map((code) =>
      element(
        'div',
        { class: 'as2-card-warning' },
        icon('fa-warning'),
        ' ',
        text(`certificate.warning.${code}`),
      ),
    ),
    element(
      'dl',
      { class: 'as2-facts' },
      ...(commonName === subject ? [] : line('subject', subject)),
      ...line('issuer', certificate.selfSigned ? text('certificate.self-signed') : certificate.issuer),
      ...line('validity', `${day(certificate.notBefore)} – ${day(certificate.notAfter)}`),
      ...line('key', `${certificate.keyKind}, ${certificate.signatureAlgorithm}`),
      ...line('serial', certificate.serialNumber, true),
      ...line('sha256', certificate.fingerprintSha256, true),
      ...line('sha1', certificate.fingerprintSha1, true),
    ),
  );
}

function stateText({ state, daysLeft, notBefore, notAfter }: Omit<ShownCertificate, 'pem'>): string {
  switch (state) {
    case 'valid':
      return text('certificate.state.valid', { days: daysLeft });
    case 'expires-soon':
      return text('certificate.state.expires-soon', { days: daysLeft });
    case 'expired':
      return text('certificate.state.expired', { date: notAfter.slice(0, 10) });
    case 'not-yet-valid':
      return text('certificate.state.not-yet-valid', { date: notBefore.slice(0, 10) });
  }
}

function line(name: string, value: string, technical = false): HTMLElement[] {
  const label = text(`certificate.${name}`);
  return [
    element('dt', {}, label),
    technical
      ? element(
          'dd',
          { class: 'as2-technical' },
          element('span', {}, ...breakable(value)),
          copyButton(text('action.copy-what', { what: label }), () => value),
        )
      : element('dd', {}, element('span', {}, value)),
  ];
}

/** A line may end after an octet of a fingerprint, not within one. */
function breakable(value: string): Node[] {
  return value.split(/(?<=:)/).flatMap((octet) => [document.createTextNode(octet), element('wbr')]);
}
