export {
  type Composed,
  composeCompressedMessage,
  composeMessage,
  type ComposeOptions,
  type CompressOptions,
} from './compose';
export {
  type Disposition,
  failedFailure,
  formatDisposition,
  isPositive,
  parseDisposition,
  processed,
  processedError,
  processedWarning,
} from './disposition';
export { dispositionFor, dispositionTexts } from './disposition-for-error';
export { readAs2Headers, readFeatures, type RequestHeaders } from './headers';
export type { CertificateSummary, LayerSummary } from './layer-summary';
export { assertMessageId, newMessageId, normalizeMessageId, sameMessageId } from './message-id';
export {
  formatMic,
  type KeptMic,
  type Mic,
  type MicScope,
  parseMic,
  type ReceivedMic,
  sameMicValue,
} from './mic';
export type { SentContent, SentEntity } from './mic-alternatives';
export type { MicDeviation } from './mic-deviations';
export type { MicDiagnosis, MicMatch } from './mic-diagnosis';
export { as2NameCandidates, assertAs2Name, formatAs2Name, parseAs2Name } from './name';
export {
  micOfError,
  openMessage,
  type OpenedAttachment,
  type OpenedMessage,
  type OpenedPayload,
  type OpenLimits,
  type OpenOptions,
} from './open';
export type { OutgoingPayload } from './outgoing-layers';
export type { Receipt } from './receipt';
export { composeReceipt, type ReceiptOptions } from './receipt-compose';
export { isReceipt, looksLikeReceipt } from './receipt-detect';
export type { ReceiptFields } from './receipt-fields';
export { type ExpectedReceipt, judgeReceipt, type ReceiptVerdict } from './receipt-judge';
export { judgeReceiptOf } from './receipt-judge-sent';
export { openReceipt, type OpenReceiptOptions } from './receipt-open';
export {
  type Importance,
  parseReceiptRequest,
  planReceipt,
  type ReceiptOption,
  type ReceiptPlan,
  type ReceiptRequest,
} from './receipt-request';
export { receiptText } from './receipt-text';
export { defaultAllowedCiphers, defaultAllowedDigests, type SecurityPolicy } from './security-policy';
