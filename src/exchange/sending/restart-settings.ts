import { randomUUID } from 'node:crypto';
import { Headers } from '../../mime';
import type { SendingSettings } from '../types';

const THRESHOLD_BYTES = 1024 * 1024;
const PAUSES_MS = [1, 2, 4, 8, 15].map((seconds) => seconds * 1000);

type Sending = Pick<SendingSettings, 'restart'>;

/** RST-01: the name of a transfer, in a message that is worth taking up again; no other one in the world has it. */
export function withTransferTag(headers: Headers, sizeBytes: number, { restart = false }: Sending): Headers {
  if (restart === false) return headers;
  const { thresholdBytes = THRESHOLD_BYTES } = restart === true ? {} : restart;
  if (sizeBytes < thresholdBytes) return headers;
  return Headers.fromPairs([...headers.entries(), ['ETag', `"${randomUUID()}"`]]);
}

export function restartPauses({ restart }: Sending): readonly number[] {
  return (typeof restart === 'object' ? restart.pausesMs : undefined) ?? PAUSES_MS;
}
