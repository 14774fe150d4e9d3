import { MIB } from './material';
import type { Row } from './row';
import { transfer } from './transfer';

/** How long everything else in the process waits while a large message moves, on the side where it waits longer. */
export const eventLoopRow: Row = {
  id: 'event-loop',
  what: 'event-loop delay, p99, while a large message moves',
  unit: 'ms',
  target: { atMost: 25 },
  async measure(material) {
    const bytes = (material.quick ? 64 : 1024) * MIB;
    const { sender, receiver } = await transfer(material, await material.file(bytes));
    return {
      ours: Math.max(sender.loopDelayP99Ms, receiver.loopDelayP99Ms),
      reference: 0,
      details: { sending: sender.loopDelayP99Ms, receiving: receiver.loopDelayP99Ms },
    };
  },
};
