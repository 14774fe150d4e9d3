import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { isReceipt, judgeReceipt, looksLikeReceipt, openReceipt, type ReceiptVerdict } from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { signDetached } from '../../src/cms';
import { Headers } from '../../src/mime';
import { testKeyPair } from '../support/keys';
import { signedByOpenssl } from './openssl-smime';
import { fields, messageId, mic, variants } from './receipt-variants';
import { alphaName, betaName, composed, stations, wire, type Wire } from './stations';

async function read({ headers, body }: Wire) {
  const { beta } = await stations();
  return openReceipt({ headers, body: bufferSource(body) }, { signingCertificates: [beta.certificate] });
}

async function verdict(message: Wire, signedRequired = true): Promise<ReceiptVerdict> {
  return judgeReceipt(await read(message), {
    messageId,
    mics: [{ value: mic, algorithm: 'sha-256' }],
    signedRequired,
    ownAs2Name: alphaName,
    partnerAs2Name: betaName,
  });
}

function isIt({ headers, body }: Wire): Promise<boolean> {
  return isReceipt({ headers, body: bufferSource(body) });
}

const reportType = 'multipart/report; report-type=disposition-notification; boundary="r"';

function reportBody(lines: readonly string[] = fields): string {
  const notification = lines.map((line) => `${line}\r\n`).join('');
  return [
    '--r\r\nContent-Type: text/plain\r\n\r\nThe message was received.\r\n',
    `--r\r\nContent-Type: message/disposition-notification\r\n\r\n${notification}\r\n--r--\r\n`,
  ].join('');
}

const reportEntity = (lines?: readonly string[]) => `Content-Type: ${reportType}\r\n\r\n${reportBody(lines)}`;

/** multipart/signed around a report. @param signed what the signature is over, if not the report itself */
async function signedReport(
  entity: string,
  signed: string | Buffer = entity,
  signer?: Parameters<typeof signDetached>[1],
): Promise<Wire> {
  const { beta } = await stations();
  const options = signer ?? { keyPair: beta, digest: 'sha-256' };
  const digest = Buffer.isBuffer(signed) ? signed : createHash('sha256').update(signed, 'latin1').digest();
  const signature = (await signDetached(digest, options)).toString('base64');
  const body = `--s\r\n${entity}\r\n--s\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n${signature}\r\n--s--\r\n`;
  const type = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="s"';
  return wire({ 'Content-Type': type }, Buffer.from(body, 'latin1'));
}

describe('Receipts of other products', () => {
  for (const { title, contentType, body, headers = {}, expected = {} } of variants) {
    it('SEC-11: reads fields up to a length that no honest receipt comes near', async () => {
      const headers = Headers.fromPairs([['Content-Type', 'message/disposition-notification']]);
      const disposition = 'Disposition: automatic-action/MDN-sent-automatically; processed\r\n';
      for (const [bytes, expected] of [
        [200_000, 'processed'],
        [300_000, undefined],
      ] as const) {
        const body = Buffer.from('X-Filler: x\r\n'.repeat(bytes / 13) + disposition);
        assert.equal((await read({ headers, body })).disposition.type, expected, String(bytes));
      }
    });

    it(title, async () => {
      const message = wire({ 'Content-Type': contentType, ...headers }, Buffer.from(body, 'latin1'));
      const receipt = await read(message);
      const wanted = {
        type: 'processed',
        originalMessageId: messageId,
        mic,
        algorithm: 'sha-256',
        text: /^The message was received\.$/,
        positive: true,
        ...expected,
      };
      assert.equal(receipt.disposition.type, wanted.type);
      assert.equal(receipt.disposition.modifier, expected.modifier);
      assert.equal(receipt.disposition.description, expected.description);
      assert.equal(receipt.originalMessageId, wanted.originalMessageId);
      assert.equal(receipt.mic?.value, wanted.mic);
      assert.equal(receipt.mic?.algorithm, wanted.algorithm);
      assert.match(receipt.text, wanted.text);
      assert.equal(receipt.signed, false);
      assert.equal((await verdict(message, false)).positive, wanted.positive);
    });
  }

  it('DSP-16 keeps every line of detail', async () => {
    const lines = [
      ...fields.slice(0, 4),
      'Disposition: automatic-action/MDN-sent-automatically; processed/error',
      'Error: a',
      'Error: b',
      'Warning: c',
      'Failure: d',
    ];
    const receipt = await read(wire({ 'Content-Type': reportType }, reportBody(lines)));
    assert.deepEqual([receipt.errors, receipt.warnings, receipt.failures], [['a', 'b'], ['c'], ['d']]);
    assert.equal(receipt.reportingUa, 'beta.example; Some Product 1.0');
    assert.equal(receipt.finalRecipient, 'rfc822; "Beta Corp"');
  });

  it('reads the names and the id of the receipt itself, where they are', async () => {
    const message = wire(
      {
        'Content-Type': reportType,
        'AS2-From': '"Beta Corp"',
        'AS2-To': 'ALPHA',
        'Message-ID': '<mdn@beta>',
      },
      reportBody(),
    );
    const { from, to, messageId: id } = await read(message);
    assert.deepEqual([from, to, id], ['Beta Corp', 'ALPHA', '<mdn@beta>']);
  });
});

