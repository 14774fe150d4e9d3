import { LONGEST_INTEGER_BYTES } from './limits';
import { malformed } from './malformed';
import { decodeOid } from './oid';
import { type Tag, tags } from './tag';
import { type Asn1Node, expectTag, hasTag } from './tree';

/** The octets of an OCTET STRING, also of a constructed one (BER-02). `tag` for implicitly tagged ones. */
export function octetStringValue(node: Asn1Node | undefined, tag: Tag = tags.octetString): Buffer {
  const checked = expectTag(node, tag);
  if (!checked.constructed) return checked.content;
  const segments: Buffer[] = [];
  // The tree's depth is limited by the parser, so recursion is too.
  const collect = (children: readonly Asn1Node[]): void => {
    for (const child of children) {
      expectTag(child, tags.octetString);
      if (child.constructed) collect(child.children);
      else segments.push(child.content);
    }
  };
  collect(checked.children);
  return Buffer.concat(segments);
}

export function oidValue(node: Asn1Node | undefined): string {
  return decodeOid(primitive(node, tags.objectIdentifier));
}

/** The content octets of an INTEGER: two's complement, big end first. */
export function integerBytes(node: Asn1Node | undefined): Buffer {
  const content = primitive(node, tags.integer);
  if (content.length === 0 || content.length > LONGEST_INTEGER_BYTES)
    throw malformed('an integer has a bad length');
  return content;
}

/** A number that a version, a length or a parameter can be. */
export function smallInteger(node: Asn1Node | undefined): number {
  const content = integerBytes(node);
  if (content.length > 6) throw malformed('a number is too large');
  return content.readIntBE(0, content.length);
}

/** The octets of a BIT STRING that has no unused bits. */
export function bitStringBytes(node: Asn1Node | undefined): Buffer {
  const content = primitive(node, tags.bitString);
  if (content[0] !== 0) throw malformed('a bit string does not end with a whole octet');
  return content.subarray(1);
}

/** UTCTime or GeneralizedTime (X.690 §11.7, §11.8; RFC 5652 §11.3); undefined when the text is no time. */
export function timeValue(node: Asn1Node | undefined): Date | undefined {
  const isUtc = hasTag(node, tags.utcTime);
  if (!isUtc) expectTag(node, tags.generalizedTime);
  const text = node?.content.toString('latin1') ?? '';
  const parts = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(Z|[+-]\d{4})?$/.exec(
    // UTCTime has no century: RFC 5652 §11.3 puts 50-99 into the twentieth.
    isUtc ? (text < '50' ? `20${text}` : `19${text}`) : text,
  );
  if (!parts) return undefined;
  const [, century = '20', year, month, day, hour, minute, second = '00', zone = 'Z'] = parts;
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const time = new Date(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function primitive(node: Asn1Node | undefined, tag: Tag): Buffer {
  const checked = expectTag(node, tag);
  if (checked.constructed) throw malformed('an element is constructed that must not be');
  return checked.content;
}
