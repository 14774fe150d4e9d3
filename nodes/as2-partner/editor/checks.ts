import { checkCertificates, checkUrl } from '../../shared/editor/checks';
import { current, currentText } from '../../shared/editor/live';

const say = (key: string) => RED._(`node-red-contrib-as2/as2-partner:as2-partner.${key}`);

const isPlain = (url: string) => /^http:\/\//i.test(url);

export function checkAddress(node: EditorNode, value: unknown): EditorVerdict {
  const verdict = checkUrl(value);
  if (verdict !== true) return verdict;
  const login = current(node, 'user') ?? node.credentials?.['user'];
  return login && isPlain(String(value).trim()) ? say('problem.login-in-the-clear') : true;
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

export function adviseUrl(node: EditorNode): string | undefined {
  const url = currentText(node, 'url');
  if (url === '') return say('advice.url-missing');
  return isPlain(url) && currentText(node, 'encrypt') !== '' ? say('advice.url-plain') : undefined;
}

/** Node-RED marks the field, but does not say where to mend it. */
export function adviseIdentity(node: EditorNode): string | undefined {
  const identity = RED.nodes.node(currentText(node, 'identity'));
  return identity?.valid === false ? say('advice.identity-incomplete') : undefined;
}

export function adviseEncryption(node: EditorNode): string | undefined {
  if (currentText(node, 'encrypt') !== '') return undefined;
  return say(isPlain(currentText(node, 'url')) ? 'advice.readable-for-everyone' : 'advice.unencrypted');
}

/** A node of an older flow lacks the property, which then counts as switched on. */
function isOn(node: EditorNode, property: string): boolean {
  const value = current(node, property);
  return value !== false && value !== 'false';
}
