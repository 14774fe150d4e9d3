import { type Profiler, Session } from 'node:inspector';
import { promisify } from 'node:util';

/** Which blocks of the core have run, as V8 counts them. */
export class Coverage {
  private readonly seen = new Set<string>();
  private readonly session = new Session();

  /** @param part what the URL of a script must contain to count */
  constructor(private readonly part: string) {}

  async start(): Promise<void> {
    this.session.connect();
    await this.post('Profiler.enable');
    await this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get blocks(): number {
    return this.seen.size;
  }

  /** Blocks that have run since the last call and never before. */
  async newBlocks(): Promise<number> {
    const { result } = await this.post('Profiler.takePreciseCoverage');
    const before = this.seen.size;
    for (const { url, functions } of result) {
      if (!url.includes(this.part)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) this.seen.add(`${url}:${startOffset}-${endOffset}`);
        }
      }
    }
    return this.seen.size - before;
  }

  async stop(): Promise<void> {
    await this.post('Profiler.stopPreciseCoverage');
    this.session.disconnect();
  }

  private post(method: string, parameters: object = {}): Promise<Profiler.TakePreciseCoverageReturnType> {
    type Post = (method: string, parameters: object) => Promise<Profiler.TakePreciseCoverageReturnType>;
    return (promisify(this.session.post.bind(this.session)) as unknown as Post)(method, parameters);
  }
}
