import { PROXY, STATUS } from '../../shared/choices';
import { checkCertificates, checkChoice, checkUrl } from '../../shared/editor/checks';
import { asText, current, currentText } from '../../shared/editor/live';
import { wrongRange } from '../../shared/editor/ranges';
import { isPlain } from './advice';
import { say } from './say';

export function checkAddress(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkUrl(value);
  if (verdict !== true) return verdict;
  const login = credential(node, 'user') || credential(node, 'token') || node.credentials?.['has_token'];
  return login && isPlain(String(value).trim()) ? say('problem.login-in-the-clear') : true;
}

function credential(node: EditorNode, name: string): unknown {
  return current(node, name) ?? node.credentials?.[name];
}

/** There must be one, and it must be in order: Node-RED marks the field, but does not say where to mend it. */
export function checkIdentity(value: unknown): EditorVerdict {
  const id = value === '_ADD_' || typeof value !== 'string' ? '' : value;
  if (id === '') return say('problem.identity-missing');
  const identity = RED.nodes.node(id);
  if (!identity) return say('problem.identity-gone');
  return identity.valid === false ? say('problem.identity-invalid') : true;
}

interface IdentityNode extends EditorNode {
  readonly url?: string;
}

/** Only asynchronous receipts need an address; that of the identity serves as well. */
export function checkReceiptUrl(node: EditorNode, value: unknown): EditorVerdict {
  const isAsked = currentText(node, 'receipt') !== 'none' && currentText(node, 'receiptDelivery') === 'async';
  if (!isAsked) return true;
  const verdict = checkUrl(value);
  if (verdict !== true || value) return verdict;
  const identity: IdentityNode | null | undefined = RED.nodes.node(currentText(node, 'identity'));
  // Without a URL of the partner nothing is sent, and no receipt asked for.
  return identity?.url || currentText(node, 'url') === '' ? true : say('problem.receipt-url-missing');
}

/** Names of hosts with or without ports; the same separators as at run time. */
export function checkHosts(value: unknown): EditorVerdict {
  const wrong = asText(value)
    .split(/[\s,;]+/)
    .find(
      (host) =>
        host !== '' && !/^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$|^\*(?:\.[a-z0-9_-]+)*$/i.test(host),
    );
  return wrong === undefined ? true : say('problem.receipt-hosts', { host: wrong });
}

/** HTTP statuses that are no success. */
export function checkStatuses(value: unknown): EditorVerdict {
  const wrong = asText(value)
    .split(/[\s,;]+/)
    .find((status) => status !== '' && !STATUS.test(status));
  return wrong === undefined ? true : say('problem.statuses', { status: wrong });
}

/** Fingerprints as they are shown by browsers and OpenSSL; the same spellings as at run time. */
export function checkPins(value: unknown): EditorVerdict {
  const wrong = asText(value)
    .split(/[\s,;]+/)
    .find(
      (pin) =>
        pin !== '' &&
        !/^(?:sha-?256[/:])?(?:(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}|[a-z0-9+/_-]{43}=?)$/i.test(pin) &&
        !isVariable(pin),
    );
  return wrong === undefined ? true : say('problem.pins', { pin: wrong });
}

export function checkServerName(value: unknown): EditorVerdict {
  const name = asText(value).trim();
  return name === '' || isVariable(name) || /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(name)
    ? true
    : say('problem.server-name', { name });
}

/** Several addresses, with blanks or commas between them. */
export function checkUrls(value: unknown): EditorVerdict {
  const verdicts = asText(value)
    .split(/[\s,;]+/)
    .map((url) => (isVariable(url) ? true : checkUrl(url)));
  return verdicts.find((verdict) => verdict !== true) ?? true;
}

export function checkOnlyOwnCa(node: EditorNode, value: unknown): EditorVerdict {
  const isOnly = value === true || value === 'true';
  return isOnly && currentText(node, 'ca') === '' ? say('problem.own-ca-missing') : true;
}

export function checkProxyUse(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkChoice(value, PROXY);
  if (verdict !== true) return verdict;
  const id = currentText(node, 'proxy');
  return value === 'node' && (id === '' || id === '_ADD_') ? say('problem.proxy-missing') : true;
}

function isVariable(value: string): boolean {
  return /^\$\{\S+\}$/.test(value);
}

/** The certificate can be left out only where nothing needs it; the same rule as at run time. */
export function checkPartnerCertificate(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkCertificates(value);
  if (verdict !== true || value) return verdict;
  const sends = currentText(node, 'url') !== '';
  if (sends && currentText(node, 'encrypt') !== '') return say('problem.certificate-for-encryption');
  if (isOn(node, 'requireSigned')) return say('problem.certificate-for-signatures');
  if (sends && currentText(node, 'receipt') === 'signed') return say('problem.certificate-for-receipts');
  return true;
}

/** A node of an older flow lacks the property, which then counts as switched on. */
function isOn(node: EditorNode, property: string): boolean {
  const value = current(node, property);
  return value !== false && value !== 'false';
}

/** IP addresses and ranges, or empty. */
export function checkRanges(value: unknown): EditorVerdict {
  const range = wrongRange(value);
  return range === undefined || say('problem.ranges', { range });
}
