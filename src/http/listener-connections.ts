import type { Server } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { AddressRanges } from './address-ranges';
import { plainAddress } from './remote-address';

export interface ConnectionLimits {
  readonly all: number;
  readonly perAddress: number;
  /** Many senders come from these. */
  readonly proxies?: AddressRanges | undefined;
}

/** The open connections of a server: so many in all, and so many from one address (SEC-11). */
export class ListenerConnections {
  private readonly open = new Set<Socket>();
  private readonly counts = new Map<string, number>();

  constructor(private readonly limits: ConnectionLimits) {}

  /** From before TLS on: who does not come through the handshake counts, too. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.add(socket));
  }

  get size(): number {
    return this.open.size;
  }

  destroyAll(): void {
    for (const socket of this.open) socket.destroy();
  }

  private add(socket: Socket): void {
    const address = networkOf(plainAddress(socket.remoteAddress) ?? '');
    const count = this.counts.get(address) ?? 0;
    // One that breaks in the middle of TLS has nobody else who listens.
    socket.on('error', () => undefined);
    const { all, perAddress, proxies } = this.limits;
    const mayMore = count < perAddress || proxies?.includes(socket.remoteAddress) === true;
    if (this.open.size >= all || !mayMore) {
      socket.destroy();
      return;
    }
    this.open.add(socket);
    this.counts.set(address, count + 1);
    socket.once('close', () => {
      this.open.delete(socket);
      const left = (this.counts.get(address) ?? 1) - 1;
      if (left > 0) this.counts.set(address, left);
      else this.counts.delete(address);
    });
  }
}

/** Of IPv6 the first half: whoever has one address of it has them all. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [before = '', after] = address.split('::');
  const groups = before.split(':').filter((group) => group !== '');
  const behind = after?.split(':').filter((group) => group !== '') ?? [];
  const zeros = Array<string>(8 - groups.length - behind.length).fill('0');
  return [...groups, ...zeros, ...behind].slice(0, 4).join(':');
}
