import type { NodeAPI } from 'node-red';
import { registerAdminRoutes } from '../shared/admin-routes';
import { check } from '../shared/checked';
import {
  type IdentityCredentials,
  type IdentityDef,
  type IdentityNode,
  readIdentity,
} from '../shared/identity';
import { asText } from '../shared/settings';
import { identityNote, reportStation } from '../shared/station-report';

export default function register(RED: NodeAPI): void {
  registerAdminRoutes(RED);

  function As2Identity(this: IdentityNode, def: IdentityDef): void {
    RED.nodes.createNode(this, def);
    this.as2Name = asText(def.as2Name);
    this.url = asText(def.url);
    this.label = asText(def.name) || this.as2Name || def.id;
    this.identity = check(() => readIdentity(def, this.credentials));
    reportStation(RED, this, this.identity, identityNote);
  }

  RED.nodes.registerType<IdentityNode, IdentityDef, object, IdentityCredentials>(
    'as2-identity',
    As2Identity,
    { credentials: { privateKey: { type: 'password' }, passphrase: { type: 'password' } } },
  );
}
