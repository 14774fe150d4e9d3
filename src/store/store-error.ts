import { As2Error, isAs2Error } from '../errors';

/** What the store itself reports. */
const OWN = new Set([
  'exchange-unreadable',
  'journal-damaged',
  'journal-missing',
  'journal-newer',
  'runtime-without-sqlite',
  'store-full',
  'store-in-use',
  'store-unavailable',
]);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** What a file system answers when it does not work as a store, whatever the message looks like. */
const UNAVAILABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'EMFILE',
  'ENFILE',
  'EBUSY',
  'ENODEV',
  'ENXIO',
  'ESTALE',
]);

/**
 * The storage failure in an error, or undefined when the store is not to blame. Such a failure says nothing about the
 * message: the sender gets a 503 and comes again.
 *
 * A code of the operating system counts only where the store itself reports it: below other errors it may come from a
 * socket or from the file a user wants to send.
 */
export function asStoreError(error: unknown, path: string): As2Error | undefined {
  if (!isAs2Error(error)) return fromSystem(error, path, error);
  if (OWN.has(error.code)) return error;
  if (error.code !== 'spill-failed')
    return isAs2Error(error.cause) ? asStoreError(error.cause, path) : undefined;
  const unavailable = new As2Error('store-unavailable', { path, reason: error.message }, { cause: error });
  return fromSystem(error.cause, path, error) ?? unavailable;
}

function fromSystem(failure: unknown, path: string, cause: unknown): As2Error | undefined {
  if (!(failure instanceof Error) || !('code' in failure)) return undefined;
  const code = String(failure.code);
  if (FULL.has(code)) return new As2Error('store-full', { path }, { cause });
  if (!UNAVAILABLE.has(code)) return undefined;
  return new As2Error('store-unavailable', { path, reason: failure.message }, { cause });
}

/** Runs work on the disk; what fails there is reported as a storage failure. */
export async function storing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error, path) ?? error;
  }
}
