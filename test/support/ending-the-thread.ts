import { bufferSource, type ByteSource, type Chunks } from '../../src/bytes';
import { digestThread } from '../../src/cms/digesting/digest-thread';

/** So much that the thread has work; less stays with the thread that has the bytes. */
const BEGUN_BYTES = 3 * 1024 * 1024;

/** Ends the thread in the middle of the bytes, as often as they are opened up to a number. */
export function endingTheThread(bytes: Buffer, times: number): ByteSource & { openings(): number } {
  let openings = 0;
  return {
    length: bytes.length,
    openings: () => openings,
    open() {
      openings++;
      return openings <= times ? withPoison(bytes) : bufferSource(bytes).open();
    },
  };
}

async function* withPoison(bytes: Buffer): Chunks {
  yield* bufferSource(bytes.subarray(0, BEGUN_BYTES)).open();
  // No order, which it cannot even answer.
  (await digestThread())?.post(undefined as never);
  yield* bufferSource(bytes.subarray(BEGUN_BYTES)).open();
}
