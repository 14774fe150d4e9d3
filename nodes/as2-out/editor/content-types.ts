/** The media types of business documents: RFC 1767, RFC 7303 and what partners commonly agree on. */
const COMMON = [
  'application/EDIFACT',
  'application/EDI-X12',
  'application/edi-consent',
  'application/xml',
  'application/json',
  'application/pdf',
  'application/octet-stream',
  'text/plain',
  'text/csv',
] as const;

/** A text, with the common types offered while one types. */
export const contentTypes: TypedInputType = {
  value: 'str',
  label: 'string',
  icon: 'red/images/typedInput/az.svg',
  autoComplete: (typed) =>
    COMMON.filter((type) => type.toLowerCase().includes(typed.toLowerCase())).map((type) => ({
      value: type,
      label: type,
    })),
};
