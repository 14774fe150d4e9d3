import type { Node, NodeStatusFill, NodeStatusShape } from 'node-red';
import type { As2Error } from '../../src/errors';

/** Nobody reads faster, and translating and publishing a line for every one of many messages is felt. */
const PAUSE_MS = 200;

interface Line {
  readonly fill: NodeStatusFill;
  readonly shape: NodeStatusShape;
  readonly text: string | (() => string);
}

/**
 * The line under a node in the editor: what is said last counts, and of much that is said quickly only that is shown.
 * Nothing is shown any more once the node was closed.
 */
export class StatusLine {
  private closed = false;
  private next: Line | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly node: Node) {}

  /** @param text as a function it is made only when it is shown */
  show(fill: NodeStatusFill, shape: NodeStatusShape, text: Line['text']): void {
    this.next = { fill, shape, text };
    if (!this.timer) this.write();
  }

  /** The code in words is short enough for the line; the whole sentence goes to Catch nodes and the log. */
  showError(error: As2Error): void {
    this.next = { fill: 'red', shape: 'ring', text: error.code.replaceAll('-', ' ') };
    this.write();
  }

  close(): void {
    clearTimeout(this.timer);
    this.node.status({});
    this.closed = true;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.closed || !this.next) return;
    const { fill, shape, text } = this.next;
    this.next = undefined;
    this.timer = setTimeout(() => this.write(), PAUSE_MS).unref();
    this.node.status({ fill, shape, text: typeof text === 'string' ? text : text() });
  }
}

/** `14:05` */
export function clock(now = new Date()): string {
  return `${String(now.getHours()).padStart(2, '0')}:${String(now.getMinutes()).padStart(2, '0')}`;
}
