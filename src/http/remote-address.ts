import type { IncomingMessage } from 'node:http';

/** The address of the next hop; a forwarded address is not believed here. */
export function remoteAddressOf(request: IncomingMessage): string {
  return plainAddress(request.socket.remoteAddress) ?? 'a closed connection';
}

/** An IPv4 address in its usual form, also where the system names it as an IPv6 one. */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '');
}
