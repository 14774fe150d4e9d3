export { PendingReceipts } from './pending-receipts';
export type { PendingReceiptsOptions } from './pending-receipts';
export { PRODUCT } from './product';
export { createReceiver, RECEIVE_DEFAULTS } from './receive';
export { sendMessage } from './send';
export { stationDirectory } from './stations';
export type {
  ExchangeEvent,
  ExchangeEventType,
  HandOver,
  Identity,
  Partner,
  ReceiptDecision,
  ReceiptReport,
  ReceivedMessage,
  ReceiveOptions,
  Receiver,
  Relationship,
  SendingSettings,
  SendOptions,
  SendOutcome,
  SentMessage,
  SignerReport,
  StationDirectory,
} from './types';
