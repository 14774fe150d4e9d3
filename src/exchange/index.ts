export { PendingReceipts } from './receiving/pending-receipts';
export type { PendingReceiptsOptions } from './receiving/pending-receipts';
export {
  type ConnectionTest,
  type ConnectionTestOptions,
  type ConnectionTestStep,
  formatConnectionTest,
  formatOutcome,
  formatStep,
  type SkipReason,
  TEST_STEPS,
  testConnection,
  type TestStepName,
} from './connection-test';
export { PRODUCT } from './product';
export { RareEvents } from './receiving/rare-events';
export { createReceiver, RECEIVE_DEFAULTS } from './receiving/receive';
export { Outbox } from './sending/outbox';
export { sendMessage } from './sending/send';
export { stationDirectory } from './receiving/stations';
export type {
  AccessSettings,
  ExchangeEvent,
  ExchangeEventType,
  HandOver,
  Identity,
  InboundSettings,
  OutboxListener,
  OutboxOptions,
  OutcomeInfo,
  OutgoingDocument,
  Partner,
  ProgressInfo,
  QueuedMessage,
  ReceiptArrival,
  ReceiptDecision,
  ReceiptReport,
  ReceiptTaker,
  ReceivedAttachment,
  ReceivedBytes,
  ReceivedMessage,
  ReceiveOptions,
  Receiver,
  Relationship,
  RestartSettings,
  RetrySettings,
  SendingSettings,
  SendOptions,
  SendOutcome,
  SentMessage,
  SignerReport,
  StationDirectory,
  StoredPayload,
  SubmitOptions,
  WaitingInfo,
} from './types';
