/**
 * A receiving end in a process of its own, which can be killed: started with the directory of its spool, it sends its
 * URL, and the digest of everything that its flow gets.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { alphaAndBeta, relationshipOf } from '../../partner/parties';
import { openStation } from '../../partner/station';

export type ReceiverMessage = { readonly url: string } | { readonly digest: string };

async function run(directory: string): Promise<void> {
  const { alpha, beta } = await alphaAndBeta();
  const requires = { requireSigned: false, requireEncrypted: false };
  const station = await openStation(directory, {
    relationships: [relationshipOf(beta, alpha, { requires })],
    async handOver({ payload }) {
      const hash = createHash('sha256');
      for await (const chunk of payload.open()) hash.update(chunk);
      process.send?.({ digest: hash.digest('hex') } satisfies ReceiverMessage);
      return { accept: true };
    },
  });
  const server = createServer((request, response) => void station.receiver.handle(request, response));
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.send?.({ url: `http://127.0.0.1:${port}/as2` } satisfies ReceiverMessage);
  });
}

process.once('disconnect', () => process.exit());
void run(process.argv[2] ?? '');
