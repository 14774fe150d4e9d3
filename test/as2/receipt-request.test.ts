import assert from 'node:assert/strict';
import { parseReceiptRequest, planReceipt, type ReceiptPlan } from '../../src/as2';
import { formatReceiptRequest, parseReceiptOptions, spellingOf } from '../../src/as2/receipt-request';
import { Headers } from '../../src/mime';

const DNT = 'Disposition-Notification-To';
const DNO = 'Disposition-Notification-Options';

function plan(options?: string): ReceiptPlan {
  const fields: [string, string][] = [[DNT, 'x@y']];
  if (options !== undefined) fields.push([DNO, options]);
  const request = parseReceiptRequest(Headers.fromPairs(fields));
  assert.ok(request);
  return planReceipt(request);
}

describe('Receipt request, reading', () => {
  for (const value of ['x@y', 'http://h/p', 'AS2ID', '<>', '']) {
    it(`REQ-01 ${JSON.stringify(value)} asks for a receipt`, () => {
      const request = parseReceiptRequest(Headers.fromPairs([[DNT, value]]));
      assert.equal(request?.notificationTo, value);
    });
  }

  it('REQ-02 options and an address alone ask for nothing', () => {
    const headers = Headers.fromPairs([
      [DNO, 'signed-receipt-protocol=optional, pkcs7-signature'],
      ['Receipt-Delivery-Option', 'http://h/p'],
    ]);
    assert.equal(parseReceiptRequest(headers), undefined);
  });

  const spellings = [
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256, sha1',
    'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg = optional ,sha-256 , sha1;',
    'signed-receipt-micalg=optional,sha-256,sha1;signed-receipt-protocol=optional,pkcs7-signature',
    'signed-receipt-protocol=pkcs7-signature; signed-receipt-micalg=sha-256,sha1',
    'Signed-Receipt-Protocol=Optional,\tpkcs7-signature;\tSIGNED-RECEIPT-MICALG=OPTIONAL,\tsha-256,\tsha1',
    'signed-receipt-protocol="optional", "pkcs7-signature"; signed-receipt-micalg="optional, sha-256, sha1"',
    'x=y; ;signed-receipt-protocol=optional, pkcs7-signature; foo; signed-receipt-micalg=optional, sha-256, sha1; = ',
  ];
  for (const options of spellings) {
    it(`REQ-03 reads ${options}`, () => {
      const read = parseReceiptOptions(options);
      assert.deepEqual(read.get('signed-receipt-protocol'), {
        importance: 'optional',
        values: ['pkcs7-signature'],
      });
      assert.deepEqual(read.get('signed-receipt-micalg'), {
        importance: 'optional',
        values: ['sha-256', 'sha1'],
      });
      assert.deepEqual(plan(options), { signed: true, digest: 'sha-256' });
    });
  }

  it('HTTP-06 reads options that were folded, as RFC 4130 prints them', () => {
    const block =
      'Disposition-Notification-To: mrAS2@example.com\r\n' +
      'Disposition-Notification-Options: signed-receipt-protocol=optional,\r\n' +
      '  pkcs7-signature; signed-receipt-micalg=optional,sha1,md5\r\n';
    const request = parseReceiptRequest(Headers.parse(Buffer.from(block)));
    assert.deepEqual(request?.micalg?.values, ['sha1', 'md5']);
    assert.deepEqual(request?.protocol?.values, ['pkcs7-signature']);
  });

  it('REQ-09 reads the address for a later receipt', () => {
    const headers = Headers.fromPairs([
      [DNT, 'x'],
      ['Receipt-Delivery-Option', '  https://alpha.example/as2?x=1  '],
    ]);
    assert.equal(parseReceiptRequest(headers)?.deliveryUrl, 'https://alpha.example/as2?x=1');
  });
});

