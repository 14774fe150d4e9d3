import { readFile } from 'node:fs/promises';
import type { TlsOptions } from 'node:tls';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { As2Error } from '../../src/errors';

/** Node-RED's tls-config as it stands in the flows. */
interface TlsConfigDef extends NodeDef {
  readonly certType?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly p12?: string;
}

export type FileOptions = Pick<TlsOptions, 'cert' | 'key' | 'ca' | 'pfx'>;

/**
 * The files that a tls-config names. Node-RED reads them when flows start; an authority that renews certificates by itself
 * puts new ones there while they run.
 */
export class TlsFiles {
  private readonly paths: readonly (readonly [keyof FileOptions, string])[];
  private latest: Readonly<Record<string, unknown>>;

  /**
   * @param given what Node-RED has read
   * @param problem what is thrown when a file cannot be read
   */
  constructor(
    RED: NodeAPI,
    node: Node,
    given: FileOptions,
    private readonly problem: (reason: string) => As2Error,
  ) {
    this.paths = pathsOf(RED, node);
    this.latest = { ...given };
  }

  /**
   * @returns the files, when one of them is another than before
   * @throws As2Error when one cannot be read
   */
  async changed(): Promise<FileOptions | undefined> {
    const read = await Promise.all(
      this.paths.map(async ([option, path]) => [option, await this.bytesOf(path)] as const),
    );
    const options = Object.fromEntries(read) as Readonly<Record<string, Buffer>>;
    const isSame = Object.entries(options).every(([option, bytes]) => isEqual(bytes, this.latest[option]));
    if (isSame) return undefined;
    this.latest = options;
    return options;
  }

  private async bytesOf(path: string): Promise<Buffer> {
    try {
      return await readFile(path);
    } catch (error) {
      throw this.problem(error instanceof Error ? error.message : String(error));
    }
  }
}

function pathsOf(RED: NodeAPI, node: Node): (readonly [keyof FileOptions, string])[] {
  let def: TlsConfigDef | undefined;
  RED.nodes.eachNode((one) => {
    if (one.id === node.id) def = one;
  });
  const { certType = 'files', cert, key, ca, p12 } = def ?? ({} as Partial<TlsConfigDef>);
  const named = { cert, key, ca, pfx: p12 } as const;
  const options = certType === 'pfx' ? (['pfx'] as const) : (['cert', 'key', 'ca'] as const);
  if (certType !== 'pfx' && certType !== 'files') return [];
  return options.flatMap((option) => {
    const path = resolved(RED, node, named[option]?.trim() ?? '');
    return path === '' ? [] : [[option, path] as const];
  });
}

/** Node-RED puts the value of an environment variable in the place of `${NAME}`. */
function resolved(RED: NodeAPI, node: Node, path: string): string {
  const [, name] = /^\$\{(\S+)\}$/.exec(path) ?? [];
  return name === undefined ? path : (RED.util.getSetting(node, name) ?? '');
}

function isEqual(bytes: Buffer, before: unknown): boolean {
  return Buffer.isBuffer(before) && bytes.equals(before);
}
