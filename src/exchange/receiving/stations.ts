import { as2NameCandidates, type RequestHeaders } from '../../as2';
import type { Relationship, StationDirectory } from '../types';

/** A directory of fixed relationships. */
export function stationDirectory(relationships: readonly Relationship[]): StationDirectory {
  return {
    find: ({ from, to }) =>
      relationships.find(({ identity, partner }) => partner.as2Name === from && identity.as2Name === to),
  };
}

/** The stations a request is between, by any of the names its header fields can mean (HDR-07). */
export function findStations(directory: StationDirectory, request: RequestHeaders): Relationship | undefined {
  for (const from of as2NameCandidates(request.fromField)) {
    for (const to of as2NameCandidates(request.toField)) {
      const found = directory.find({ from, to });
      if (found) return found;
    }
  }
  return undefined;
}
