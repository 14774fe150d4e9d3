import assert from 'node:assert/strict';
import type { PartnerNode } from '../../nodes/shared/partner';
import { Partners } from '../../nodes/shared/partners';
import { alphaAndBeta, relationshipOf } from '../partner/parties';

/** A partner as its node shows it to the others. */
async function partnerNode(id: string, label: string): Promise<PartnerNode> {
  const { alpha, beta } = await alphaAndBeta();
  const relationship = relationshipOf(alpha, beta, { name: label });
  const { identity, partner } = relationship;
  return {
    id,
    label,
    as2Name: partner.as2Name,
    identityAs2Name: identity.as2Name,
    identityId: 'own',
    partner: { ready: { identity, certificates: [], relationship: () => relationship } },
  } as unknown as PartnerNode;
}

describe('the partners of the flows', () => {
  it('stay known while a deploy exchanges their nodes, and are gone when they do not come back', async () => {
    const partners = new Partners();
    const before = await partnerNode('p', 'Beta');
    const names = { from: before.as2Name, to: before.identityAs2Name };
    const found = () => partners.directory().find(names)?.partner.name;
    assert.equal(found(), undefined);
    partners.add(before);
    assert.equal(found(), 'Beta');

    partners.remove(before);
    assert.equal(found(), 'Beta', 'in the middle of the deploy');
    partners.add(await partnerNode('p', 'Beta, renamed'));
    assert.equal(found(), 'Beta, renamed');
    partners.forgetRemoved();
    assert.equal(found(), 'Beta, renamed');

    partners.remove(await partnerNode('p', 'an older one'));
    assert.equal(found(), 'Beta, renamed');
  });

  it('are gone after the deploy that removed them', async () => {
    const partners = new Partners();
    const node = await partnerNode('p', 'Beta');
    partners.add(node);
    partners.remove(node);
    partners.forgetRemoved();
    const names = { from: node.as2Name, to: node.identityAs2Name };
    assert.equal(partners.directory().find(names), undefined);
  });

  it('of several with the same AS2 names the one is found that a message was meant for', async () => {
    const partners = new Partners();
    const [one, two] = [await partnerNode('1', 'Orders'), await partnerNode('2', 'Invoices')];
    partners.add(one);
    partners.add(two);
    const names = { from: one.as2Name, to: one.identityAs2Name };
    const find = (partner?: string) =>
      partners.directory().find({ ...names, ...(partner === undefined ? {} : { partner }) })?.partner.name;
    assert.deepEqual(
      [find(), find('Invoices'), find('Orders'), find('renamed')],
      ['Orders', 'Invoices', 'Orders', 'Orders'],
    );
  });
});
