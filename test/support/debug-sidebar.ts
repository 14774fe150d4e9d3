/** One entry of the editor's debug sidebar. */
export interface DebugMessage {
  /** Name of the debug node, or of the node that reported an error. */
  readonly name: string;
  readonly nodeId: string;
  readonly format: string;
  /** The shown property, decoded. */
  readonly value: unknown;
}

/** The part of Node-RED's message that is used here. */
interface DebugEvent {
  readonly topic: string;
  readonly data: {
    readonly id?: string;
    readonly name?: string;
    readonly format?: string;
    readonly msg?: unknown;
  };
}

/** Reads what debug nodes show, over the same socket as the editor's sidebar; so flows are tested as they are. */
export class DebugSidebar {
  /** Everything that was shown since the connection stands. */
  readonly shown: DebugMessage[] = [];
  private readonly taken = new Set<DebugMessage>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', (event) => {
      for (const { topic, data } of JSON.parse(String(event.data)) as DebugEvent[]) {
        if (topic === 'debug') this.shown.push(decode(data));
      }
    });
  }

  /** @param url address of the Node-RED, without a slash at the end */
  static async open(url: string): Promise<DebugSidebar> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/comms`);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error(`no connection to ${url}/comms`)), {
        once: true,
      });
    });
    const sidebar = new DebugSidebar(socket);
    // Node-RED answers a subscription with what it retains of that topic, which debug messages are not.
    socket.send(JSON.stringify({ subscribe: 'debug' }));
    return sidebar;
  }

  /**
   * The next thing the debug node of this name shows; each is given once.
   * @param unless name of a debug node that shows failures: what it shows ends the waiting
   * @throws on a failure, and when the time is over
   */
  async next<T>(
    name: string,
    options: { readonly timeoutMs?: number; readonly unless?: string } = {},
  ): Promise<T> {
    const { timeoutMs = 40_000, unless } = options;
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      for (const message of this.shown) {
        if (this.taken.has(message)) continue;
        if (message.name === name) {
          this.taken.add(message);
          return message.value as T;
        }
        if (message.name === unless) {
          this.taken.add(message);
          throw new Error(`Waited for "${name}", but "${unless}" shows: ${JSON.stringify(message.value)}`);
        }
      }
      if (Date.now() > deadline) {
        const others = this.shown.map((message) => `${message.name}: ${JSON.stringify(message.value)}`);
        throw new Error(
          `"${name}" showed nothing in ${timeoutMs / 1000} s. Shown so far:\n${others.join('\n')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => this.socket.addEventListener('close', resolve, { once: true }));
    this.socket.close();
    await closed;
  }
}

function decode(data: DebugEvent['data']): DebugMessage {
  const { id = '', name = '', format = '', msg } = data;
  const isJson = typeof msg === 'string' && /^(Object|array|error)/i.test(format);
  return { nodeId: id, name: name === '' ? id : name, format, value: isJson ? parseShown(msg) : msg };
}

/** Node-RED writes what JSON has no word for as an object of its own. */
function parseShown(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    const encoded = value as { __enc__?: boolean; type?: string } | null;
    return encoded?.__enc__ === true && encoded.type === 'undefined' ? undefined : value;
  });
}
