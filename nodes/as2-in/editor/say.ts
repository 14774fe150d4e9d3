/** A text of this node's catalogue, also where there is no node at hand. */
export function say(key: string, values?: Record<string, unknown>): string {
  return RED._(`node-red-contrib-as2/as2-in:as2-in.${key}`, values);
}
