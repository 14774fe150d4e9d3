/** X.690 §8.1.2.2: the two high bits of the identifier octet. */
export const TagClass = { universal: 0, application: 1, context: 2, private: 3 } as const;
export type TagClass = (typeof TagClass)[keyof typeof TagClass];

/** What an element is called; whether it is primitive or constructed is a matter of encoding, not of the name. */
export interface Tag {
  readonly tagClass: TagClass;
  readonly number: number;
}

function universal(number: number): Tag {
  return { tagClass: TagClass.universal, number };
}

/** The universal types that CMS and X.509 use. */
export const tags = {
  endOfContents: universal(0),
  boolean: universal(1),
  integer: universal(2),
  bitString: universal(3),
  octetString: universal(4),
  null: universal(5),
  objectIdentifier: universal(6),
  utf8String: universal(12),
  sequence: universal(16),
  set: universal(17),
  printableString: universal(19),
  teletexString: universal(20),
  ia5String: universal(22),
  utcTime: universal(23),
  generalizedTime: universal(24),
  universalString: universal(28),
  bmpString: universal(30),
} as const satisfies Record<string, Tag>;

/** `[number]` of the standards' notation. */
export function contextTag(number: number): Tag {
  return { tagClass: TagClass.context, number };
}

const usual = Object.values(TagClass).map((tagClass) =>
  Array.from({ length: 31 }, (_none, number): Tag => ({ tagClass, number })),
);

/** One object for each of the usual tags: messages have hundreds of elements. */
export function readTag(tagClass: TagClass, number: number): Tag {
  return usual[tagClass]?.[number] ?? { tagClass, number };
}

export function sameTag(a: Tag, b: Tag): boolean {
  return a.tagClass === b.tagClass && a.number === b.number;
}

/** For error texts. */
export function describeTag(tag: Tag): string {
  if (tag.tagClass === TagClass.context) return `[${tag.number}]`;
  const name = Object.entries(tags).find(([, known]) => sameTag(known, tag))?.[0];
  return name ?? `tag ${tag.number} of class ${tag.tagClass}`;
}
