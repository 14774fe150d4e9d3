export { secure } from './handshake';
export { parsePin } from './pins';
export { tlsProblem } from './problems';
export { planTls, withoutOwnCertificate, withSecureContext } from './settings';
export type { TlsPlan, TlsSettings } from './settings';