describe('Signed receipts of other products', () => {
  const cases: readonly (readonly [title: string, message: () => Promise<Wire>])[] = [
    ['as we would write it', () => signedReport(reportEntity())],
    [
      'pain 5 signed with one line break more than travels',
      () => signedReport(reportEntity(), `${reportEntity()}\r\n`),
    ],
    [
      'pain 5 signed with one line break less than travels',
      () => signedReport(reportEntity(), reportEntity().slice(0, -2)),
    ],
    [
      'MIME-03 signed with CRLF, sent with line feeds',
      () => signedReport(reportEntity().replaceAll('\r\n', '\n'), reportEntity()),
    ],
    [
      'SIG-01 opaque signed data',
      async () => signedByOpenssl(Buffer.from(reportEntity()), (await stations()).beta, '-binary -nodetach'),
    ],
    [
      'openssl, with line feeds and a preamble',
      async () => signedByOpenssl(Buffer.from(reportEntity()), (await stations()).beta, '-binary -nocerts'),
    ],
    [
      'SIG-05 without signed attributes',
      async () => signedByOpenssl(Buffer.from(reportEntity()), (await stations()).beta, '-binary -noattr'),
    ],
    [
      'the fields alone, signed',
      () => signedReport(`Content-Type: message/disposition-notification\r\n\r\n${fields.join('\r\n')}`),
    ],
  ];
  for (const [title, message] of cases) {
    it(title, async () => {
      const incoming = await message();
      assert.equal(await isIt(incoming), true, 'RCV-01');
      assert.deepEqual(await verdict(incoming), { positive: true, micMatches: true, authenticated: true });
    });
  }

  it('SEC-12 only the signed report is read, not another one beside it', async () => {
    const { headers, body } = await signedReport(reportEntity());
    const fake = reportEntity(
      fields.map((field) => field.replace('; processed', '; processed/error: forged')),
    );
    const beside = body.toString('latin1').replace('--s--', `--s\r\n${fake}\r\n--s--`);
    const around = wire({ 'Content-Type': headers.get('Content-Type') ?? '' }, Buffer.from(beside, 'latin1'));
    assert.equal((await verdict(around)).positive, true);
  });

  it('SEC-12 an unsigned report before a signed one inside a multipart is not signed', async () => {
    const { headers, body } = await signedReport(reportEntity());
    const inner = `Content-Type: ${headers.get('Content-Type')}\r\n\r\n${body.toString('latin1')}`;
    const mixed = `--m\r\n${reportEntity()}\r\n--m\r\n${inner}\r\n--m--\r\n`;
    const message = wire({ 'Content-Type': 'multipart/mixed; boundary=m' }, Buffer.from(mixed, 'latin1'));
    assert.equal((await verdict(message)).problem?.code, 'receipt-unsigned');
  });
});

