import { current, currentText } from '../../shared/editor/live';
import type { Advice } from '../../shared/editor/notes';
import { say } from './say';

export const isPlain = (url: string): boolean => /^http:\/\//i.test(url);

/** Loopback: nobody is on the way. */
const isThisMachine = (url: string): boolean =>
  URL.canParse(url) && /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
const isOpen = (url: string): boolean => isPlain(url) && !isThisMachine(url);

/** Ciphers with a tag, for which there are two structures. */
export const isAuthenticated = (cipher: string): boolean => /-[gc]cm$|poly1305$/.test(cipher);

/** What to say about choices that are allowed, but weak, unusual or probably not meant. */
export function adviceFor(node: EditorNode): Advice {
  const value = (property: string): string => currentText(node, property);
  const isTicked = (property: string): boolean => current(node, property) === true;
  return {
    url: () => adviseUrl(value('url'), value('encrypt')),
    sign: () => adviseSignature(value('sign')),
    encrypt: () => adviseEncryption(value('encrypt'), value('url')),
    receipt: () => (value('receipt') === 'none' ? say('advice.no-receipt') : undefined),
    receiptUrl: () =>
      value('receiptDelivery') === 'async' && isThisMachine(value('receiptUrl'))
        ? say('advice.receipt-this-machine')
        : undefined,
    receiptOverdue: () => (value('receiptOverdue') === 'resend' ? say('advice.receipt-again') : undefined),
    compress: () => (value('compress') === '' ? undefined : say('advice.compress')),
    signScheme: () => (value('signScheme') === 'rsa-pss' ? say('advice.rsa-pss') : undefined),
    keyTransport: () => (value('keyTransport').startsWith('rsa-oaep') ? say('advice.rsa-oaep') : undefined),
    requireSigned: () => (isTicked('requireSigned') ? undefined : say('advice.accept-unsigned')),
    acceptSha1: () => (isTicked('acceptSha1') ? say('advice.accept-digest', { digest: 'SHA-1' }) : undefined),
    acceptMd5: () => (isTicked('acceptMd5') ? say('advice.accept-digest', { digest: 'MD5' }) : undefined),
  };
}

function adviseUrl(url: string, cipher: string): string | undefined {
  if (url === '') return say('advice.url-missing');
  return isOpen(url) && cipher !== '' ? say('advice.url-plain') : undefined;
}

function adviseSignature(digest: string): string | undefined {
  if (digest === '') return say('advice.unsigned');
  if (digest === 'sha-1') return say('advice.sha-1');
  return digest.startsWith('sha3-') ? say('advice.sha-3') : undefined;
}

function adviseEncryption(cipher: string, url: string): string | undefined {
  if (cipher === '') return say(isOpen(url) ? 'advice.readable-for-everyone' : 'advice.unencrypted');
  const bits = /^rc2-(40|64)-/.exec(cipher)?.[1];
  if (bits !== undefined) return say('advice.short-key', { bits });
  // OpenSSL keeps these apart, so that they run in a process of their own.
  if (/^(?:rc2|cast5|idea)-/.test(cipher)) return say('advice.outdated-cipher-process');
  return cipher.startsWith('des-') ? say('advice.outdated-cipher') : undefined;
}
