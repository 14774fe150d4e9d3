import assert from 'node:assert/strict';
import { AttackedStation } from './attacked-station';
import { encryptedPost, head, signedEntity, SIGNED_RECEIPT } from './parties';
import { exchangeRaw } from './raw-connection';

/** What docs/settings.md says about very old partners. */
describe('Node-RED with the tolerant HTTP parser', function () {
  this.timeout(180_000);
  let station: AttackedStation;

  before(async () => {
    station = await AttackedStation.start({ NODE_OPTIONS: '--insecure-http-parser' });
  });

  after(async () => {
    await station?.stop();
  });

  async function message(): Promise<{ head: string; body: Buffer }> {
    const entity = await signedEntity(station.parties, Buffer.from('Content-Type: text/plain\r\n\r\nhello'));
    const [bytes = Buffer.alloc(0)] = await encryptedPost(station.parties, entity);
    const end = bytes.indexOf('\r\n\r\n');
    return { head: bytes.toString('latin1', 0, end), body: bytes.subarray(end + 4) };
  }

  it('HTTP-06: folded header fields are understood', async () => {
    const { head: lines, body } = await message();
    const folded = lines.replace('; signed-receipt-micalg', ';\r\n\tsigned-receipt-micalg');
    assert.notEqual(folded, lines);
    const bytes = [Buffer.from(`${folded}\r\n\r\n`, 'latin1'), body];
    const { text } = await exchangeRaw(station.nodeRed.url, bytes);
    assert.match(text, /^Disposition: automatic-action\/MDN-sent-automatically; processed\r$/m);
    assert.match(text, /multipart\/signed/, 'the folded wish was read');
    assert.equal((await station.delivered(1)).length, 1);
  });

  it('HTTP-04: blanks behind the size of a chunk are passed over', async () => {
    const { head: lines, body } = await message();
    const chunked = lines.replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked');
    const chunk = Buffer.from(`${body.length.toString(16)}  \r\n`);
    const bytes = [Buffer.from(`${chunked}\r\n\r\n`, 'latin1'), chunk, body, Buffer.from('\r\n0\r\n\r\n')];
    const { text } = await exchangeRaw(station.nodeRed.url, bytes);
    assert.match(text, /^Disposition: automatic-action\/MDN-sent-automatically; processed\r$/m);
    assert.equal((await station.delivered(1)).length, 1);
  });

  it('HTTP-05: a length stated in two ways is still refused', async () => {
    const start = head(station.parties, { ...SIGNED_RECEIPT });
    const bytes = Buffer.from(
      `${start}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    );
    const { statuses } = await exchangeRaw(station.nodeRed.url, [bytes]);
    assert.deepEqual(statuses, [400]);
  });
});
