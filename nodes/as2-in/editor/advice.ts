import { currentText } from '../../shared/editor/live';
import { say } from './say';

/** In megabytes: more than this in a Buffer is felt by everything else that runs in Node-RED. */
const LARGE = 500;

export function adviseAccept(node: EditorNode): string | undefined {
  return currentText(node, 'onTimeout') === 'accept' ? say('advice.accept') : undefined;
}

/** A file node behind it would save the path of a large document in the place of the document. */
export function adviseOutput(output: string): string | undefined {
  return output === 'auto' ? say('advice.auto') : undefined;
}

export function adviseSize(output: string, megabytes: string): string | undefined {
  const isInMemory = output === 'buffer' || output === 'text';
  return isInMemory && Number(megabytes) > LARGE ? say('advice.memory') : undefined;
}
