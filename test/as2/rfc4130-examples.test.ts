import assert from 'node:assert/strict';
import {
  composeReceipt,
  formatAs2Name,
  openReceipt,
  planReceipt,
  processed,
  readAs2Headers,
} from '../../src/as2';
import { bufferSource } from '../../src/bytes';
import { Headers, parseParameterized } from '../../src/mime';

/** The example of RFC 4130 A.1: folded headers, a name in quotes within quotes, an id with odd characters. */
const request = Headers.parse(
  Buffer.from(
    [
      'Host: 10.234.160.12:80',
      'User-Agent: AS2 Company Server',
      'Date: Wed, 31 Jul 2002 13:34:50 GMT',
      'From: mrAS2@example.com',
      'AS2-Version: 1.1',
      'AS2-From: "\\"  as2Name  \\""',
      'AS2-To: 0123456780000',
      'Subject: Test Case',
      'Message-Id: <200207310834482A70BF63@\\"~~foo~~\\">',
      'Disposition-Notification-To: mrAS2@example.com',
      'Disposition-Notification-Options: signed-receipt-protocol=optional,',
      '  pkcs7-signature; signed-receipt-micalg=optional,sha1',
      'Content-Type: multipart/signed; boundary="as2BouNdary1as2";',
      '  protocol="application/pkcs7-signature"; micalg=sha1',
      'Content-Length: 2464',
      '',
    ].join('\r\n'),
  ),
);

/** The receipt of A.2, with its header of which the second line is not indented. */
const response = [
  '----------=_Part_57',
  'Content-Type: multipart/report;',
  'Report-Type=disposition-notification;',
  '    boundary="----=_Part_56"',
  '',
  '------=_Part_56',
  'Content-Type: text/plain',
  'Content-Transfer-Encoding: 7bit',
  '',
  'MDN for -',
  ' Message ID: <200207310834482A70BF63@\\"~~foo~~\\">',
  '  From: "\\"  as2Name  \\""',
  '  To: "0123456780000"',
  ' Status: processed',
  '',
  '------=_Part_56',
  'Content-Type: message/disposition-notification',
  'Content-Transfer-Encoding: 7bit',
  '',
  'Reporting-UA: AS2 Server',
  'Original-Recipient: rfc822; 0123456780000',
  'Final-Recipient: rfc822; 0123456780000',
  'Original-Message-ID: <200207310834482A70BF63@\\"~~foo~~\\">',
  'Received-content-MIC: 7v7F++fQaNB1sVLFtMRp+dF+eG4=, sha1',
  'Disposition: automatic-action/MDN-sent-automatically;',
  '  processed',
  '',
  '------=_Part_56--',
  '',
  '----------=_Part_57',
  'Content-Type: application/pkcs7-signature; name=smime.p7s',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename=smime.p7s',
  '',
  'MIAGCSqGSIb3DQEHAqCAMIACAQExCzAJBgUrDgMCGgUAMIAGCSqGSIb3DQ==',
  '----------=_Part_57--',
  '',
].join('\r\n');

describe('The examples of RFC 4130', () => {
  it('HDR-07, HDR-08, HDR-13, HTTP-06 A.1: the headers of the message', () => {
    const read = readAs2Headers(request);
    assert.equal(read.from, '"  as2Name  "');
    assert.equal(formatAs2Name(read.from), read.fromField);
    assert.equal(read.to, '0123456780000');
    assert.equal(read.messageId, '<200207310834482A70BF63@\\"~~foo~~\\">');
    assert.ok(read.receipt);
    assert.deepEqual(planReceipt(read.receipt), { signed: true, digest: 'sha-1' });
    const type = parseParameterized(request.get('Content-Type') ?? '');
    assert.equal(type.parameters.get('micalg'), 'sha1');
    assert.equal(type.parameters.get('boundary'), 'as2BouNdary1as2');
  });

  it('MDN-01, MDN-06, DSP-01, MIC-10 A.2: the receipt', async () => {
    const headers = Headers.parse(
      Buffer.from(
        'AS2-From: 0123456780000\r\nAS2-To: "\\"  as2Name  \\""\r\n' +
          'Content-Type: multipart/signed; micalg=sha1;\r\n  protocol="application/pkcs7-signature";\r\n' +
          '  boundary="--------=_Part_57"\r\n',
      ),
    );
    const body = bufferSource(Buffer.from(response));
    const receipt = await openReceipt({ headers, body }, { signingCertificates: [] });
    assert.deepEqual(receipt.disposition.type, 'processed');
    assert.equal(receipt.originalMessageId, '<200207310834482A70BF63@\\"~~foo~~\\">');
    assert.deepEqual(receipt.mic, {
      value: '7v7F++fQaNB1sVLFtMRp+dF+eG4=',
      algorithm: 'sha-1',
      algorithmName: 'sha1',
    });
    assert.deepEqual([receipt.from, receipt.to], ['0123456780000', '"  as2Name  "']);
    assert.match(receipt.text, /^MDN for -/);
    assert.equal(receipt.signatureProblem?.code, 'signature-unreadable');
  });

  it('HDR-11, MDN-09 our receipt for A.1 repeats its names and its id', async () => {
    const { headers, body } = await composeReceipt({
      request: readAs2Headers(request),
      disposition: processed,
      text: 'x',
      product: 'p',
      messageId: '<a@b>',
    });
    assert.equal(headers.get('AS2-To'), '"\\"  as2Name  \\""');
    assert.ok(body.includes('Original-Message-ID: <200207310834482A70BF63@\\"~~foo~~\\">\r\n'));
  });
});
