import { MIB } from './material';
import type { Row } from './row';
import { transfer } from './transfer';

const CUTS = 5;
/** What may be sent in all, of what has to be sent, and what a large message may need more than a small one. */
const MOST_SENT = 1.05;
const MOST_MIB = 64;

/**
 * A large message over TLS and a line that is cut at random, with AS2 Restart: what is sent in all, and what it needs
 * more memory for. The receipt proves that it has arrived identical.
 */
export const restartRow: Row = {
  id: 'restart',
  what: `a large message over TLS with ${CUTS} random cuts: bytes sent and memory, the worse of both as part of its bound`,
  unit: '',
  target: { atMost: 1 },
  async measure(material) {
    const largeBytes = (material.quick ? 256 : 4096) * MIB;
    const small = await transfer(material, await material.file(16 * MIB), { cuts: 0 });
    const big = await transfer(material, await material.file(largeBytes), { cuts: CUTS });
    const sending = (big.sender.peakBytes - small.sender.peakBytes) / MIB;
    const receiving = (big.receiver.peakBytes - small.receiver.peakBytes) / MIB;
    const sent = big.sentBytes / largeBytes;
    return {
      ours: Math.max(sent / MOST_SENT, sending / MOST_MIB, receiving / MOST_MIB),
      reference: 0,
      details: {
        largeMiB: largeBytes / MIB,
        sentMiB: big.sentBytes / MIB,
        sentTimes: sent,
        cuts: big.cuts,
        resumed: big.sender.resumed,
        sending,
        receiving,
        senderPeakMiB: big.sender.peakBytes / MIB,
        receiverPeakMiB: big.receiver.peakBytes / MIB,
      },
    };
  },
};
