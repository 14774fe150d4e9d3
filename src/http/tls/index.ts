export { secure } from './handshake';
export { parsePin } from './pins';
export { tlsProblem } from './problems';
export { planTls, withSecureContext } from './settings';
export type { TlsPlan, TlsSettings } from './settings';
