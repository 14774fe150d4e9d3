import { As2Error } from '../../errors';
import type { ExchangeFile } from '../../store';
import type { IncomingFolder } from './arrival';
import type { ReceivedBytes, ReceivedMessage } from '../types';

/**
 * The message that rests in a folder, for the flow.
 * @throws As2Error `exchange-unreadable`, `store-unavailable`
 */
export async function messageIn(folder: IncomingFolder, redelivered: boolean): Promise<ReceivedMessage> {
  const { id, facts } = folder.record;
  if (!facts.message) {
    throw new As2Error('exchange-unreadable', { exchange: id, reason: 'it does not describe the message' });
  }
  const { attachments, ...message } = facts.message;
  const payload = await bytesIn(folder, 'payload');
  return {
    exchangeId: id,
    ...message,
    redelivered,
    payload,
    ...(attachments
      ? {
          attachments: await Promise.all(
            attachments.map(async ({ file, ...attachment }) => ({
              ...attachment,
              payload: file === 'payload' ? payload : await bytesIn(folder, file),
            })),
          ),
        }
      : {}),
  };
}

async function bytesIn(folder: IncomingFolder, file: ExchangeFile): Promise<ReceivedBytes> {
  const source = await folder.source(file);
  return { ...source, read: () => folder.read(file), file: () => folder.file(file) };
}
