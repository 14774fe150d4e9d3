/** Lets one at a time work under the same name; others wait in the order in which they came (REL-07). */
export class Locks {
  private readonly last = new Map<string, Promise<void>>();

  async exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    let release = (): void => undefined;
    const mine = new Promise<void>((resolve) => (release = resolve));
    this.last.set(name, mine);
    try {
      await before;
      return await work();
    } finally {
      release();
      if (this.last.get(name) === mine) this.last.delete(name);
    }
  }
}
