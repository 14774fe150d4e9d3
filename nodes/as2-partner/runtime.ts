import type { Node, NodeAPI } from 'node-red';
import { As2Error, toAs2Error } from '../../src/errors';
import { check, type Checked, ready } from '../shared/checked';
import type { HttpProxyNode, TlsConfigNode } from '../shared/connection';
import { describe } from '../shared/describe';
import { onClose, onInterval, onRuntimeEvent } from '../shared/events';
import { isIdentityNode } from '../shared/identity';
import {
  type CheckedPartner,
  type PartnerCredentials,
  type PartnerDef,
  type PartnerNode,
  readPartner,
} from '../shared/partner';
import { asText } from '../shared/settings';
import { stateOf } from '../shared/state';
import { partnerNote, reportStation } from '../shared/station-report';
import { TlsFiles } from '../shared/tls-files';

/** How often the files of the client certificate are looked at. */
const LOOKING_MS = 15_000;

export default function register(RED: NodeAPI): void {
  function As2Partner(this: PartnerNode, def: PartnerDef): void {
    RED.nodes.createNode(this, def);
    const found: Node | null = RED.nodes.getNode(def.identity ?? '');
    const identity = isIdentityNode(found) ? found : undefined;
    this.as2Name = asText(def.as2Name);
    this.identityAs2Name = identity?.as2Name ?? '';
    this.identityId = identity?.id ?? '';
    this.label = asText(def.name) || this.as2Name || def.id;
    const tls: TlsConfigNode | null = RED.nodes.getNode(def.tls ?? '');
    const proxy: HttpProxyNode | null = RED.nodes.getNode(def.proxy ?? '');
    const read = (shown: TlsConfigNode | null): Checked<CheckedPartner> =>
      check(() => {
        const nodes = { ...(shown ? { tls: shown } : {}), ...(proxy ? { proxy } : {}) };
        return readPartner(def, this.label, this.credentials, identity, nodes);
      });
    this.partner = read(tls);
    if (tls) onRenewal(RED, this, tls, read);
    reportStation(RED, this, this.partner, (ready) => partnerNote(ready, this.label));

    const { partners } = stateOf(RED);
    const other = partners.add(this);
    if (other) {
      const facts = { partner: this.label, node: this.id, other: other.label, otherNode: other.id };
      this.warn(describe(RED, new As2Error('partner-names-taken', facts)));
    }
    onClose(RED, this, () => partners.remove(this));
  }

  RED.nodes.registerType<PartnerNode, PartnerDef, object, PartnerCredentials>('as2-partner', As2Partner, {
    credentials: {
      user: { type: 'text' },
      password: { type: 'password' },
      token: { type: 'password' },
      headers: { type: 'text' },
      receiptUser: { type: 'text' },
      receiptPassword: { type: 'password' },
      inboundUser: { type: 'text' },
      inboundPassword: { type: 'password' },
    },
  });
}

/** A client certificate that is renewed in its files is shown by the connections that are opened from then on. */
function onRenewal(
  RED: NodeAPI,
  node: PartnerNode,
  tls: TlsConfigNode,
  read: (tls: TlsConfigNode) => Checked<CheckedPartner>,
): void {
  const host = node.label;
  const unreadable = (reason: string): As2Error => new As2Error('tls-options-unreadable', { host, reason });
  const files = new TlsFiles(RED, tls, tls.addTLSOptions?.({}) ?? {}, unreadable);
  let said = '';
  const renew = async (): Promise<void> => {
    const changed = await files.changed();
    said = '';
    if (!changed) return;
    const renewed = read({
      ...tls,
      addTLSOptions: (options) => ({ ...tls.addTLSOptions?.(options), ...changed }),
    });
    // Until the new one can be used, the one of before is shown.
    ready(renewed);
    node.partner = renewed;
    node.log(RED._('as2-partner.log.renewed'));
  };
  const look = async (): Promise<void> => {
    try {
      await renew();
    } catch (error) {
      const sentence = describe(RED, toAs2Error(error));
      if (sentence !== said) node.error(sentence);
      said = sentence;
    }
  };
  onInterval(RED, node, LOOKING_MS, () => void look());
  onRuntimeEvent(RED, node, 'flows:started', () => void look());
}
