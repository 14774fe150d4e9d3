import { As2Error, isAs2Error } from '../errors';

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
 * The storage failure that lies at the bottom of an error, or undefined when the store is not to blame. Such a
 * failure says nothing about the message: the sender gets a 503 and comes again.
 */
export function asStoreError(error: unknown, path: string): As2Error | undefined {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 10; depth++) {
    if (isAs2Error(at) && (at.code === 'store-full' || at.code === 'store-unavailable')) return at;
    const { code, cause, message = '' } = at as { code?: unknown; cause?: unknown; message?: string };
    if (FULL.has(String(code))) return new As2Error('store-full', { path }, { cause: error });
    if (UNAVAILABLE.has(String(code))) {
      return new As2Error('store-unavailable', { path, reason: message }, { cause: error });
    }
    at = cause;
  }
  return isAs2Error(error) && error.code === 'spill-failed'
    ? new As2Error('store-unavailable', { path, reason: error.message }, { cause: error })
    : undefined;
}

/** Runs work on the disk; what fails there is reported as a storage failure. */
export async function storing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error, path) ?? error;
  }
}
