import { join } from 'node:path';
import type { Samples } from '../samples';
import type { Target } from '../target';
import { as2Targets, Messages } from './as2';
import { asn1Targets } from './asn1';
import { cmsTargets } from './cms';
import { httpTargets } from './http';
import { mimeTargets } from './mime';
import { pkiTargets } from './pki';

/** @param directory of its own, for payloads that come to rest and for a spool */
export function allTargets(samples: Samples, directory: string): Target[] {
  const messages = new Messages(samples, join(directory, 'payloads'));
  return [
    ...asn1Targets(samples),
    ...mimeTargets(samples),
    ...pkiTargets(samples),
    ...cmsTargets(samples),
    ...as2Targets(samples, messages),
    ...httpTargets(samples, messages, directory),
  ];
}
