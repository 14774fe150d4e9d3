export { PendingReceipts } from './receiving/pending-receipts';
export type { PendingReceiptsOptions } from './receiving/pending-receipts';
export { PRODUCT } from './product';
export { createReceiver, RECEIVE_DEFAULTS } from './receiving/receive';
export { sendMessage } from './sending/send';
export { stationDirectory } from './receiving/stations';
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
