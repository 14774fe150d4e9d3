import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { As2Error, toAs2Error } from '../../src/errors';
import type { SendOptions } from '../../src/exchange';
import { ready } from '../shared/checked';
import { usualContentType } from '../shared/content-type';
import { core } from '../shared/core';
import { errorReport } from '../shared/describe';
import { onClose, onInput } from '../shared/events';
import { outcomeReport, type SentReport } from '../shared/out-message';
import { isPartnerNode, type PartnerNode } from '../shared/partner';
import { readPayload } from '../shared/payload';
import { withoutGaps } from '../shared/plain';
import { choice } from '../shared/settings';
import { stateOf } from '../shared/state';
import { showConfiguration } from '../shared/station-report';
import { clock, StatusLine } from '../shared/status';
import { evaluate, evaluateText, type TypedValue } from '../shared/values';

interface As2OutDef extends NodeDef {
  /** Id of the as2-partner; a message may name another one. */
  readonly partner?: string;
  readonly partnerFrom?: string;
  readonly partnerFromType?: string;
  /** What the payload setting yields: the payload, or the path of its file. */
  readonly source?: string;
  readonly payload?: string;
  readonly payloadType?: string;
  readonly filename?: string;
  readonly filenameType?: string;
  readonly contentType?: string;
  readonly contentTypeType?: string;
  readonly subject?: string;
  readonly subjectType?: string;
}

const SOURCES = ['payload', 'file'] as const;
const DEFAULT_SUBJECT = 'AS2 message';

export default function register(RED: NodeAPI): void {
  function As2Out(this: Node, def: As2OutDef): void {
    RED.nodes.createNode(this, def);
    const status = new StatusLine(this);
    const closing = new AbortController();
    showConfiguration(RED, status, partnerNode(def));

    onInput(RED, this, async (message, send) => {
      const report: SentReport = {};
      try {
        status.show('blue', 'dot', RED._('as2-out.status.sending'));
        const options = await prepare(this, def, message, report);
        const outcome = await core.exchange.sendMessage({ ...options, signal: closing.signal });
        Object.assign(report, outcomeReport(outcome));
        if (!outcome.ok) throw outcome.error;
        const key = outcome.receipt ? 'processed' : 'sent';
        status.show('green', 'dot', RED._(`as2-out.status.${key}`, { time: clock() }));
      } catch (thrown) {
        const error = toAs2Error(thrown);
        report.error = errorReport(RED, error);
        status.showError(error);
        throw error;
      } finally {
        message.as2 = withoutGaps(report);
      }
      send(message);
    });

    onClose(RED, this, () => {
      closing.abort();
      status.close();
    });
  }

  /** Reads everything from node and message; what is known goes to `report` at once, for the case that the next thing fails. */
  async function prepare(
    node: Node,
    def: As2OutDef,
    message: NodeMessageInFlow,
    report: SentReport,
  ): Promise<SendOptions> {
    const setting = (
      name: string,
      value: string | undefined,
      type: string | undefined,
      usual: TypedValue = {},
    ) => evaluateText(RED, node, message, type === undefined ? usual : { value, type }, name);

    const named = await setting('partner', def.partnerFrom, def.partnerFromType);
    const partner = named === undefined ? partnerNode(def) : stateOf(RED).partners.named(named);
    if (!partner) throw new As2Error('partner-missing', {});
    report.partner = partner.label;
    const relationship = ready(partner.partner).relationship();

    const value = await evaluate(
      RED,
      node,
      message,
      { value: def.payload ?? 'payload', type: def.payloadType ?? 'msg' },
      'payload',
    );
    const payload = await readPayload(value, choice(def.source, 'source', SOURCES, 'payload'));
    report.size = payload.content.length;

    const path =
      (await setting('filename', def.filename, def.filenameType, { value: 'filename', type: 'msg' })) ??
      payload.path;
    const filename = path === undefined ? undefined : core.mime.safeFilename(path, 'payload');
    report.filename = filename;
    const contentType =
      (await setting('content type', def.contentType, def.contentTypeType)) ??
      (await usualContentType(filename, payload.head));
    report.contentType = contentType;
    const subject = (await setting('subject', def.subject, def.subjectType)) ?? filename ?? DEFAULT_SUBJECT;
    report.subject = subject;

    return {
      ...relationship,
      payload: { content: payload.content, contentType, ...(filename === undefined ? {} : { filename }) },
      subject,
      spool: await stateOf(RED).spool(),
    };
  }

  function partnerNode(def: As2OutDef): PartnerNode | undefined {
    const found: Node | null = RED.nodes.getNode(def.partner ?? '');
    return isPartnerNode(found) ? found : undefined;
  }

  RED.nodes.registerType('as2-out', As2Out);
}
