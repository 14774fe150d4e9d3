import {
  type Asn1Node,
  childrenOf,
  octetString,
  octetStringValue,
  oid,
  oidValue,
  sequence,
  setOf,
  tags,
  time,
  timeValue,
} from '../../asn1';
import { setOfForms } from '../attribute-forms';
import { attributeTypes } from '../oids';
import { smimeCapabilities } from './capabilities';

/** The signed attributes of a SignerInfo (RFC 5652 §5.3, §11). */
export interface SignedAttributes {
  /** What may have been signed: the SET OF as received first, then in DER (SIG-04). */
  readonly signedForms: Iterable<Buffer>;
  /** Undefined unless the attribute is there once with one value (SIG-06). */
  readonly contentType: string | undefined;
  readonly messageDigest: Buffer | undefined;
  readonly signingTime: Date | undefined;
  /** An attribute that must be single is there several times or with several values. */
  readonly ambiguous: boolean;
}

/** @param node the `[0] IMPLICIT SignedAttributes` */
export function readSignedAttributes(node: Asn1Node): SignedAttributes {
  const values = new Map<string, Asn1Node[]>();
  for (const attribute of node.children) {
    const [type, set] = childrenOf(attribute);
    const dotted = oidValue(type);
    values.set(dotted, [...(values.get(dotted) ?? []), ...childrenOf(set, tags.set)]);
  }
  const single = (type: string): Asn1Node | undefined => {
    const found = values.get(type);
    return found?.length === 1 ? found[0] : undefined;
  };
  const contentType = single(attributeTypes.contentType);
  const messageDigest = single(attributeTypes.messageDigest);
  const signingTime = single(attributeTypes.signingTime);
  return {
    signedForms: { [Symbol.iterator]: () => setOfForms(node) },
    contentType: contentType && oidValue(contentType),
    messageDigest: messageDigest && octetStringValue(messageDigest),
    signingTime: signingTime && timeValue(signingTime),
    ambiguous: [attributeTypes.contentType, attributeTypes.messageDigest].some((type) => {
      return (values.get(type)?.length ?? 0) > 1;
    }),
  };
}

/** The attributes that are sent, as the SET OF that is signed. */
export function signedAttributes(contentType: string, messageDigest: Buffer, signingTime: Date): Buffer {
  return setOf([
    attribute(attributeTypes.contentType, oid(contentType)),
    attribute(attributeTypes.signingTime, time(signingTime)),
    attribute(attributeTypes.messageDigest, octetString(messageDigest)),
    CAPABILITIES,
  ]);
}

/** The same in every signature. */
const CAPABILITIES = attribute(attributeTypes.smimeCapabilities, smimeCapabilities);

function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), setOf([value]));
}
