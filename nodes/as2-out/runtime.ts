import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { As2Error } from '../../src/errors';
import { ready } from '../shared/checked';
import { usualContentType } from '../shared/content-type';
import { core } from '../shared/core';
import { flowError } from '../shared/describe';
import { onClose, onRuntimeEvent } from '../shared/events';
import type { SentReport } from '../shared/out-message';
import { isPartnerNode, type PartnerNode } from '../shared/partner';
import { discardPayload, readPayload } from '../shared/payload';
import { safely } from '../shared/safely';
import { carryOut, orderIn } from '../shared/sending/actions';
import { readAttachments } from '../shared/sending/attachments';
import { type Prepared, Sender } from '../shared/sending/sender';
import { choice } from '../shared/settings';
import { stateOf } from '../shared/state';
import { showConfiguration } from '../shared/station-report';
import { StatusLine } from '../shared/status';
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
  /** Yields a list of documents that travel with the payload. */
  readonly attachments?: string;
  readonly attachmentsType?: string;
}

const SOURCES = ['payload', 'file'] as const;
const DEFAULT_SUBJECT = 'AS2 message';

export default function register(RED: NodeAPI): void {
  function As2Out(this: Node, def: As2OutDef): void {
    RED.nodes.createNode(this, def);
    const status = new StatusLine(this);
    const state = stateOf(RED);
    const sender = new Sender(RED, this, state, status);
    showConfiguration(RED, status, partnerNode(def));

    this.on('input', (message, _send, done) => {
      safely(
        async () => {
          const order = orderIn(message.as2);
          if (!order) {
            const report: SentReport = {};
            return sender.send(message, done, report, () => prepare(this, def, message, report));
          }
          await carryOut(await state.exchanges.spool(), await sender.outbox(), order);
          done();
        },
        (error) => done(flowError(RED, error)),
      );
    });
    onRuntimeEvent(RED, this, 'flows:started', () => sender.start());
    onClose(RED, this, (removed) => sender.close(removed));
  }

  /** Reads everything from node and message; what is known goes to `report` at once, for the case that the next thing fails. */
  async function prepare(
    node: Node,
    def: As2OutDef,
    message: NodeMessageInFlow,
    report: SentReport,
  ): Promise<Prepared> {
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

    const place = { value: def.payload ?? 'payload', type: def.payloadType ?? 'msg' };
    const value = await evaluate(RED, node, message, place, 'payload');
    const discard = (): void => discardPayload(value);
    try {
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

      const more = { value: def.attachments, type: def.attachmentsType };
      const attachments = await readAttachments(await evaluate(RED, node, message, more, 'attachments'));
      if (attachments.length > 0) report.attachments = attachments.length;

      const { content, kind } = payload;
      const inMessage = place.type === 'msg' && kind ? { property: place.value, kind } : null;
      const beside = attachments.map(({ kept }, index) =>
        kept && more.type === 'msg'
          ? { property: `${more.value}[${index}].${kept.name}`, kind: kept.kind }
          : null,
      );
      return {
        submit: {
          ...relationship,
          payload: {
            content,
            contentType,
            ...(filename === undefined ? {} : { filename }),
            ...(attachments.length > 0 ? { attachments: attachments.map(({ document }) => document) } : {}),
          },
          subject,
        },
        documents: [inMessage, ...beside],
        discard,
      };
    } catch (error) {
      discard();
      throw error;
    }
  }

  function partnerNode(def: As2OutDef): PartnerNode | undefined {
    const found: Node | null = RED.nodes.getNode(def.partner ?? '');
    return isPartnerNode(found) ? found : undefined;
  }

  RED.nodes.registerType('as2-out', As2Out);
}
