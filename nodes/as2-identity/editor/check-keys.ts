import { checkCertificates } from '../../shared/editor/checks';
import { current } from '../../shared/editor/live';
import { text } from '../../shared/editor/texts';

interface PartnerNode extends EditorNode {
  readonly sign?: string;
  readonly requireEncrypted?: boolean;
}

/** Whether the certificate is there, looks like one, and has its private key beside it. */
export function checkKeys(node: EditorNode, certificate: unknown): EditorVerdict {
  const verdict = checkCertificates(certificate);
  if (verdict !== true) return verdict;
  if (!certificate) return needsKeys(node) ? text('problem.keys-missing') : true;
  return keyIsMissing(node) ? text('problem.key-missing') : true;
}

/** Only an identity whose partners all do without signature and encryption needs no key. */
function needsKeys({ users = [] }: EditorNode): boolean {
  const partners = users.filter(({ type }) => type === 'as2-partner') as readonly PartnerNode[];
  return (
    partners.length === 0 ||
    partners.some(({ sign, requireEncrypted }) => sign !== '' || requireEncrypted !== false)
  );
}

/** The editor knows of stored passwords only when the dialog was opened; before that, all may be well. */
function keyIsMissing(node: EditorNode): boolean {
  const typed = current(node, 'privateKey');
  return typed === undefined ? node.credentials?.['has_privateKey'] === false : typed === '';
}
