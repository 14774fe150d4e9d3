import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { As2Error, toAs2Error } from '../../src/errors';
import type { ReceiptDecision } from '../../src/exchange';
import { onClose, onInput } from '../shared/events';
import type { Verdict } from '../shared/flow-decisions';
import { choice, text } from '../shared/settings';
import { stateOf } from '../shared/state';
import { clock, StatusLine } from '../shared/status';
import { evaluate, evaluateText } from '../shared/values';

interface As2MdnDef extends NodeDef {
  readonly action?: string;
  readonly decision?: string;
  readonly decisionType?: string;
  readonly text?: string;
  readonly textType?: string;
  /** The reason a rejection gives, as RFC 4130 §7.5 names it. */
  readonly modifier?: string;
}

const ACTIONS = ['accept', 'reject', 'msg'] as const;

export default function register(RED: NodeAPI): void {
  function As2Mdn(this: Node, def: As2MdnDef): void {
    RED.nodes.createNode(this, def);
    const status = new StatusLine(this);
    onClose(RED, this, () => status.close());
    onInput(RED, this, async (message) => {
      const decision = await decide(this, def, message);
      const exchange = exchangeOf(message);
      const verdict = decideAbout(exchange, decision, indexIn(message, exchange));
      if ('accepted' in verdict) {
        const { accepted, of: count } = verdict;
        return status.show('blue', 'ring', RED._('as2-mdn.status.accepted-some', { accepted, count }));
      }
      status.show('blue', 'dot', RED._('as2-mdn.status.deciding'));
      try {
        await verdict.kept;
      } catch (error) {
        status.showError(toAs2Error(error));
        throw error;
      }
      const key = decision.accept ? 'accepted' : 'rejected';
      status.show(
        decision.accept ? 'green' : 'yellow',
        'dot',
        RED._(`as2-mdn.status.${key}`, { time: clock() }),
      );
    });
  }

  /** @throws As2Error `receipt-not-pending` */
  function decideAbout(exchange: string, decision: ReceiptDecision, index: number | undefined): Verdict {
    for (const decisions of stateOf(RED).decisions) {
      const verdict = decisions.decide(exchange, decision, index);
      if (verdict) return verdict;
    }
    throw new As2Error('receipt-not-pending', { exchange });
  }

  async function decide(node: Node, def: As2MdnDef, message: NodeMessageInFlow): Promise<ReceiptDecision> {
    const action = choice(def.action, 'action', ACTIONS, 'accept');
    const value = { value: def.text, type: def.textType ?? 'str' };
    const words = (await evaluateText(RED, node, message, value, 'text')) ?? '';
    const accept =
      action === 'msg'
        ? isYes(
            await evaluate(
              RED,
              node,
              message,
              { value: def.decision ?? 'accept', type: def.decisionType ?? 'msg' },
              'decision',
            ),
          )
        : action === 'accept';
    if (accept) return words === '' ? { accept } : { accept, text: words };
    const modifier = text(def.modifier, 'reason');
    return { accept, text: words, ...(modifier === '' ? {} : { modifier }) };
  }

  RED.nodes.registerType('as2-mdn', As2Mdn);
}

/** What flows write for yes; everything else is a no, so that a slip of the pen never accepts a message. */
function isYes(value: unknown): boolean {
  if (typeof value === 'string') return /^(accept|accepted|true|yes|ok)$/i.test(value.trim());
  return value === true || value === 1;
}

/** @throws As2Error `receipt-not-pending` when the message does not come from an as2-in node */
function exchangeOf(message: NodeMessageInFlow): string {
  const as2: unknown = message.as2;
  const exchange: unknown =
    typeof as2 === 'object' && as2 !== null && 'exchange' in as2 ? as2.exchange : undefined;
  if (typeof exchange === 'string' && exchange !== '') return exchange;
  throw new As2Error('receipt-exchange-missing', {});
}

/** Which of several documents this message is; undefined for one that stands for all of them. */
function indexIn(message: NodeMessageInFlow, exchange: string): number | undefined {
  const parts: unknown = message.parts;
  if (typeof parts !== 'object' || parts === null || !('id' in parts) || parts.id !== exchange)
    return undefined;
  return 'index' in parts && typeof parts.index === 'number' ? parts.index : undefined;
}
