import { randomUUID } from 'node:crypto';
import { As2Error } from '../errors';

/** RFC 5322 allows no longer line (RFC 4130 §5.3.3). */
const LONGEST_MESSAGE_ID = 998;
const MESSAGE_ID = /^<[^<>\s@]+@[^<>\s@]+>$/;
/** A host label that is safe on the right side of an id, also when it was taken from an AS2 name (HDR-13). */
const HOST_CHARACTERS = /[^0-9A-Za-z.-]+/g;
const LONGEST_HOST = 200;

/**
 * A globally unique Message-ID: `<uuid.as2@host>` (RFC 4130 §5.3.3, HDR-13, HDR-14).
 * @param host names us; characters that do not belong into an id are dropped
 */
export function newMessageId(host: string): string {
  const right = host.replace(HOST_CHARACTERS, '').slice(0, LONGEST_HOST) || 'localhost';
  return `<${randomUUID()}.as2@${right}>`;
}

/**
 * Checks an id that our user wants to send.
 * @throws As2Error `message-id-invalid`
 */
export function assertMessageId(messageId: string): void {
  if (
    messageId.length > LONGEST_MESSAGE_ID ||
    !MESSAGE_ID.test(messageId) ||
    !/^[\x21-\x7e]+$/.test(messageId)
  ) {
    throw new As2Error('message-id-invalid', { messageId, longest: LONGEST_MESSAGE_ID });
  }
}

/** The part of an id that is compared: without white space around it and without one pair of brackets (MDN-09). */
export function normalizeMessageId(messageId: string): string {
  const text = messageId.trim();
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1).trim() : text;
}

export function sameMessageId(one: string, other: string): boolean {
  return normalizeMessageId(one) === normalizeMessageId(other);
}

/** The host an id names, or `localhost`. */
export function hostOfMessageId(messageId: string): string {
  const id = normalizeMessageId(messageId);
  const at = id.lastIndexOf('@');
  return (at < 0 ? '' : id.slice(at + 1).replace(HOST_CHARACTERS, '')) || 'localhost';
}
