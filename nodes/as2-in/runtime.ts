import type { Node, NodeAPI, NodeDef } from 'node-red';
import { As2Error, type As2ErrorCode, toAs2Error } from '../../src/errors';
import type { ExchangeEvent, RareEvents } from '../../src/exchange';
import { check } from '../shared/checked';
import { core } from '../shared/core';
import { describe, errorReport, flowError } from '../shared/describe';
import type { Endpoint, EndpointServer } from '../shared/endpoint-table';
import { onClose, onInterval, onRuntimeEvent } from '../shared/events';
import { isIdentityNode } from '../shared/identity';
import { readAccess } from '../shared/inbound';
import { ATTACHMENTS, OUTPUTS } from '../shared/in-message';
import { isListenerNode } from '../shared/listener';
import { withoutGaps } from '../shared/plain';
import { Receiving } from '../shared/receiving';
import { safely } from '../shared/safely';
import { asText, choice, duration, positive, text } from '../shared/settings';
import { stateOf } from '../shared/state';
import { clock, StatusLine } from '../shared/status';

interface As2InDef extends NodeDef {
  readonly path?: string;
  /** Id of an as2-listener; default the server of Node-RED. */
  readonly listener?: string;
  /** Id of the only as2-identity that is reached here; default all. */
  readonly identity?: string;
  readonly receipt?: string;
  /** Seconds. */
  readonly receiptTimeout?: number | string;
  readonly onTimeout?: string;
  readonly output?: string;
  /** Megabytes of the request. */
  readonly maxSize?: number | string;
  /** Megabytes of the payload. */
  readonly maxBuffer?: number | string;
  /** What becomes of a message with several documents. */
  readonly attachments?: string;
  /** IP addresses and ranges that may come here. */
  readonly allowFrom?: string;
}

/** With which everybody who comes to the path has to log in. */
interface As2InCredentials {
  user?: string;
  password?: string;
}

type As2InNode = Node<As2InCredentials>;

/** Requests that are no AS2 messages: browsers, port scanners, health checks. */
const NOISE: ReadonlySet<As2ErrorCode> = new Set(['request-method', 'as2-header-missing']);
const MEGABYTE = 1024 * 1024;
/** How often a store that does not work is tried again. */
const REOPEN_MS = 15_000;
/** What a partner that sends much can cause for every message, and how often a minute each of it is told; the journal has all. */
const OFTEN: ReadonlySet<ExchangeEvent['type']> = new Set([
  'message-postponed',
  'message-rejected',
  'receipt-not-sent',
  'receipt-retry',
]);
const MOST_TOLD = 20;

