/**
 * A trading partner for tests of flows and programs that speak AS2 (docs/testing-your-flows.md). It needs no test
 * framework.
 */
export type { ArrivedMessage, OpenedContent } from './arrival';
export type { Behaviour, LaterScript } from './behaviour';
export { faults, refusal } from './faults';
export type { FieldChanges } from './fields';
export type { HttpAnswer } from './http-answer';
export type { RequestBreak, RequestScript } from './http-request';
export type { ComposedMessage, Document, MessageScript } from './message';
export type { Queue } from './queue';
export type { ReceiptScript, WrittenReceipt } from './receipt';
export {
  type ArrivedReceipt,
  type Decision,
  type Delivery,
  type Peer,
  type Sent,
  TradingPartner,
  type TradingPartnerOptions,
} from './trading-partner';
export type { WireField, WireScript } from './wire';
