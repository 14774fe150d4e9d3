import { asFileName, saveFile } from './files';

/** The first certificate of a PEM text as DER: what most AS2 products want to be given. */
export function saveAsCer(name: string, pem: string): void {
  const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(pem) ?? [];
  const der = Uint8Array.from(atob(base64.replace(/\s+/g, '')), (character) => character.charCodeAt(0));
  saveFile(`${asFileName(name)}.cer`, 'application/pkix-cert', der);
}

export function saveAsPem(name: string, pem: string): void {
  saveFile(`${asFileName(name)}.pem`, 'application/x-pem-file', pem);
}

/** Whether there is a certificate in the browser, and not only the name of an environment variable. */
export function holdsCertificate(pem: string): boolean {
  return pem.includes('-----BEGIN CERTIFICATE-----');
}
