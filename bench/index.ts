import { eventLoopRow } from './event-loop';
import { memoryRow } from './memory';
import { messagesRow } from './messages';
import { receiveRow } from './receive';
import { restartRow } from './restart';
import type { Row } from './row';
import { sendRow } from './send';
import { slowSendersRow } from './slow-senders';
import { smallMessagesRow } from './small-messages';

export { Material } from './material';
export { judge, type Result } from './row';

export const rows: readonly Row[] = [
  sendRow,
  receiveRow,
  memoryRow,
  messagesRow,
  eventLoopRow,
  smallMessagesRow,
  slowSendersRow,
  restartRow,
];
