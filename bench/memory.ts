import { MIB } from './material';
import type { Row } from './row';
import { transfer } from './transfer';

/** What a large message needs more than a small one, on the side that needs more (law 3: memory is flat). */
export const memoryRow: Row = {
  id: 'memory',
  what: 'memory of a large message beyond that of 16 MiB',
  unit: 'MiB',
  target: { atMost: 64 },
  async measure(material) {
    const large = (material.quick ? 256 : 4096) * MIB;
    const small = await transfer(material, await material.file(16 * MIB));
    const big = await transfer(material, await material.file(large));
    const sending = (big.sender.peakBytes - small.sender.peakBytes) / MIB;
    const receiving = (big.receiver.peakBytes - small.receiver.peakBytes) / MIB;
    return {
      ours: Math.max(sending, receiving),
      reference: 0,
      details: {
        largeMiB: large / MIB,
        sending,
        receiving,
        senderPeakMiB: big.sender.peakBytes / MIB,
        receiverPeakMiB: big.receiver.peakBytes / MIB,
      },
    };
  },
};
