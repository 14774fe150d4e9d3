import type { Node, NodeAPI } from 'node-red';
import { As2Error } from '../../src/errors';
import { check } from '../shared/checked';
import type { HttpProxyNode, TlsConfigNode } from '../shared/connection';
import { describe } from '../shared/describe';
import { onClose } from '../shared/events';
import { isIdentityNode } from '../shared/identity';
import { type PartnerCredentials, type PartnerDef, type PartnerNode, readPartner } from '../shared/partner';
import { asText } from '../shared/settings';
import { stateOf } from '../shared/state';
import { partnerNote, reportStation } from '../shared/station-report';

export default function register(RED: NodeAPI): void {
  function As2Partner(this: PartnerNode, def: PartnerDef): void {
    RED.nodes.createNode(this, def);
    const found: Node | null = RED.nodes.getNode(def.identity ?? '');
    const identity = isIdentityNode(found) ? found : undefined;
    this.as2Name = asText(def.as2Name);
    this.identityAs2Name = identity?.as2Name ?? '';
    this.identityId = identity?.id ?? '';
    this.label = asText(def.name) || this.as2Name || def.id;
    this.partner = check(() => {
      const tls: TlsConfigNode | null = RED.nodes.getNode(def.tls ?? '');
      const proxy: HttpProxyNode | null = RED.nodes.getNode(def.proxy ?? '');
      const nodes = { ...(tls ? { tls } : {}), ...(proxy ? { proxy } : {}) };
      return readPartner(def, this.label, this.credentials, identity, nodes);
    });
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
