import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface SlowSenders {
  readonly sockets: readonly Socket[];
  /** How many were told something: to come again, or that nobody knows them. */
  readonly answered: () => number;
  stop(): void;
}

export interface SlowPlan {
  readonly port: number;
  readonly count: number;
  /** What they begin with, in turns. */
  readonly beginnings: readonly Buffer[];
  /** Of this machine, in turns: a listener takes so many from one. */
  readonly from?: readonly string[];
}

/** Senders that send one byte a second after how they began. */
export async function beginSlowSenders(plan: SlowPlan): Promise<SlowSenders> {
  const { port, count, beginnings, from = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] } = plan;
  let answered = 0;
  const sockets = Array.from({ length: count }, (_, index) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: inTurn(from, index) });
    socket.on('error', () => undefined).resume();
    socket.once('data', () => answered++);
    socket.write(inTurn(beginnings, index) ?? '');
    return socket;
  });
  await Promise.all(sockets.map(async (socket) => once(socket, 'connect')));
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x');
  }, 1000);
  return {
    sockets,
    answered: () => answered,
    stop() {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The head of a message that does not come. */
export function headOf(from: string, to: string): Buffer {
  const lines = ['POST /as2 HTTP/1.1', 'Host: station', `AS2-From: ${from}`, `AS2-To: ${to}`];
  const rest = ['Message-ID: <slow@slow>', 'Content-Type: application/pkcs7-mime', 'Content-Length: 1000000'];
  return Buffer.from([...lines, ...rest, '', ''].join('\r\n'));
}

/** A head that is not complete. */
export const HALF_A_HEAD = Buffer.from('POST /as2 HTTP/1.1\r\nHost: sta');

function inTurn<T>(values: readonly T[], index: number): T | undefined {
  return values[index % values.length];
}
