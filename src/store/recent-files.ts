/**
 * This much of what was written last is kept at hand: some dozens of messages. What lives longer outlives the collection
 * of young garbage, and the collection of old garbage costs much more.
 */
const MOST_BYTES = 2 * 1024 * 1024;
/** What keeping a file costs beside its content. */
const ENTRY_BYTES = 512;

/**
 * Small files that were just written: most of them are read again at once, to be posted or handed over. The oldest go
 * when there are too many.
 */
export class RecentFiles {
  private readonly files = new Map<string, Map<string, Buffer>>();
  private bytes = 0;

  /** @param content not changed afterwards */
  add(id: string, name: string, content: Buffer): void {
    const ofExchange = this.files.get(id) ?? new Map<string, Buffer>();
    this.removeAll(id);
    ofExchange.set(name, content);
    this.files.set(id, ofExchange);
    for (const each of ofExchange.values()) this.bytes += sizeOf(each);
    for (const oldest of this.files.keys()) {
      if (this.bytes <= MOST_BYTES || oldest === id) return;
      this.removeAll(oldest);
    }
  }

  get(id: string, name: string): Buffer | undefined {
    return this.files.get(id)?.get(name);
  }

  remove(id: string, name: string): void {
    const content = this.files.get(id)?.get(name);
    if (!content) return;
    this.bytes -= sizeOf(content);
    this.files.get(id)?.delete(name);
  }

  removeAll(id: string): void {
    for (const content of this.files.get(id)?.values() ?? []) this.bytes -= sizeOf(content);
    this.files.delete(id);
  }
}

function sizeOf(content: Buffer): number {
  return content.length + ENTRY_BYTES;
}
