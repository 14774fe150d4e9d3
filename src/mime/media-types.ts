/** RFC 1767 types, spelled as RFC 4130 §4.2 spells them, with their file name extensions. */
const ediTypes: Readonly<Record<string, readonly string[]>> = {
  'application/EDI-X12': ['x12'],
  'application/EDIFACT': ['edifact', 'eancom'],
  'application/edi-consent': ['vda', 'tradacoms'],
};

const typeBySegment: ReadonlyMap<string, string> = new Map([
  ['ISA', 'application/EDI-X12'],
  ['STX', 'application/edi-consent'],
  ['UNA', 'application/EDIFACT'],
  ['UNB', 'application/EDIFACT'],
]);

/** What EDI files are mostly called, whatever their standard. */
const EDI_EXTENSION = 'edi';

/**
 * The media type for a file name, by its extension; undefined for an unknown one. The first bytes of the content
 * tell the standards apart that share the extension `edi`; without them it counts as X12.
 */
export async function mediaTypeOf(filename: string, start?: Buffer): Promise<string | undefined> {
  const extension = /\.([^./\\]+)$/.exec(filename)?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  if (extension === EDI_EXTENSION) return (start && ediTypeOf(start)) ?? 'application/EDI-X12';
  const edi = Object.keys(ediTypes).find((type) => ediTypes[type]?.includes(extension));
  return edi ?? (await knownTypes()).getType(extension) ?? undefined;
}

/**
 * The media type of an EDI interchange by its first segment: UNA or UNB (ISO 9735), ISA (X12), STX (TRADACOMS).
 * White space and a UTF-8 byte order mark in front are passed over.
 */
export function ediTypeOf(start: Buffer): string | undefined {
  const segment = /^(?:\u00ef\u00bb\u00bf)?\s*([A-Z]{3})(?![A-Za-z0-9])/.exec(
    start.toString('latin1', 0, 64),
  )?.[1];
  return segment === undefined ? undefined : typeBySegment.get(segment);
}

/** The package is an ES module, and large: it is loaded when first asked. */
async function knownTypes() {
  return (await import('mime')).default;
}
