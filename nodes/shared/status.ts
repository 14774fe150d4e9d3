import type { Node, NodeStatusFill, NodeStatusShape } from 'node-red';
import type { As2Error } from '../../src/errors';

/** The line under a node in the editor; nothing is shown any more once the node was closed. */
export class StatusLine {
  private closed = false;

  constructor(private readonly node: Node) {}

  show(fill: NodeStatusFill, shape: NodeStatusShape, text: string): void {
    if (!this.closed) this.node.status({ fill, shape, text });
  }

  /** The code in words is short enough for the line; the whole sentence goes to Catch nodes and the log. */
  showError(error: As2Error): void {
    this.show('red', 'ring', error.code.replaceAll('-', ' '));
  }

  close(): void {
    this.node.status({});
    this.closed = true;
  }
}

/** `14:05` */
export function clock(now = new Date()): string {
  return `${String(now.getHours()).padStart(2, '0')}:${String(now.getMinutes()).padStart(2, '0')}`;
}
