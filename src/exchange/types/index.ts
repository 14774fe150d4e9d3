export type { ExchangeEvent, ExchangeEventType } from './events';
export type {
  OutboxListener,
  OutboxOptions,
  OutcomeInfo,
  ProgressInfo,
  QueuedMessage,
  ReceiptArrival,
  StoredPayload,
  SubmitOptions,
  WaitingInfo,
} from './outbox';
export type { ReceiptReport, SignerReport } from './receipts';
export type {
  HandOver,
  ReceiptDecision,
  ReceiptTaker,
  ReceivedAttachment,
  ReceivedBytes,
  ReceivedMessage,
  ReceiveOptions,
  Receiver,
} from './receiving';
export type { OutgoingDocument, SendOptions, SendOutcome, SentMessage } from './sending';
export type {
  Identity,
  Partner,
  Relationship,
  RestartSettings,
  RetrySettings,
  SendingSettings,
  AccessSettings,
  InboundSettings,
  StationDirectory,
} from './stations';
