import assert from 'node:assert/strict';
import * as choices from '../../nodes/shared/choices';
import { cipherNames, digestNames } from '../../src/cms';
import { issuableKeyTypes } from '../../src/pki';
import { catalogue, tagsOf, template } from './built-nodes';

/** The values of a list in the partner's dialog. */
function optionsOf(property: string): (string | undefined)[] {
  const [, list] =
    new RegExp(`<select id="node-config-input-${property}">(.*?)</select>`, 's').exec(
      template('as2-partner'),
    ) ?? [];
  assert.ok(list, property);
  return tagsOf(list)
    .filter(({ name }) => name === 'option')
    .map(({ attributes }) => attributes.get('value'));
}

describe('choices of the partner’s dialog', () => {
  const lists = {
    sign: choices.SIGN,
    signScheme: choices.SIGN_SCHEME,
    encrypt: choices.ENCRYPT,
    aeadStructure: choices.AEAD_STRUCTURE,
    keyTransport: choices.KEY_TRANSPORT,
    compress: choices.COMPRESS,
    receipt: choices.RECEIPT,
    receiptDelivery: choices.RECEIPT_DELIVERY,
    receiptOverdue: choices.RECEIPT_OVERDUE,
    unsuitableFilenames: choices.UNSUITABLE_FILENAMES,
  };
  for (const [property, known] of Object.entries(lists)) {
    it(`${property}: the list shows exactly what the runtime takes`, () => {
      assert.deepEqual(optionsOf(property), [...known]);
    });
  }

  it('have every cipher that can be sent', () => {
    const offered: readonly string[] = choices.ENCRYPT.filter((name) => name !== '');
    assert.deepEqual(offered.toSorted(), cipherNames.toSorted());
  });

  it('have every digest that can be sent, but the broken MD5 and those that nobody agrees on', () => {
    const left = ['md5', 'sha-512-256', 'shake256'];
    const offered: readonly string[] = choices.SIGN.filter((name) => name !== '');
    assert.deepEqual(offered.toSorted(), digestNames.filter((name) => !left.includes(name)).toSorted());
  });

  it('have what customers’ networks publish, by its usual names', () => {
    const texts = catalogue('as2-partner');
    const names = [...texts].filter(([key]) => /^(sign|encrypt)\./.test(key)).map(([, text]) => text);
    const shown = names.join('\n').replaceAll('-', '_');
    for (const family of ['CBC', 'CCM', 'GCM']) {
      for (const bits of [128, 192, 256]) assert.ok(shown.includes(`AES_${bits}_${family}`));
    }
    for (const name of ['DES_EDE3', 'CAST5_CBC', 'IDEA_CBC', 'RC2_CBC']) {
      assert.ok(shown.includes(name), name);
    }
    for (const bits of [224, 256, 384, 512]) assert.ok(shown.includes(`SHA_${bits}`));
  });
});

describe('choices of the identity’s dialog', () => {
  it('have only kinds of keys that can be made', () => {
    const offered = [...catalogue('as2-identity').keys()]
      .filter((key) => key.startsWith('generate.key-type.'))
      .map((key) => key.slice('generate.key-type.'.length))
      .filter((key) => key !== 'label');
    assert.deepEqual(offered, ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384']);
    for (const kind of offered) assert.ok(issuableKeyTypes.some((one) => one === kind));
  });
});
