import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { DebugSidebar } from './debug-sidebar';
import { packageRoot } from './paths';

export interface NodeRedOptions {
  /** Where Node-RED keeps its things; without it a fresh one is made and removed again. */
  readonly userDirectory?: string;
  /** Added to the quiet settings for tests; anything JSON can say. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Default: any free one. */
  readonly port?: number;
  /** The built package that is linked into the user directory; `none` when the test has installed it itself. */
  readonly packageDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A node of a flow as Node-RED's JSON has it. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  credentials?: Record<string, string>;
  [property: string]: unknown;
}

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * The Node binary and the Node-RED that tests run on: those of this checkout, or the ones the matrix names by
 * AS2_TEST_NODE (a file) and AS2_TEST_NODE_RED (the directory of the `node-red` package).
 */
export function testedRuntime(): { readonly node: string; readonly nodeRed: string } {
  return {
    node: process.env.AS2_TEST_NODE ?? process.execPath,
    nodeRed: process.env.AS2_TEST_NODE_RED ?? dirname(require.resolve('node-red/package.json')),
  };
}

/** Starts a real Node-RED with our package and waits until its flows run. Whoever starts it stops it. */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRedProcess> {
  const own = options.userDirectory === undefined;
  const userDirectory = options.userDirectory ?? (await mkdtemp(join(tmpdir(), 'as2-node-red-')));
  try {
    await prepareUserDirectory(userDirectory, options);
    const { node, nodeRed } = testedRuntime();
    const child = spawn(
      node,
      [join(nodeRed, 'red.js'), '--userDir', userDirectory, '--settings', join(userDirectory, 'settings.js')],
      {
        cwd: userDirectory,
        env: { ...process.env, ...options.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return await NodeRedProcess.whenStarted(child, userDirectory, own);
  } catch (error) {
    if (own) await rm(userDirectory, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
}

/** One running Node-RED. */
export class NodeRedProcess {
  /** What it wrote so far, line by line. */
  readonly log: string[] = [];
  /** Address of editor and nodes, without a slash at the end. */
  url = '';
  private exited = false;
  private sidebar: Promise<DebugSidebar> | undefined;
  private readonly onParentExit = () => this.child.kill('SIGKILL');

  private constructor(
    private readonly child: ChildProcess,
    readonly userDirectory: string,
    private readonly removeUserDirectory: boolean,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.log.push(line));
    }
    child.once('exit', () => (this.exited = true));
    process.once('exit', this.onParentExit);
  }

  static async whenStarted(
    child: ChildProcess,
    userDirectory: string,
    own: boolean,
  ): Promise<NodeRedProcess> {
    const nodeRed = new NodeRedProcess(child, userDirectory, own);
    try {
      const running = await nodeRed.waitForLog(/Server now running at (\S+)/, START_TIMEOUT_MS);
      nodeRed.url = (running[1] ?? '').replace(/\/$/, '');
      await nodeRed.waitForLog(/Started flows|Waiting for missing types/, START_TIMEOUT_MS);
      return nodeRed;
    } catch (error) {
      await nodeRed.stop();
      throw error;
    }
  }

  get processId(): number | undefined {
    return this.child.pid;
  }

  /** The JSON an admin address answers with, e.g. `/nodes`. */
  async getJson<T>(path: string): Promise<T> {
    const response = await this.request(path, { headers: { Accept: 'application/json' } });
    return (await response.json()) as T;
  }

  /** @throws when the answer is not a 2xx one */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.url + path, init);
    if (!response.ok) {
      throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  }

  /** Deploys these flows in place of all others, as the editor does, and waits until they run. */
  async deploy(flows: readonly FlowNode[]): Promise<void> {
    const before = this.log.length;
    await this.request('/flows', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Node-RED-API-Version': 'v2' },
      body: JSON.stringify({ flows }),
    });
    await this.waitForLog(/Started flows|Waiting for missing types/, START_TIMEOUT_MS, before);
  }

  /** Presses the button of an inject node. */
  async inject(nodeId: string): Promise<void> {
    await this.request(`/inject/${nodeId}`, { method: 'POST' });
  }

  /** What debug nodes show from now on. */
  async debugSidebar(): Promise<DebugSidebar> {
    this.sidebar ??= DebugSidebar.open(this.url);
    return this.sidebar;
  }

  /**
   * The first line from `fromLine` on that fits.
   * @throws with the end of the log, when the process ends or the time is over
   */
  async waitForLog(pattern: RegExp, timeoutMs: number, fromLine = 0): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (let line = fromLine; ;) {
      for (; line < this.log.length; line++) {
        const match = pattern.exec(this.log[line] ?? '');
        if (match) return match;
      }
      if (this.exited || Date.now() > deadline) {
        const reason = this.exited ? 'Node-RED ended' : `no such line in ${timeoutMs / 1000} s`;
        throw new Error(
          `Waited for ${String(pattern)}, but ${reason}. Its log:\n${this.log.slice(-40).join('\n')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the process between two instructions; what it has on the disk stays. */
  async kill(): Promise<void> {
    await this.sidebar?.then((sidebar) => sidebar.close()).catch(() => undefined);
    if (!this.exited) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exit;
    }
    process.removeListener('exit', this.onParentExit);
  }

  /** Ends the process as Ctrl-C does, and hard when it does not end. */
  async stop(): Promise<void> {
    await (await this.sidebar?.catch(() => undefined))?.close();
    if (!this.exited) {
      const exit = once(this.child, 'exit');
      const hard = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      this.child.kill('SIGTERM');
      await exit;
      clearTimeout(hard);
    }
    process.removeListener('exit', this.onParentExit);
    if (this.removeUserDirectory) {
      await rm(this.userDirectory, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

async function prepareUserDirectory(userDirectory: string, options: NodeRedOptions): Promise<void> {
  const settings = {
    uiHost: '127.0.0.1',
    uiPort: options.port ?? 0,
    lang: 'en-US',
    flowFile: 'flows.json',
    credentialSecret: 'only for tests',
    // Without these a dialog about updates lies over the editor.
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false },
    ...options.settings,
  };
  await mkdir(join(userDirectory, 'node_modules'), { recursive: true });
  await writeFile(
    join(userDirectory, 'settings.js'),
    `module.exports = ${JSON.stringify(settings, undefined, 2)};\n`,
  );
  const packageDirectory = options.packageDirectory ?? packageRoot;
  if (packageDirectory === 'none') return;
  const link = join(userDirectory, 'node_modules', 'node-red-contrib-as2');
  if (!existsSync(link)) await symlink(packageDirectory, link, 'junction');
  await writeFile(
    join(userDirectory, 'package.json'),
    JSON.stringify({
      name: 'node-red-project',
      private: true,
      version: '0.0.1',
      dependencies: { 'node-red-contrib-as2': `file:${packageDirectory}` },
    }),
  );
}
