/** Texts that several dialogs share stand in the catalogue of the identity. */
const CATALOGUE = 'node-red-contrib-as2/as2-identity:as2-identity.';

export function text(key: string, values?: Record<string, unknown>): string {
  return RED._(CATALOGUE + key, values);
}
