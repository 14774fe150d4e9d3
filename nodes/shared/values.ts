import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { As2Error } from '../../src/errors';

/** A value chosen with a TypedInput: where it comes from (`msg`, `flow`, `str`, `env`, `jsonata`, …) and what is asked for there. */
export interface TypedValue {
  readonly value?: string | undefined;
  readonly type?: string | undefined;
}

/**
 * @param setting the name of the setting, for the error
 * @returns undefined also for a setting that was left empty
 * @throws As2Error `property-unreadable`
 */
export async function evaluate(
  RED: NodeAPI,
  node: Node,
  message: NodeMessage,
  { value, type }: TypedValue,
  setting: string,
): Promise<unknown> {
  if (!type || type === 'none' || value === undefined || (value === '' && type !== 'str')) return undefined;
  return new Promise((resolve, reject) => {
    const done = (error: unknown, result?: unknown): void => {
      // `msg.a.b` where there is no `msg.a`: nothing is there, which is for the caller to judge.
      if (error instanceof TypeError && type === 'msg') resolve(undefined);
      else if (error) reject(unreadable(setting, error));
      else resolve(result);
    };
    try {
      RED.util.evaluateNodeProperty(value, type, node, message, done);
    } catch (error) {
      done(error);
    }
  });
}

/** The same as a text; numbers become text, everything else that is not text or nothing is refused. */
export async function evaluateText(
  RED: NodeAPI,
  node: Node,
  message: NodeMessage,
  typed: TypedValue,
  setting: string,
): Promise<string | undefined> {
  const value = await evaluate(RED, node, message, typed, setting);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw unreadable(
    setting,
    `a text was expected, not ${Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`}`,
  );
}

function unreadable(setting: string, cause: unknown): As2Error {
  return new As2Error('property-unreadable', { setting, reason: reasonOf(cause) }, { cause });
}

/** JSONata throws plain objects with a message. */
function reasonOf(cause: unknown): string {
  if (typeof cause === 'object' && cause !== null && 'message' in cause) return String(cause.message);
  return String(cause);
}
