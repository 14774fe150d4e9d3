import { StringDecoder } from 'node:string_decoder';
import { addReturns } from '../mime';
import type { MicDeviation } from './mic-deviations';

/** Changes bytes that stream by, the way a product does that takes them for something else. */
export interface Rewrite {
  /** What it does, in the terms of the diagnosis. */
  readonly deviations: readonly MicDeviation[];
  update(chunk: Buffer): Buffer;
  /** What was held back; after the last chunk. */
  end(): Buffer;
}

const nothing = Buffer.alloc(0);

export const unchanged = (): Rewrite => ({
  deviations: [],
  update: (chunk) => chunk,
  end: () => nothing,
});

/** Text in canonical form (MIME-03). */
export function crlfLineEnds(): Rewrite {
  let last = 0;
  return {
    deviations: ['line-ends-crlf'],
    update: (chunk) => {
      const rewritten = addReturns(chunk, last);
      last = chunk.at(-1) ?? last;
      return rewritten;
    },
    end: () => nothing,
  };
}

/** Every CRLF becomes LF. */
export function lfLineEnds(): Rewrite {
  let held = '';
  return {
    deviations: ['line-ends-lf'],
    update: (chunk) => {
      const text = held + chunk.toString('latin1');
      held = text.endsWith('\r') ? '\r' : '';
      return Buffer.from(text.slice(0, text.length - held.length).replaceAll('\r\n', '\n'), 'latin1');
    },
    end: () => Buffer.from(held, 'latin1'),
  };
}

/** What is no UTF-8 becomes replacement characters. */
export function throughUtf8(): Rewrite {
  const decoder = new StringDecoder('utf8');
  return {
    deviations: ['utf-8-damaged'],
    update: (chunk) => Buffer.from(decoder.write(chunk), 'utf8'),
    end: () => Buffer.from(decoder.end(), 'utf8'),
  };
}

/** Every octet above 127 becomes two. */
export const latin1ToUtf8 = (): Rewrite => ({
  deviations: ['latin-1-as-utf-8'],
  update: (chunk) => Buffer.from(chunk.toString('latin1'), 'utf8'),
  end: () => nothing,
});

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** UTF-8's only: the others make no text that AS2 carries. */
export function withoutByteOrderMark(): Rewrite {
  let held: Buffer | undefined = nothing;
  return {
    deviations: ['byte-order-mark-removed'],
    update: (chunk) => {
      if (!held) return chunk;
      const start = Buffer.concat([held, chunk]);
      if (start.length < BYTE_ORDER_MARK.length) {
        held = start;
        return nothing;
      }
      held = undefined;
      return start.subarray(start.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0);
    },
    end: () => held ?? nothing,
  };
}

/** 57 octets make a line of 76 characters, as most MIME libraries write it (RFC 2045 §6.8). */
const BYTES_PER_LINE = 57;

/** Base64 as a MIME library writes it, each line ended by CRLF. */
export function inBase64(): Rewrite {
  let held: Buffer = nothing;
  return {
    deviations: ['transfer-encoded'],
    update: (chunk) => {
      const bytes = Buffer.concat([held, chunk]);
      const whole = bytes.length - (bytes.length % BYTES_PER_LINE);
      held = bytes.subarray(whole);
      return lines(bytes.subarray(0, whole));
    },
    end: () => lines(held),
  };
}

function lines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n'), 'latin1');
}
