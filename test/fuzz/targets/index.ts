import type { Samples } from '../samples';
import type { Target } from '../target';
import { as2Targets } from './as2';
import { asn1Targets } from './asn1';
import { cmsTargets } from './cms';
import { mimeTargets } from './mime';
import { pkiTargets } from './pki';

/** @param directory an empty one, where payloads may come to rest */
export function allTargets(samples: Samples, directory: string): Target[] {
  return [
    ...asn1Targets(samples),
    ...mimeTargets(samples),
    ...pkiTargets(samples),
    ...cmsTargets(samples),
    ...as2Targets(samples, directory),
  ];
}
