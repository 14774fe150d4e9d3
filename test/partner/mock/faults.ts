import type { Behaviour } from './behaviour';

const AUTOMATIC = 'automatic-action/MDN-sent-automatically;';
const HTML = { 'Content-Type': 'text/html' };

/** What goes wrong with partners, ready to be planned. */
export const faults = {
  // --- receipts
  wrongMic: { receipt: { mic: 'wrong' } },
  noMic: { receipt: { mic: 'none' } },
  unsigned: { receipt: { signedBy: 'nobody' } },
  signedByStranger: { receipt: { signedBy: 'stranger' } },
  /** One letter of what was signed is another one. */
  alteredReceipt: { receipt: { damage: (body) => replaced(body, 'Disposition: ', 'Disposition:_') } },
  malformedReceipt: { receipt: { damage: (body) => body.subarray(0, body.length >> 1) } },
  otherMessage: { receipt: { messageId: '<another-message@trading-partner.example>' } },
  noDisposition: { receipt: { fields: { Disposition: undefined } } },
  lostReceipt: { receipt: 'none' },
  htmlInstead: { headers: HTML, body: '<html><title>Welcome to our shop</title></html>' },

  // --- asynchronous receipts
  earlyReceipt: { later: { early: true } },
  doubledReceipt: { later: { times: 2 } },
  lateReceipt: { held: true },

  // --- statuses
  busy: { status: 503, headers: { 'Retry-After': '60' }, body: 'Too busy' },
  down: { status: 503, body: 'Down' },
  brokenServer: { status: 500, headers: HTML, body: '<html><title>Error 500</title></html>' },
  unknownPath: { status: 404, body: 'Not found' },
  unauthorized: { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="AS2"' }, body: '' },
  forbidden: { status: 403, body: 'Forbidden' },
  tooLarge: { status: 413, body: '' },
  redirected: { status: 302, headers: { Location: 'https://elsewhere.example/' }, body: '' },

  // --- connections
  resetBeforeBody: { breaks: 'before-body' },
  resetInBody: { breaks: 'in-body' },
  resetAfterBody: { breaks: 'after-body' },
  brokenAnswer: { breaks: 'in-answer' },
  silent: { silent: true },
  slow: { wire: { slow: { pieceBytes: 200, pauseMs: 1 } } },
  chunked: { wire: { chunked: 100 } },
  folded: { wire: { folded: ['Content-Type', 'Date'] } },
  processing: { interim: [102, 102, 102] },
} as const satisfies Readonly<Record<string, Behaviour>>;

/**
 * A refusal, in the words of RFC 4130 or any others.
 * @param said such as `processed/error: decryption-failed`
 */
export function refusal(said: string): Behaviour {
  return { receipt: { disposition: `${AUTOMATIC} ${said}` } };
}

function replaced(body: Buffer, from: string, to: string): Buffer {
  return Buffer.from(body.toString('latin1').replace(from, to), 'latin1');
}