describe('Answers that are no receipt', () => {
  const html =
    '<!DOCTYPE html><html><head><title>Error</title><style>p{}</style></head><body><h1>Bad gateway</h1></body></html>';
  const cases: readonly (readonly [title: string, message: Wire, said: RegExp])[] = [
    ['RCV-06 an HTML page', wire({ 'Content-Type': 'text/html' }, html), /text\/html: Error Bad gateway/],
    ['RCV-06 nothing', wire({}, ''), /no content type: an empty answer/],
    ['an EDI message', wire({ 'Content-Type': 'application/edifact' }, "UNB+UNOC:3+A+B'"), /UNB\+UNOC/],
    [
      'a report of another kind',
      wire(
        { 'Content-Type': 'multipart/report; report-type=delivery-status; boundary=b' },
        '--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b--\r\n',
      ),
      /delivery-status/,
    ],
    [
      'a text that speaks of a disposition',
      wire({ 'Content-Type': 'text/plain' }, 'Disposition: I am not sure'),
      /I am not sure/,
    ],
    [
      'binary',
      wire({ 'Content-Type': 'application/octet-stream' }, Buffer.from([0, 1, 2, 255])),
      /octet-stream/,
    ],
  ];
  for (const [title, message, said] of cases) {
    it(title, async () => {
      await assert.rejects(read(message), { code: 'receipt-missing', message: said });
      assert.equal(await isIt(message), false);
    });
  }

  it('a receipt larger than the limit', async () => {
    const { headers, body } = wire({ 'Content-Type': reportType }, reportBody());
    const options = { signingCertificates: [], limitBytes: 100 };
    await assert.rejects(openReceipt({ headers, body: bufferSource(body) }, options), {
      code: 'receipt-too-large',
    });
  });

  it('signed data that is damaged', async () => {
    const message = wire(
      { 'Content-Type': 'application/pkcs7-mime; smime-type=signed-data' },
      Buffer.from('3003020101', 'hex'),
    );
    await assert.rejects(read(message), { code: 'receipt-unreadable' });
  });

  it('SEC-11: a report four layers deep is found, nothing below that is looked at', async () => {
    const nested = (layers: number) => {
      let [type, body] = [reportType, reportBody()];
      for (let layer = 0; layer < layers; layer++) {
        body = `--r${layer}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n--r${layer}--\r\n`;
        type = `multipart/mixed; boundary=r${layer}`;
      }
      return read(wire({ 'Content-Type': type }, body));
    };
    for (const layers of [0, 1, 2]) assert.equal((await nested(layers)).disposition.type, 'processed');
    for (const layers of [3, 200]) await assert.rejects(nested(layers), { code: 'receipt-missing' });
  });
});

describe('Telling receipts from messages', () => {
  it('RCV-01 by the headers alone', () => {
    const looks = (type: string) => looksLikeReceipt(Headers.fromPairs([['Content-Type', type]]));
    assert.equal(looks('multipart/report; report-type=disposition-notification; boundary=b'), true);
    assert.equal(looks('Multipart/Report; boundary=b'), true);
    assert.equal(looks('message/disposition-notification'), true);
    assert.equal(looks('multipart/report; report-type=delivery-status; boundary=b'), false);
    assert.equal(looks('multipart/signed; boundary=b'), false);
    assert.equal(looks('application/edi-x12'), false);
  });

  it('RCV-01 signed and encrypted EDI messages are messages', async () => {
    const { alpha, beta } = await stations();
    const sign = { keyPair: alpha, digest: 'sha-256' } as const;
    const encrypt = { recipients: [beta.certificate], cipher: 'aes-256-cbc' } as const;
    for (const options of [{}, { sign }, { encrypt }, { sign, encrypt }]) {
      assert.equal(await isIt(await composed(options)), false);
    }
  });

  it('what cannot be read is no receipt', async () => {
    assert.equal(await isIt(wire({ 'Content-Type': 'multipart/signed; boundary=b' }, 'nonsense')), false);
    assert.equal(await isIt(wire({ 'Content-Type': 'application/pkcs7-mime' }, 'nonsense')), false);
    assert.equal(await isIt(wire({ 'Content-Type': 'multipart/signed' }, '')), false);
  });
});

