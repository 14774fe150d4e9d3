import { BerStreamReader, contextTag, parseBer, oidValue, tags } from '../asn1';
import { ByteReader, type Chunks } from '../bytes';
import { As2Error } from '../errors';
import { contentTypes } from './oids';

export type ContentInfoType = 'signed-data' | 'enveloped-data' | 'auth-enveloped-data' | 'compressed-data';

/** A ContentInfo of which the type has been read; its content is next in `ber`. */
export interface OpenedContentInfo {
  readonly type: ContentInfoType;
  readonly ber: BerStreamReader;
  /** Reads what ends the ContentInfo, and what follows it to the end: no harm by itself (BER-05). */
  finish(): Promise<void>;
  /** After `finish`: something other than white space followed. Inside an encrypted layer that is an attack (SEC-03). */
  readonly followed: boolean;
  /** Releases what lies underneath. */
  close(): Promise<void>;
}

const typesByOid: Readonly<Record<string, ContentInfoType>> = {
  [contentTypes.signedData]: 'signed-data',
  [contentTypes.envelopedData]: 'enveloped-data',
  [contentTypes.authEnvelopedData]: 'auth-enveloped-data',
  [contentTypes.compressedData]: 'compressed-data',
};

const LONGEST_OID_ELEMENT_BYTES = 128;
/** Tab, line feed, carriage return, blank. */
const WHITE_SPACE: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/**
 * Reads the outermost structure of CMS (RFC 5652 §3). The object identifier decides what it is, not `smime-type`
 * (MIME-09).
 * @throws As2Error `asn1-malformed`, `truncated`, `content-type-unexpected`
 */
export async function openContentInfo(chunks: Chunks): Promise<OpenedContentInfo> {
  const reader = new ByteReader(chunks);
  const ber = new BerStreamReader(reader);
  let followed = false;
  try {
    await ber.enter(tags.sequence);
    const contentType = oidValue(parseBer(await ber.readElement(LONGEST_OID_ELEMENT_BYTES)));
    const type = typesByOid[contentType];
    if (!type) {
      throw new As2Error('content-type-unexpected', {
        found: contentType,
        expected: 'signed or enveloped data',
      });
    }
    await ber.enter(contextTag(0));
    return {
      type,
      ber,
      async finish() {
        await ber.leave();
        await ber.leave();
        for await (const chunk of reader.rest()) followed ||= chunk.some((byte) => !WHITE_SPACE.has(byte));
      },
      get followed() {
        return followed;
      },
      close: () => reader.close(),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

export function assertContentInfoType(
  opened: OpenedContentInfo,
  ...expected: readonly ContentInfoType[]
): void {
  if (expected.includes(opened.type)) return;
  throw new As2Error('content-type-unexpected', { found: opened.type, expected: expected.join(', ') });
}
