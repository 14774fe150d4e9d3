import { As2Error } from '../../src/errors';
import type { Partner, RetrySettings, SendingSettings } from '../../src/exchange';
import {
  LONGEST_RECEIPT_WAIT,
  MOST_ATTEMPTS,
  MOST_PARALLEL,
  RECEIPT_DELIVERY,
  RECEIPT_OVERDUE,
  STATUS,
  UNSUITABLE_FILENAMES,
} from './choices';
import { core } from './core';
import { choice, positive, text, wholeNumber } from './settings';

/** How messages get to a partner and receipts come back, as configured. */
export interface DeliveryDef {
  readonly receiptDelivery?: string;
  /** Where asynchronous receipts are to go; empty: the URL of the identity. */
  readonly receiptUrl?: string;
  /** Minutes. */
  readonly receiptTimeout?: number | string;
  readonly receiptOverdue?: string;
  /** How often a message is sent at most, the first time included. */
  readonly attempts?: number | string;
  /** HTTP statuses, with blanks or commas between them, after which a message is sent again although they mean "never". */
  readonly alsoStatuses?: string;
  /** Messages on their way at one time. */
  readonly parallel?: number | string;
  /** Hosts, with blanks or commas between them, to which the partner may ask for receipts beside that of its URL. */
  readonly receiptHosts?: string;
  /** What becomes of a message whose document has a file name that cannot be used as it is. */
  readonly unsuitableFilenames?: string;
}

const MINUTE_MS = 60_000;

/** @throws As2Error `environment-missing`, `setting-invalid`, `receipt-url-missing` */
export function readReceiptDelivery(
  def: DeliveryDef,
  { partner, identityUrl }: { readonly partner: string; readonly identityUrl: string },
): Pick<SendingSettings, 'receiptDelivery' | 'receiptUrl' | 'receiptTimeoutMs' | 'receiptOverdue'> {
  const receiptDelivery = choice(def.receiptDelivery, 'receipt comes', RECEIPT_DELIVERY, 'sync');
  if (receiptDelivery === 'sync') return { receiptDelivery };
  const receiptUrl = text(def.receiptUrl, 'receipt URL') || identityUrl;
  if (receiptUrl === '') throw new As2Error('receipt-url-missing', { partner });
  core.http.parseHttpUrl(receiptUrl);
  return {
    receiptDelivery,
    receiptUrl,
    receiptTimeoutMs: MINUTE_MS * positive(def.receiptTimeout, 'receipt time-out', 30, LONGEST_RECEIPT_WAIT),
    receiptOverdue: choice(def.receiptOverdue, 'if the receipt is late', RECEIPT_OVERDUE, 'fail'),
  };
}

/** @throws As2Error `environment-missing`, `setting-invalid` */
export function readDelivery(
  def: DeliveryDef,
): Required<Pick<Partner, 'retry' | 'parallel' | 'receiptHosts' | 'unsuitableFilenames'>> {
  return {
    retry: {
      attempts: wholeNumber(def.attempts, 'attempts', 10, MOST_ATTEMPTS),
      ...readAlsoStatuses(text(def.alsoStatuses, 'try again also after')),
    },
    parallel: wholeNumber(def.parallel, 'messages at a time', 4, MOST_PARALLEL),
    receiptHosts: text(def.receiptHosts, 'receipt hosts')
      .split(/[\s,;]+/)
      .filter((host) => host !== ''),
    unsuitableFilenames: choice(
      def.unsuitableFilenames,
      'unsuitable file names',
      UNSUITABLE_FILENAMES,
      'rename',
    ),
  };
}

/** REL-03. @throws As2Error `setting-invalid` */
function readAlsoStatuses(list: string): Pick<RetrySettings, 'alsoStatuses'> {
  const statuses = list.split(/[\s,;]+/).filter((status) => status !== '');
  for (const value of statuses) {
    if (STATUS.test(value)) continue;
    const expected = 'HTTP statuses of refusals, from 300 to 599, such as 404 409';
    throw new As2Error('setting-invalid', { setting: 'try again also after', value, expected });
  }
  return statuses.length === 0 ? {} : { alsoStatuses: statuses.map(Number) };
}
