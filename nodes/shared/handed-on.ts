/**
 * Node-RED gives what a node has sent to the next node in a later turn of its event loop. Until then nobody may be told
 * that the flow has it, neither a partner nor the journal: a crash in between would lose it.
 */
export async function handedOn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
