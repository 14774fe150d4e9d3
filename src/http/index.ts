export { busyAnswer, emptyAnswer, refusalAnswer, sendAnswer, textAnswer } from './answer';
export type { HttpAnswer } from './answer';
export { createHttpClient } from './client';
export type { HttpClient, PostRequest, PostResponse } from './client';
export { CONNECTION_DEFAULTS } from './connection';
export type { ConnectionSettings, TlsSettings } from './connection';
export {
  discardRequestBody,
  readRequestBody,
  readRequestHead,
  receiveRequest,
  remoteAddressOf,
} from './request';
export type { ReceivedRequest, RequestLimits } from './request';
export { statusError } from './status-error';
export { parseHttpUrl, portOf, urlForLog } from './url';
