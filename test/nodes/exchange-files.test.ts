import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendFile } from '../../nodes/shared/admin/exchange-files';
import type { ExchangeFolder } from '../../src/store';
import { keyOf, withSpool } from '../store/spools';

describe('the files of an exchange over the admin API', () => {
  it('a reader who is gone before the first byte is not waited for', async () => {
    let opened = 0;
    const content = {
      length: 1_000_000,
      async *open() {
        opened++;
        for (let part = 0; part < 10; part++) yield Buffer.alloc(100_000);
      },
    };
    const folder = {
      record: { id: 'e1', facts: {} },
      has: async () => true,
      source: async () => content,
    } as unknown as ExchangeFolder<object>;
    const ended = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      client.destroy();
      response.once(
        'close',
        () => void sendFile(folder, 'payload', response).then(ended.resolve, ended.reject),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('error', () => undefined);
    try {
      await ended.promise;
      assert.equal(opened, 0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('SEC-13: the request as it travelled, but for a login in the address for receipts', async () => {
    await withSpool(async (spool) => {
      const folder = await spool.begin('out', keyOf('m1'), 'queued', {});
      const pairs = [
        ['Message-ID', '<m1>'],
        ['Receipt-Delivery-Option', 'https://us:geheim@as2.example/as2?a=b'],
      ];
      await folder.add('request-headers.json', JSON.stringify(pairs));
      await folder.add('request.raw', 'the body');
      await spool.settle(folder);
      const server = createServer((_request, response) => void sendFile(folder, 'request', response));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        assert.equal(
          await answer.text(),
          'Message-ID: <m1>\r\nReceipt-Delivery-Option: https://as2.example/as2?a=b\r\n\r\nthe body',
        );
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  });
});
