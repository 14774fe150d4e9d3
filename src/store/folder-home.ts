import type { Clock } from './clock';
import type { Journal } from './journal/journal';
import type { RecentFiles } from './recent-files';

/** What an exchange needs of the spool it belongs to. */
export interface FolderHome {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly recent: RecentFiles;
  /** Up to this many octets a file lies in the journal. */
  readonly smallBytes: number;
  /** Where the folder of an exchange is built, and where it goes before it is removed. */
  readonly asideOf: (id: string) => string;
}
