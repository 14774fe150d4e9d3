import type { NodeAPI } from 'node-red';
import { Dispatcher } from './dispatcher';
import { Exchanges } from './exchanges';
import type { FlowDecisions } from './flow-decisions';
import type { ListenerServer } from './listener-server';
import { Partners } from './partners';
import { type As2Settings, type CheckedSettings, readSettingsFile } from './settings-file';

/** What the nodes of one Node-RED share. */
export class State {
  readonly partners = new Partners();
  /** Of the as2-in nodes that leave the receipt to the flow. */
  readonly decisions = new Set<FlowDecisions>();
  /** Own ports of as2-in nodes. */
  readonly listeners = new Set<ListenerServer>();
  /** Node-RED's own server. */
  readonly dispatcher: Dispatcher;
  readonly exchanges: Exchanges;

  constructor(private readonly RED: NodeAPI) {
    this.dispatcher = new Dispatcher(RED, () => this.settings.trustedProxies);
    this.exchanges = new Exchanges(RED, () => this.settings, this.partners);
  }

  /** @throws As2Error `setting-invalid` */
  get settings(): CheckedSettings {
    const { as2 = {}, userDir = process.cwd() } = this.RED.settings as {
      as2?: As2Settings;
      userDir?: string;
    };
    return readSettingsFile(as2, userDir);
  }
}

const states = new WeakMap<object, State>();

/** Every node file is given a `RED` of its own; the HTTP application behind it is the same for all of them. */
export function stateOf(RED: NodeAPI): State {
  const key = RED.httpNode ?? RED.events;
  let state = states.get(key);
  if (!state) states.set(key, (state = new State(RED)));
  return state;
}
