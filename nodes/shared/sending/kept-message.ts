import { isDate } from 'node:util/types';
import type { NodeMessageInFlow } from 'node-red';
import type { SentReport } from '../out-message';

/** What is stored with a message on its way: enough to pass it on after a restart. JSON. */
export interface KeptMessage {
  /** Under which the message itself is held, as long as this process lives. */
  readonly token: string;
  readonly message: Readonly<Record<string, unknown>>;
  /** Properties of the message that could not be kept, or only in part. */
  readonly missing: readonly string[];
  /** Where its documents stood in the message, the payload first; null: not there. */
  readonly documents?: readonly (KeptDocument | null)[];
  readonly report: SentReport;
}

/** A document that stood in a message, and what it was there. */
export interface KeptDocument {
  readonly property: string;
  readonly kind: 'text' | 'buffer' | 'stream';
}

/** All of a message; the core takes 1 MiB, the report included. */
const MOST_BYTES = 512 * 1024;
const DEEPEST = 30;
/** They are about connections, which end with the process. */
const NEVER = new Set(['req', 'res']);
/** SEC-13: what somebody logs in with is not written to the disk, wherever in the message it stands. */
const SECRET = /^(?:(?:proxy-)?authorization|(?:set-|response)?cookies?)$/i;

/** What of a flow's message JSON can say. Whole properties are left out when there is too much of it. */
export function plainMessage(message: NodeMessageInFlow): Pick<KeptMessage, 'message' | 'missing'> {
  const kept: Record<string, unknown> = {};
  const missing: string[] = [];
  let room = MOST_BYTES;
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    const copy = NEVER.has(name) || SECRET.test(name) ? LOST : new PlainCopy().of(value);
    const size = copy === LOST ? 0 : Buffer.byteLength(JSON.stringify(copy.value)) + name.length;
    if (copy === LOST || size > room) {
      missing.push(name);
      continue;
    }
    room -= size;
    kept[name] = copy.value;
    if (!copy.whole) missing.push(name);
  }
  return { message: kept, missing };
}

interface Copied {
  readonly value: unknown;
  /** Nothing was left out. */
  readonly whole: boolean;
}
const LOST = Symbol('cannot be kept');

/** Copies what is plain: text, numbers, switches, null, dates as text, arrays and objects of these. */
class PlainCopy {
  private whole = true;
  /** From the root to where we are: an object inside itself has no JSON. */
  private readonly path: object[] = [];
  /** Not to be spent on what is too large to be kept anyway. */
  private room = MOST_BYTES;

  of(value: unknown): Copied | typeof LOST {
    const copy = this.copy(value);
    return copy === LOST || this.room < 0 ? LOST : { value: copy, whole: this.whole };
  }

  private copy(value: unknown): unknown {
    this.room -= typeof value === 'string' ? value.length : 4;
    if (this.room < 0) return LOST;
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : LOST;
    if (typeof value !== 'object') return LOST;
    if (isDate(value)) return Number.isNaN(value.getTime()) ? LOST : value.toISOString();
    if (this.path.length >= DEEPEST || this.path.includes(value)) return LOST;
    this.path.push(value);
    const copy = Array.isArray(value) ? this.array(value) : isPlainObject(value) ? this.object(value) : LOST;
    this.path.pop();
    return copy;
  }

  private array(values: readonly unknown[]): unknown[] {
    return values.map((value) => {
      const copy = this.copy(value);
      if (copy !== LOST) return copy;
      this.whole = false;
      return null;
    });
  }

  private object(value: object): Record<string, unknown> {
    const copied: Record<string, unknown> = {};
    for (const [name, one] of Object.entries(value) as [string, unknown][]) {
      if (one === undefined) continue;
      const copy = SECRET.test(name) ? LOST : this.copy(one);
      if (copy === LOST) this.whole = false;
      // As a property of its own, whatever its name is.
      else
        Object.defineProperty(copied, name, {
          value: copy,
          enumerable: true,
          configurable: true,
          writable: true,
        });
    }
    return copied;
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of function nodes come from another realm, with an `Object` of their own.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
