import { type As2Error, toAs2Error } from '../../src/errors';

/** What became of a configuration at deploy: ready for use, or the reason why it is not. */
export type Checked<T> = { readonly ready: T } | { readonly problem: As2Error };

/** Configuration nodes must come into being whatever is in them; their users report the problem when it matters. */
export function check<T>(read: () => T): Checked<T> {
  try {
    return { ready: read() };
  } catch (error) {
    return { problem: toAs2Error(error) };
  }
}

export function ready<T>(checked: Checked<T>): T {
  if ('problem' in checked) throw checked.problem;
  return checked.ready;
}