export default function register(RED: NodeAPI): void {
  stateOf(RED).dispatcher.awaitFlows();

  function As2In(this: As2InNode, def: As2InDef): void {
    RED.nodes.createNode(this, def);
    const status = new StatusLine(this);
    const state = stateOf(RED);
    let open:
      | { readonly server: EndpointServer; readonly endpoint: Endpoint; readonly receiving: Receiving }
      | undefined;
    let storeProblem: As2Error | undefined;
    let told: RareEvents | undefined;
    const isTold = ({ type, error, partner, count }: ExchangeEvent): number | undefined => {
      if (!error || count !== undefined || !OFTEN.has(type)) return count ?? 1;
      told ??= new core.exchange.RareEvents(() => Date.now(), MOST_TOLD);
      return told.pass(JSON.stringify([type, error.code, partner]));
    };

    const activate = (): void => {
      const server = serverOf(def);
      const settings = readSettings(def);
      const receiving = new Receiving(this, state, {
        ...settings,
        access: readAccess(def.allowFrom, this.credentials ?? {}),
        trustedProxies: server.trustedProxies,
        maxMessageBytes: Math.min(settings.maxMessageBytes, state.settings.maxMessageBytes),
        onEvent: (event) =>
          safely(
            () => {
              const count = isTold(event);
              if (count !== undefined) report(this, status, count > 1 ? { ...event, count } : event);
            },
            (error) => this.error(flowError(RED, error)),
          ),
        onStore: (problem) => {
          storeProblem = problem;
          if (problem) fail(problem);
          else showListening(settings.path);
        },
      });
      const endpoint: Endpoint = {
        id: this.id,
        label: def.name || settings.path,
        path: settings.path,
        handle: (request, response) => receiving.handle(request, response),
        isHealthy: () => storeProblem === undefined,
        // The listener has said it in the log.
        onServer: (problem) => (problem ? status.showError(problem) : showListening(settings.path)),
      };
      server.add(endpoint);
      receiving.begin();
      open = { server, endpoint, receiving };
    };
    const showListening = (path: string): void =>
      status.show('green', 'dot', RED._('as2-in.status.listening', { path }));
    // What it throws was said by then.
    const resume = (): void =>
      safely(
        () => open?.receiving.resume(),
        () => undefined,
      );
    const fail = (thrown: unknown): void => {
      const error = toAs2Error(thrown);
      status.showError(error);
      this.error(describe(RED, error));
    };

    safely(activate, fail);
    // The node that had the path may have gone, and this one was not deployed anew.
    onRuntimeEvent(RED, this, 'flows:started', () => {
      if (!open && !('problem' in check(activate)))
        this.log(RED._('as2-in.log.path-free', { path: String(def.path) }));
      resume();
    });
    onInterval(RED, this, REOPEN_MS, resume);
    onClose(RED, this, async (removed) => {
      status.close();
      if (!open) return;
      open.server.remove(open.endpoint, removed);
      await open.receiving.close();
    });
  }

  /** @throws As2Error `listener-missing` */
  function serverOf(def: As2InDef): EndpointServer {
    const id = asText(def.listener);
    if (id === '') return stateOf(RED).dispatcher;
    const node: Node | null = RED.nodes.getNode(id);
    if (!isListenerNode(node)) throw new As2Error('listener-missing', {});
    return node.server;
  }

  /** @throws As2Error that tells which setting is wrong */
  function readSettings(def: As2InDef) {
    const identityId = def.identity === '' ? undefined : def.identity;
    const identity: Node | null | undefined =
      identityId === undefined ? undefined : RED.nodes.getNode(identityId);
    if (identityId !== undefined && !isIdentityNode(identity)) throw new As2Error('identity-missing', {});
    return {
      path: text(def.path, 'path') || '/as2',
      identityId,
      mode: choice(def.receipt, 'receipt', ['automatic', 'flow'], 'automatic'),
      receiptTimeoutMs: duration(def.receiptTimeout, 'receipt time-out', 60),
      onTimeout: choice(def.onTimeout, 'on time-out', ['reject', 'accept'], 'reject'),
      attachments: choice(def.attachments, 'several documents', ATTACHMENTS, 'sequence'),
      output: choice(def.output, 'output', OUTPUTS, 'buffer'),
      maxMessageBytes: MEGABYTE * positive(def.maxSize, 'largest message', 200),
      maxBufferBytes: MEGABYTE * positive(def.maxBuffer, 'largest Buffer', 16),
    };
  }

  function report(node: Node, status: StatusLine, event: ExchangeEvent): void {
    const { error, exchangeId, type, at, direction: _direction, sizeBytes, ...known } = event;
    if (!error) {
      if (type === 'message-handed-over')
        status.show('green', 'dot', () => RED._('as2-in.status.received', { time: clock() }));
      if (type === 'message-repeated')
        node.log(RED._('as2-in.log.repeated', { messageId: event.messageId ?? '', from: event.from ?? '' }));
      return;
    }
    if (NOISE.has(error.code)) {
      node.debug(describe(RED, error));
      return;
    }
    if (type === 'receipt-retry') return node.warn(describe(RED, error));
    status.showError(error);
    const as2 = withoutGaps({
      exchange: exchangeId,
      ...known,
      size: sizeBytes,
      at,
      event: type,
      error: errorReport(RED, error),
    });
    node.error(flowError(RED, error), withoutGaps({ topic: event.partner, as2 }));
  }

  RED.nodes.registerType<As2InNode, As2InDef, object, As2InCredentials>('as2-in', As2In, {
    credentials: { user: { type: 'text' }, password: { type: 'password' } },
  });
}
