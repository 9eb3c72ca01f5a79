// @ts-check
/** What the user is told in addition to the integration's texts: what is left to do and why something failed. Pure. */

import { ApiError } from './api.js';
import { AttendeesLost, PlaceError } from './insert.js';
import { OutlookError } from './office.js';
import { words } from './fixed_words.js';

/** @import {Placed} from './insert.js' */

const BLOCKED = [12009, 12011]; // the user, or the browser, blocked the dialog

/**
 * @param {Placed} placed
 * @param {boolean} isOccurrence
 */
export function placedHint({ block, mailboxSeen, locationResult }, isOccurrence) {
  const about = { kept: words.locationKept, failed: words.locationFailed, set: '', '': '' };
  const mailbox = block.mailbox && !mailboxSeen ? words.mailboxUnseen(block.mailbox.name || block.mailbox.address) : '';
  return [isOccurrence ? words.onlyThisDate : '', mailbox, about[locationResult]].filter(Boolean).join(' ');
}

/**
 * @param {unknown} error
 * @param {string} mailbox  its name
 */
export function hintOf(error, mailbox) {
  if (error instanceof PlaceError && error.unanswered) return words.unanswered(mailbox);
  if (error instanceof PlaceError && !error.restored) return words.notRestored;
  if (error instanceof AttendeesLost) return words.lost(error.lost.map(({ name, address }) => name || address));
  if (error instanceof OutlookError && BLOCKED.includes(error.code)) return words.popupBlocked;
  if (!(error instanceof ApiError)) return '';
  const reference = error.correlationId ? `${words.reference} ${error.correlationId}` : '';
  return [error.message, reference].filter(Boolean).join(' ');
}
