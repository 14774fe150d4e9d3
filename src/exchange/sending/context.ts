import { As2Error } from '../../errors';

const MOST_BYTES = 1024 * 1024;

/**
 * What a flow wants to have back with the outcome, as JSON.
 * @throws As2Error `context-unusable`
 */
export function contextText(context: object | undefined, messageId: string): string | undefined {
  if (context === undefined) return undefined;
  const unusable = (reason: string, cause?: unknown) =>
    new As2Error('context-unusable', { messageId, reason }, { cause });
  let text: string;
  try {
    text = JSON.stringify(context);
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error), error);
  }
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > MOST_BYTES) throw unusable(`it has ${sizeBytes} bytes, the most are ${MOST_BYTES}`);
  return text;
}
