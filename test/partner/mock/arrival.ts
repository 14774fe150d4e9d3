import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { type Mic, micOfError, openMessage, readAs2Headers, type RequestHeaders } from '../../../src/as2';
import { bufferSource, readAll } from '../../../src/bytes';
import { cipherNames, digestNames } from '../../../src/cms';
import { type As2Error, toAs2Error } from '../../../src/errors';
import type { Headers } from '../../../src/mime';
import type { Certificate, KeyPair } from '../../../src/pki';

/** A message that arrived at the partner, opened where that was possible. */
export interface ArrivedMessage {
  readonly headers: Headers;
  /** As it travelled. */
  readonly body: Buffer;
  /** The AS2 header fields. */
  readonly as2: RequestHeaders;
  readonly opened?: OpenedContent;
  /** Why it could not be opened. */
  readonly problem?: As2Error;
  /** Wherever the content could be read. */
  readonly mic?: Mic;
  /** From which address it came. */
  readonly remoteAddress: string;
}

export interface OpenedContent {
  readonly payload: Buffer;
  readonly contentType: string;
  readonly filename?: string;
  readonly signed: boolean;
  readonly encrypted: boolean;
  readonly compressed: boolean;
  /** The parts of a multipart/related, the root too; absent when there is one document only. */
  readonly attachments?: readonly {
    readonly payload: Buffer;
    readonly contentType: string;
    readonly filename?: string;
  }[];
}

export interface OpeningKeys {
  readonly own: readonly KeyPair[];
  readonly peer: readonly Certificate[];
}

/** Messages of tests are small; they are held in memory. */
const LARGEST_BYTES = 1024 ** 3;

export async function openArrived(
  headers: Headers,
  body: Buffer,
  remoteAddress: string,
  keys: OpeningKeys,
): Promise<ArrivedMessage> {
  const as2 = readAs2Headers(headers);
  const arrived = { headers, body, as2, remoteAddress };
  const directory = join(tmpdir(), `as2-trading-partner-${randomUUID()}`);
  try {
    const micAlgorithms = as2.receipt?.micalg?.values;
    const message = await openMessage(
      { headers, body: bufferSource(body) },
      {
        keys: keys.own,
        signingCertificates: keys.peer,
        spill: { directory, thresholdBytes: LARGEST_BYTES, limitBytes: LARGEST_BYTES },
        splitAttachments: true,
        policy: { allowedDigests: digestNames, allowedCiphers: cipherNames },
        ...(micAlgorithms ? { micAlgorithms } : {}),
      },
    );
    const { payload, attachments, signed, encrypted, compressed, mic } = message;
    const parts = attachments && (await Promise.all(attachments.map((one) => contentOf(one))));
    return {
      ...arrived,
      mic,
      opened: {
        ...(await contentOf(payload)),
        signed,
        encrypted,
        compressed,
        ...(parts ? { attachments: parts } : {}),
      },
    };
  } catch (error) {
    const problem = toAs2Error(error);
    const mic = micOfError(problem);
    return { ...arrived, problem, ...(mic ? { mic } : {}) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Content = Awaited<ReturnType<typeof openMessage>>['payload'];

async function contentOf({ bytes, contentType, filename }: Content): Promise<{
  payload: Buffer;
  contentType: string;
  filename?: string;
}> {
  const payload = await readAll(bytes.open(), LARGEST_BYTES, () => toAs2Error(new Error('too large')));
  return { payload, contentType, ...(filename === undefined ? {} : { filename }) };
}
