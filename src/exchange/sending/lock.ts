import type { Spool } from '../../store';
import type { OutgoingMessage } from './outgoing-message';

/** Lets one step of a message happen at a time: an attempt that ends, a receipt that comes, a cancellation. */
export async function lock<T>(spool: Spool, { record }: OutgoingMessage, work: () => Promise<T>): Promise<T> {
  return spool.exclusively('out', record.key, work);
}
