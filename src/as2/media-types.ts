import { type Headers, parseParameterized, type Parameterized } from '../mime';

/*
 * The content types AS2 gives a meaning to (RFC 4130 §4.2), with the spellings that are met (MIME-08).
 */

const SIGNED = /^multipart\/signed$/;
const REPORT = /^multipart\/report$/;
const NOTIFICATION = /^message\/disposition-notification$/;
const CMS = /^application\/(?:x-)?pkcs-?7-mime$/;
const OCTETS = /^application\/octet-stream$/;
/** A CMS object under a general type is known by its file name (MIME-09). */
const CMS_FILE_NAME = /\.p7[mzs]$/i;

export type EntityKind =
  /** multipart/signed */
  | 'signed'
  /** a CMS object: enveloped, compressed, or opaque signed data; its own identifier tells which (MIME-09) */
  | 'cms'
  /** multipart/report: a receipt */
  | 'report'
  /** message/disposition-notification: the machine-readable part of a receipt, also alone (RCV-01) */
  | 'notification'
  | 'content';

/** RFC 2045 §5.2 would say text/plain; products that leave the type away send data (HDR-17). */
const DEFAULT_TYPE = 'application/octet-stream';

/** Asked for several times while a message is being opened. */
const known = new WeakMap<Headers, Parameterized>();

export function mediaTypeOfEntity(headers: Headers): Parameterized {
  let mediaType = known.get(headers);
  if (!mediaType) {
    const field = headers.get('Content-Type');
    mediaType = parseParameterized(field === undefined || field === '' ? DEFAULT_TYPE : field);
    known.set(headers, mediaType);
  }
  return mediaType;
}

export function entityKind(headers: Headers): EntityKind {
  const { value, parameters } = mediaTypeOfEntity(headers);
  if (SIGNED.test(value)) return 'signed';
  if (REPORT.test(value)) return 'report';
  if (NOTIFICATION.test(value)) return 'notification';
  if (CMS.test(value)) return 'cms';
  if (!OCTETS.test(value)) return 'content';
  const filename = parseParameterized(headers.get('Content-Disposition') ?? '').parameters.get('filename');
  return CMS_FILE_NAME.test(filename ?? parameters.get('name') ?? '') ? 'cms' : 'content';
}
