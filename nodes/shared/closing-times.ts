/**
 * Node-RED waits 15 s for a node that closes, then the process may end. The as2-in nodes close at one time, and the last
 * node that closes closes the outbox: one after the other, with the two seconds that the outbox takes for telling what
 * it knows, that leaves some for a slow disk.
 */
export const CLOSING_MS = {
  /** For messages that come in, or are with the flow. */
  receiving: 5_000,
  /** For attempts that are being made. */
  sending: 4_000,
} as const;
