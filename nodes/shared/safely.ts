/**
 * The one way from an event, route or timer into our code: whatever `work` throws or rejects with ends in `failed`.
 * Node-RED catches only synchronous throws of its input handlers; anything else would end the process.
 */
export function safely(work: () => unknown, failed: (error: unknown) => void): void {
  void enter(work, failed);
}

async function enter(work: () => unknown, failed: (error: unknown) => void): Promise<void> {
  try {
    await work();
  } catch (error) {
    try {
      failed(error);
    } catch (again) {
      // Reporting itself failed; the process says so on its console and lives on.
      process.emitWarning(
        new Error('node-red-contrib-as2 could not report a problem', { cause: [error, again] }),
      );
    }
  }
}
