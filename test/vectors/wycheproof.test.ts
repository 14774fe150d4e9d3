import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { families, type WycheproofGroup, type WycheproofTest } from './wycheproof-families';

/*
 * The vectors of Project Wycheproof are not part of this repository. With AS2_WYCHEPROOF naming the `testvectors_v1`
 * folder of a checkout of theirs, all that concern an algorithm of ours are tried, in whole CMS messages where the
 * vector allows it.
 */
const folder = process.env.AS2_WYCHEPROOF;

/** What is stricter or more tolerant here, and why. */
function isOurs({ flags, tag = '', iv = '' }: WycheproofTest, file: string): boolean {
  // SIG-10: a DigestInfo without NULL is accepted.
  if (flags.includes('MissingNull')) return true;
  if (file.startsWith('aes_ccm')) return tag.length < 16 || iv.length < 14; // AEAD-03
  if (file.startsWith('aes_gcm')) return iv.length > 256; // longer nonces than anybody sends
  // A wrapped key of no octets is no key for any cipher: that is seen one step later.
  return file.startsWith('aes_wrap') && flags.includes('InvalidWrappingSize');
}

if (folder) {
  const files = readdirSync(folder).toSorted();
  describe('vectors: Wycheproof', function () {
    this.timeout(300_000);
    for (const [pattern, ids, family] of families) {
      for (const file of files.filter((name) => pattern.test(name))) {
        it(`${ids}: ${file}`, async () => {
          const { testGroups } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
            readonly testGroups: readonly WycheproofGroup[];
          };
          const differing: string[] = [];
          const counts = { tried: 0, other: 0 };
          for (const group of testGroups) {
            const attempt = await family(group, file);
            for (const test of group.tests) {
              const taken = await attempt?.(test);
              if (taken === undefined) counts.other += 1;
              else counts.tried += 1;
              const differs = taken !== undefined && test.result === (taken ? 'invalid' : 'valid');
              if (differs && !isOurs(test, file))
                differing.push(
                  `${test.tcId} is ${test.result}: ${test.comment} [${test.flags.join()}] ${group.sha ?? ''}`,
                );
            }
          }
          console.log(`        ${counts.tried} tried, ${counts.other} of other algorithms`);
          assert.deepEqual(differing, []);
        });
      }
    }
  });
}
