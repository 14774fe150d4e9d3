import { checkCertificates, checkUrl } from '../../shared/editor/checks';
import { asText, current, currentText } from '../../shared/editor/live';
import { isPlain } from './advice';
import { say } from './say';

export function checkAddress(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkUrl(value);
  if (verdict !== true) return verdict;
  const login = current(node, 'user') ?? node.credentials?.['user'];
  return login && isPlain(String(value).trim()) ? say('problem.login-in-the-clear') : true;
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
    .find((host) => host !== '' && !/^(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host));
  return wrong === undefined ? true : say('problem.receipt-hosts', { host: wrong });
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