describe('Judging receipts', () => {
  const lines = (name: string, ...replacement: readonly string[]) =>
    fields.flatMap((field) => (field.startsWith(`${name}:`) ? replacement : [field]));
  const field = (name: string, value: string) => lines(name, `${name}: ${value}`);
  const signedWith = (all: readonly string[]) => signedReport(reportEntity(all));
  const unsigned = (all: readonly string[], headers: Readonly<Record<string, string>> = {}) =>
    wire({ 'Content-Type': reportType, ...headers }, reportBody(all));
  const automatic = 'automatic-action/MDN-sent-automatically;';

  it('RCV-03 a MIC with one character changed: both values and the algorithm are named', async () => {
    const other = `Q${mic.slice(1)}`;
    const judged = await verdict(await signedWith(field('Received-content-MIC', `${other}, sha-256`)));
    assert.equal(judged.positive, false);
    assert.equal(judged.micMatches, false);
    assert.equal(judged.problem?.code, 'receipt-mic-mismatch');
    const { expected, received, algorithm } = judged.problem?.facts ?? {};
    assert.deepEqual([expected, received, algorithm], [mic, other, 'sha-256']);
  });

  it('RCV-03 a MIC of another length is a mismatch, not an exception', async () => {
    const judged = await verdict(await signedWith(field('Received-content-MIC', 'AAAA, sha-256')));
    assert.equal(judged.problem?.code, 'receipt-mic-mismatch');
  });

  it('RCV-02 a receipt for another message', async () => {
    const judged = await verdict(await signedWith(field('Original-Message-ID', '<other@alpha.example>')));
    assert.equal(judged.problem?.code, 'receipt-other-message');
    assert.equal(judged.problem?.facts.received, '<other@alpha.example>');
  });

  it('RCV-02 a receipt from another partner, which is not proved to be ours', async () => {
    const names = { 'AS2-From': 'GAMMA', 'AS2-To': 'ALPHA' };
    assert.equal((await verdict(unsigned(fields, names), false)).problem?.code, 'receipt-other-partner');
  });

  it('HDR-06, pain 18 names missing, or not exchanged', async () => {
    assert.equal((await verdict(unsigned(fields), false)).positive, true);
    const notExchanged = { 'AS2-From': 'ALPHA', 'AS2-To': '"Beta Corp"' };
    assert.equal((await verdict(unsigned(fields, notExchanged), false)).positive, true);
  });

  it('RCV-04 a signed receipt was asked for, an unsigned one came', async () => {
    const judged = await verdict(unsigned(fields));
    assert.equal(judged.problem?.code, 'receipt-unsigned');
    assert.deepEqual([judged.positive, judged.micMatches, judged.authenticated], [false, true, false]);
  });

  it('RCV-04 a negative one without a signature is negative, and not authenticated', async () => {
    const judged = await verdict(
      unsigned(field('Disposition', `${automatic} processed/error: decryption-failed`)),
    );
    assert.equal(judged.problem?.code, 'receipt-negative');
    assert.equal(judged.problem?.facts.authenticated, false);
  });

  it('RCV-08 a positive signed receipt without a MIC', async () => {
    assert.equal(
      (await verdict(await signedWith(lines('Received-content-MIC')))).problem?.code,
      'receipt-mic-missing',
    );
  });

  it('RCV-08 a negative one without a MIC is only negative', async () => {
    const all = field('Disposition', `${automatic} processed/error: decryption-failed`).slice(0, -1);
    const judged = await verdict(await signedWith(all));
    assert.equal(judged.problem?.code, 'receipt-negative');
    assert.equal('micMatches' in judged, false);
    assert.equal(judged.authenticated, true);
  });

  it('decision 1 a MIC with an algorithm that was not kept', async () => {
    const all = field('Received-content-MIC', `${mic}, whirlpool`);
    const judged = await verdict(await signedWith(all));
    assert.equal(judged.problem?.code, 'receipt-mic-algorithm-unknown');
    assert.match(judged.problem?.message ?? '', /whirlpool.*sha-256/);
    assert.equal((await verdict(unsigned(all), false)).positive, true, 'nobody asked for proof');
  });

  it('REQ-11 an unsigned receipt was asked for, a signed one by somebody unknown came', async () => {
    const gamma = await testKeyPair('gamma');
    const message = await signedReport(reportEntity(), undefined, { keyPair: gamma, digest: 'sha-256' });
    assert.deepEqual(await verdict(message, false), {
      positive: true,
      micMatches: true,
      authenticated: false,
    });
  });

  it('RCV-03 signed by a certificate that is not the partner’s', async () => {
    const gamma = await testKeyPair('gamma');
    const judged = await verdict(
      await signedReport(reportEntity(), undefined, { keyPair: gamma, digest: 'sha-256' }),
    );
    assert.equal(judged.problem?.code, 'receipt-signer-unknown');
    assert.match(judged.problem?.message ?? '', /CN=gamma.*CN=beta/);
  });

  it('RCV-03 altered after it was signed, also where only an unsigned one was asked for', async () => {
    const forged = await signedReport(
      reportEntity(),
      reportEntity(field('Disposition', `${automatic} processed/error: x`)),
    );
    for (const required of [true, false])
      assert.equal((await verdict(forged, required)).problem?.code, 'receipt-altered');
  });

  it('RCV-03 signed in the partner’s name with another key, or with a signature that is none', async () => {
    const { beta } = await stations();
    const { privateKey } = await testKeyPair('mallory');
    const forged = await signedReport(reportEntity(), undefined, {
      keyPair: { ...beta, privateKey },
      digest: 'sha-256',
    });
    assert.equal((await verdict(forged)).problem?.code, 'receipt-signature-invalid');
    const { headers, body } = await signedReport(reportEntity());
    // Whatever is left of a group of base64 at its end.
    for (const part of [/MII.{12}/, /MII.{11}/, /MII.{10}/, /MII.{9}/]) {
      const damaged = { headers, body: Buffer.from(body.toString('latin1').replace(part, ''), 'latin1') };
      assert.equal((await verdict(damaged)).problem?.code, 'receipt-signature-invalid', String(part));
    }
  });

  const remedies: readonly (readonly [disposition: string, remedy: RegExp])[] = [
    ['processed/error: decryption-failed', /certificate we encrypt with is probably not their current one/],
    ['processed/Error: Decryption-Failed', /certificate we encrypt with/],
    ['processed/error: authentication-failed', /current certificate of your identity/],
    ['processed/error: integrity-check-failed', /something changed it on its way/],
    ['processed/error: decompression-failed', /Switch compression off/],
    ['processed/error: insufficient-message-security', /switch signing and encryption on/],
    ['processed/error: unexpected-processing-error', /problem of their own/],
    ['processed/error: unknown-trading-relationship', /spelling of both names/],
    ['processed/error: unknown-trading-partner', /spelling of both names/],
    ['processed/error: duplicate-filename', /another file name/],
    ['processed/error: illegal-filename', /does not accept the file name/],
    ['processed/error: invalid-message-id', /does not accept the Message-ID/],
    ['processed/error: duplicate-document', /has this document already/],
    ['failed/failure: unsupported format', /unsigned receipt/],
    ['failed/failure: unsupported MIC-algorithms', /Choose another signature digest/],
    ['failed/failure: sender-equals-receiver', /the same AS2 name/],
    ['processed/error: something of their own', /Ask the partner what this means/],
    ['failed', /Ask the partner what this means/],
  ];
  for (const [disposition, remedy] of remedies) {
    it(`part H ${disposition}: says what to do, and what the partner wrote`, async () => {
      const { problem } = await verdict(
        await signedWith(field('Disposition', `${automatic} ${disposition}`)),
      );
      assert.equal(problem?.code, 'receipt-negative');
      assert.match(String(problem?.facts.remedy), remedy);
      assert.equal(problem?.facts.disposition, `${automatic} ${disposition}`);
      assert.equal(problem?.facts.partnerText, 'The message was received.');
    });
  }

  for (const [digest, nodeName] of [
    ['sha-1', 'sha1'],
    ['md5', 'md5'],
  ] as const) {
    it(`SEC-05, RCV-04: signed with ${digest} is no proof, unless that is allowed`, async () => {
      const { beta } = await stations();
      const entity = reportEntity();
      const contentDigest = createHash(nodeName).update(entity, 'latin1').digest();
      const receipt = await read(await signedReport(entity, contentDigest, { keyPair: beta, digest }));
      assert.equal(receipt.signature?.status, 'verified');
      const expected = {
        messageId,
        mics: [{ value: mic, algorithm: 'sha-256' }],
        ownAs2Name: alphaName,
        partnerAs2Name: betaName,
      } as const;
      const judged = judgeReceipt(receipt, { ...expected, signedRequired: true });
      assert.equal(judged.problem?.code, 'receipt-digest-not-allowed');
      assert.equal(judged.problem?.facts.digest, digest);
      assert.equal(judged.authenticated, false);

      const allowed = judgeReceipt(receipt, { ...expected, signedRequired: true, allowedDigests: [digest] });
      assert.deepEqual([allowed.positive, allowed.authenticated], [true, true]);
      // Where none is required it is worth what an unsigned one is worth.
      const unasked = judgeReceipt(receipt, { ...expected, signedRequired: false });
      assert.deepEqual([unasked.positive, unasked.authenticated], [true, false]);
    });
  }

  it('SEC-05: a bad receipt signed with sha-1 is reported as bad, and as not authenticated', async () => {
    const { beta } = await stations();
    const entity = reportEntity(field('Disposition', `${automatic} processed/error: decryption-failed`));
    const contentDigest = createHash('sha1').update(entity, 'latin1').digest();
    const { problem, authenticated } = await verdict(
      await signedReport(entity, contentDigest, { keyPair: beta, digest: 'sha-1' }),
    );
    assert.equal(problem?.code, 'receipt-negative');
    assert.deepEqual([problem.facts.authenticated, authenticated], [false, false]);
  });

  it('MIC-03 the digest that products take over the headers too is taken, and marked', async () => {
    const { mics } = await composed();
    const alternative = mics.find((kept) => kept.alternative && kept.algorithm === 'sha-256');
    const receipt = await read(unsigned(field('Received-content-MIC', `${alternative?.value}, sha-256`)));
    const judged = judgeReceipt(receipt, {
      messageId,
      mics,
      signedRequired: false,
      ownAs2Name: alphaName,
      partnerAs2Name: betaName,
    });
    assert.deepEqual(judged, {
      positive: true,
      micMatches: true,
      micAlternative: true,
      authenticated: false,
    });
  });
});
