import { As2Error } from '../errors';

/** @param position in bytes from the start of what is being read */
export function malformed(problem: string, position?: number): As2Error<'asn1-malformed'> {
  const where = position === undefined ? '' : ` (at byte ${position})`;
  return new As2Error('asn1-malformed', { problem: problem + where });
}
