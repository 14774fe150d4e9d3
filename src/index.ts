/**
 * The AS2 core as a library (docs/library.md). It knows nothing of Node-RED. What is exported here is kept stable;
 * everything else may move between versions.
 */

// --- errors: one class, one table of codes and sentences
export {
  As2Error,
  type As2ErrorCode,
  type Details,
  errorTexts,
  type Fact,
  type Facts,
  isAs2Error,
} from './errors';

// --- bytes: what messages are made of, without holding them
export {
  bufferFlow,
  bufferSource,
  type ByteFlow,
  type ByteSource,
  type Chunks,
  fileSource,
  flowOf,
  type SizedSource,
  spill,
  type SpilledBytes,
  type SpillOptions,
} from './bytes';
export { Headers, mediaTypeOf, type MimeLimits, safeFilename } from './mime';

// --- keys and certificates
export {
  assertUsableNow,
  Certificate,
  certificateCard,
  type CertificateCard,
  type IssueOptions,
  issueSelfSigned,
  type KeyPair,
  makeKeyPair,
  openPkcs12,
  readCertificates,
  readPrivateKey,
} from './pki';
export {
  type CipherName,
  cipherNames,
  type DigestName,
  digestNames,
  type EncryptOptions,
  type SignatureReport,
  type SignOptions,
} from './cms';

// --- messages
export {
  assertAs2Name,
  type Composed,
  composeCompressedMessage,
  composeMessage,
  type ComposeOptions,
  type CompressOptions,
  defaultAllowedCiphers,
  defaultAllowedDigests,
  type KeptMic,
  type LayerSummary,
  type Mic,
  micOfError,
  newMessageId,
  type OpenedAttachment,
  type OpenedMessage,
  type OpenedPayload,
  type OpenLimits,
  openMessage,
  type OpenOptions,
  type OutgoingPayload,
  readAs2Headers,
  type RequestHeaders,
  type SecurityPolicy,
} from './as2';

// --- receipts
export {
  composeReceipt,
  type Disposition,
  dispositionFor,
  type ExpectedReceipt,
  failedFailure,
  formatDisposition,
  isReceipt,
  judgeReceipt,
  judgeReceiptOf,
  type MicDeviation,
  type MicDiagnosis,
  type MicMatch,
  openReceipt,
  type OpenReceiptOptions,
  planReceipt,
  processed,
  processedError,
  processedWarning,
  type Receipt,
  type ReceiptOptions,
  type ReceiptPlan,
  type ReceiptRequest,
  receiptText,
  type ReceiptVerdict,
  type SentContent,
  type SentEntity,
} from './as2';

// --- exchanges: the whole way, over HTTP and with a spool
export { type ConnectionSettings, type Credentials, type ProxySettings, type TlsSettings } from './http';
export { type Clock, openSpool, type Spool, type SpoolSettings } from './store';
export {
  type AccessSettings,
  type ConnectionTest,
  type ConnectionTestOptions,
  type ConnectionTestStep,
  createReceiver,
  type ExchangeEvent,
  type ExchangeEventType,
  formatConnectionTest,
  type HandOver,
  type Identity,
  type InboundSettings,
  Outbox,
  type OutboxListener,
  type OutboxOptions,
  type OutcomeInfo,
  type OutgoingDocument,
  type Partner,
  PendingReceipts,
  type PendingReceiptsOptions,
  type ProgressInfo,
  type QueuedMessage,
  type ReceiptArrival,
  type ReceiptDecision,
  type ReceiptReport,
  type ReceiptTaker,
  type ReceivedAttachment,
  type ReceivedBytes,
  type ReceivedMessage,
  type ReceiveOptions,
  type Receiver,
  type Relationship,
  type RetrySettings,
  type SendingSettings,
  sendMessage,
  type SendOptions,
  type SendOutcome,
  type SentMessage,
  type SignerReport,
  type StationDirectory,
  stationDirectory,
  type StoredPayload,
  type SubmitOptions,
  testConnection,
  type WaitingInfo,
} from './exchange';
