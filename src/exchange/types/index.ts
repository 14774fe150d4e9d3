export type { ExchangeEvent, ExchangeEventType } from './events';
export type { ReceiptReport, SignerReport } from './receipts';
export type { HandOver, ReceiptDecision, ReceivedMessage, ReceiveOptions, Receiver } from './receiving';
export type { SendOptions, SendOutcome, SentMessage } from './sending';
export type { Identity, Partner, Relationship, SendingSettings, StationDirectory } from './stations';