describe('Receipt request, deciding', () => {
  const decided: readonly (readonly [title: string, options: string | undefined, expected: ReceiptPlan])[] = [
    ['REQ-04, REQ-11 no options: unsigned', undefined, { signed: false }],
    [
      'REQ-04 a protocol without digests: signed',
      'signed-receipt-protocol=optional, pkcs7-signature',
      { signed: true },
    ],
    [
      'REQ-04 digests without a protocol: unsigned',
      'signed-receipt-micalg=optional, sha1',
      { signed: false, digest: 'sha-1' },
    ],
    [
      'REQ-04 application/pkcs7-signature as protocol',
      'signed-receipt-protocol=required, application/pkcs7-signature; signed-receipt-micalg=required, SHA256',
      { signed: true, digest: 'sha-256' },
    ],
    [
      'REQ-04 pkcs-7-signature as protocol',
      'signed-receipt-protocol=required, pkcs-7-signature; signed-receipt-micalg=required, sha-384',
      { signed: true, digest: 'sha-384' },
    ],
    [
      'REQ-05 the first digest we have is taken',
      'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional,whirlpool,sha-256,sha1',
      { signed: true, digest: 'sha-256' },
    ],
    [
      'REQ-06 an optional protocol we do not have: unsigned, and the text says why',
      'signed-receipt-protocol=optional, openpgp; signed-receipt-micalg=optional, sha-256',
      {
        signed: false,
        digest: 'sha-256',
        remark:
          'This receipt is not signed, because the signature format that was asked for is not supported.',
      },
    ],
  ];
  for (const [title, options, expected] of decided)
    it(title, () => assert.deepEqual(plan(options), expected));

  const impossible: readonly (readonly [options: string, code: string])[] = [
    ['signed-receipt-protocol=required, openpgp', 'receipt-format-unsupported'],
    [
      'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required,whirlpool',
      'mic-algorithms-unsupported',
    ],
    [
      'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional,whirlpool',
      'mic-algorithms-unsupported',
    ],
  ];
  for (const [options, code] of impossible) {
    it(`REQ-07 ${options} cannot be met: ${code}`, () => assert.equal(plan(options).problem?.code, code));
  }

  it('answers with the spelling of a digest that the partner used', () => {
    const headers = Headers.fromPairs([
      [DNT, 'x'],
      [DNO, 'signed-receipt-micalg=optional, SHA256, sha_1'],
    ]);
    const request = parseReceiptRequest(headers);
    assert.equal(spellingOf('sha-256', request), 'SHA256');
    assert.equal(spellingOf('sha-1', request), 'sha_1');
    assert.equal(spellingOf('sha-512', request), undefined);
  });
});

describe('Receipt request, writing', () => {
  it('REQ-02, REQ-03, REQ-04 writes one line for each field, the protocol first', () => {
    assert.deepEqual(
      formatReceiptRequest({ signed: true, micAlgorithms: ['sha-256'], notificationTo: 'as2@alpha.example' }),
      [
        [DNT, 'as2@alpha.example'],
        [DNO, 'signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256'],
      ],
    );
  });

  it('REQ-06 can make it required, with several digests, to another address', () => {
    const fields = formatReceiptRequest({
      signed: true,
      micAlgorithms: ['sha-1', 'sha-512'],
      importance: 'required',
      notificationTo: 'x',
      deliveryUrl: 'https://alpha.example/mdn',
    });
    assert.deepEqual(fields.slice(1), [
      [
        DNO,
        'signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, sha1, sha-512',
      ],
      ['Receipt-Delivery-Option', 'https://alpha.example/mdn'],
    ]);
  });

  for (const deliveryUrl of ['mailto:a@b', 'alpha.example/mdn', 'file:///etc/passwd', '']) {
    it(`REQ-09, REQ-10 does not ask for a receipt to ${JSON.stringify(deliveryUrl)}`, () => {
      const wish = { signed: false, micAlgorithms: [], notificationTo: 'x', deliveryUrl };
      assert.throws(() => formatReceiptRequest(wish), { code: 'receipt-url-invalid' });
    });
  }
});
