import type { NodeAPI } from 'node-red';
import type { As2ErrorCode } from '../../src/errors';
import { check } from '../shared/checked';
import { describe } from '../shared/describe';
import { onClose, onInterval, onRuntimeEvent } from '../shared/events';
import { type ListenerDef, type ListenerNode, readListener } from '../shared/listener';
import { ListenerServer } from '../shared/listener-server';
import { asText } from '../shared/settings';
import { stateOf } from '../shared/state';

/** What strangers can cause as often as they like. */
const NOISE: ReadonlySet<As2ErrorCode> = new Set([
  'request-path-unknown',
  'request-head-malformed',
  'request-header-repeated',
  'request-length-ambiguous',
]);
/** How often a port that is not free is tried again, and the files of the certificate are looked at. */
const REOPEN_MS = 15_000;

export default function register(RED: NodeAPI): void {
  function As2Listener(this: ListenerNode, def: ListenerDef): void {
    RED.nodes.createNode(this, def);
    const { listeners, partners } = stateOf(RED);
    this.label = asText(def.name) || `port ${asText(def.port)}`;
    const server = new ListenerServer({
      settings: check(() => readListener(RED, def, this.label)),
      clientCertificates: () => partners.clientCertificates(),
      onState: (problem, port) => {
        if (problem) this.error(describe(RED, problem));
        else this.log(RED._('as2-listener.log.listening', { port: String(port) }));
      },
      onRenewed: () => this.log(RED._('as2-listener.log.renewed')),
      onProblem: (error) => {
        if (NOISE.has(error.code)) this.debug(describe(RED, error));
        else this.error(describe(RED, error));
      },
    });
    this.server = server;
    listeners.add(server);
    onRuntimeEvent(RED, this, 'flows:started', () => void server.flowsRun());
    onInterval(RED, this, REOPEN_MS, () => void server.open());
    onClose(RED, this, async () => {
      listeners.delete(server);
      await server.close();
    });
  }

  RED.nodes.registerType<ListenerNode, ListenerDef, object, object>('as2-listener', As2Listener);
}
