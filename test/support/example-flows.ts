import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueSelfSigned } from '../../src/pki';
import type { FlowNode } from './node-red-process';
import { packageRoot } from './paths';

/** The shipped example of this name, as the editor's import dialog offers it. */
export function readExample(name: string): FlowNode[] {
  return JSON.parse(readFileSync(join(packageRoot, 'examples', `${name}.json`), 'utf8')) as FlowNode[];
}

/**
 * Does what an example's comment asks its user to do: gives every identity a fresh key and certificate, pastes the
 * certificate into every partner of the same AS2 name, and points the URLs at this Node-RED.
 * @param nodeRedUrl without a slash at the end
 */
export async function withFreshKeys(flow: readonly FlowNode[], nodeRedUrl: string): Promise<FlowNode[]> {
  const certificates = new Map<unknown, string>();
  const withKeys: FlowNode[] = [];
  for (const node of flow) {
    if (node.type !== 'as2-identity') {
      withKeys.push(node);
      continue;
    }
    const { privateKeyPem, certificatePem } = await issueSelfSigned({ commonName: node.name ?? node.id });
    certificates.set(node.as2Name, certificatePem);
    const url =
      typeof node.url === 'string' && node.url ? { url: nodeRedUrl + new URL(node.url).pathname } : {};
    withKeys.push({
      ...node,
      ...url,
      certificate: certificatePem,
      credentials: { privateKey: privateKeyPem },
    });
  }
  return withKeys.map((node) => {
    if (node.type !== 'as2-partner') return node;
    const url = new URL(String(node.url));
    return {
      ...node,
      certificate: certificates.get(node.as2Name) ?? node.certificate,
      url: nodeRedUrl + url.pathname,
    };
  });
}

/** The node of this type and name. */
export function findNode(flow: readonly FlowNode[], type: string, name: string): FlowNode {
  const node = flow.find((candidate) => candidate.type === type && candidate.name === name);
  if (!node) throw new Error(`no ${type} node "${name}" in the flow`);
  return node;
}
