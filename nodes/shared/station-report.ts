import type { Node, NodeAPI } from 'node-red';
import type { As2Error } from '../../src/errors';
import type { Identity } from '../../src/exchange';
import type { Checked } from './checked';
import { describe } from './describe';
import { onInterval } from './events';
import { CHECK_INTERVAL_MS, expiryNote } from './expiry';
import type { CheckedPartner, PartnerNode } from './partner';
import type { StatusLine } from './status';

/**
 * Says in the log what is wrong with a configuration node: its problem at deploy, and then once a day that a
 * certificate nears its end. Problems do not stop the flows; nodes that need the configuration fail with them.
 */
export function reportStation<T>(
  RED: NodeAPI,
  node: Node,
  checked: Checked<T>,
  note: (ready: T) => As2Error | undefined,
): void {
  if ('problem' in checked) {
    node.error(describe(RED, checked.problem));
    return;
  }
  const remind = (): void => {
    const said = note(checked.ready);
    if (said) node.warn(describe(RED, said));
  };
  remind();
  onInterval(RED, node, CHECK_INTERVAL_MS, remind);
}

/** Shows under a node, at deploy, what stands in the way of using its partner, or soon will. */
export function showConfiguration(RED: NodeAPI, status: StatusLine, partner: PartnerNode | undefined): void {
  if (!partner) return;
  if ('problem' in partner.partner) return status.showError(partner.partner.problem);
  const notes = [
    partnerNote(partner.partner.ready, partner.label),
    identityNote(partner.partner.ready.identity),
  ]
    .filter((note) => note !== undefined)
    .toSorted((a, b) => Number(a.code === SOON) - Number(b.code === SOON));
  const [note] = notes;
  if (note?.code === SOON) {
    status.show(
      'yellow',
      'ring',
      RED._('as2-out.status.certificate-expires-soon', { days: Number(note.facts.daysLeft) }),
    );
  } else if (note) {
    status.showError(note);
  }
}

export function identityNote({ as2Name, keyPairs }: Identity): As2Error | undefined {
  return expiryNote(
    keyPairs.slice(0, 1).map(({ certificate }) => certificate),
    'signing',
    as2Name,
  );
}

export function partnerNote({ certificates }: CheckedPartner, label: string): As2Error | undefined {
  return expiryNote(certificates, 'encryption', label);
}

const SOON = 'certificate-expires-soon';
