// @ts-check
/**
 * A note about what was added to a meeting, saved with the meeting so that a pane opened later can remove it again.
 * Pure.
 *
 * The note is only an aid, because Outlook may lose it (docs/facts/outlook-addin.md). The body determines what the
 * meeting has.
 */

import { asKnown } from './attendees.js';

/** @import {Mailbox, Placed} from './insert.js' */

const NOTE_MAX_LENGTH = 2_400; // characters; Outlook stores at most 2,500 per add-in (CustomProperties reference)

/**
 * A note about what was placed; "" if it would be too long to be saved.
 * @param {Placed} placed
 */
export function noted({ block: { mark, mailbox }, seen, invited, location }) {
  const note = JSON.stringify({
    // The visible text is saved, because Outlook rewrites HTML and line endings, but not the text.
    seen,
    ...(mark !== seen && { mark }),
    ...(invited && { mailbox: mailbox?.address, name: mailbox?.name, aliases: mailbox?.aliases?.join('\n') }),
    ...(location && { location }),
  });
  return note.length <= NOTE_MAX_LENGTH ? note : '';
}

/**
 * What was placed, according to a note; null if it is invalid.
 * @param {string} note
 * @param {Mailbox} room  the equipment mailbox (a note has no space for all its addresses)
 * @returns {Placed|null}
 */
export function placedBy(note, room) {
  try {
    // Earlier versions saved plain text as `part`.
    const { seen = '', part = '', mark = seen, mailbox = '', name = '', aliases = '', location = '' } = JSON.parse(note);
    const all = [seen, part, mark, mailbox, name, aliases, location];
    if (!mark || all.some((text) => typeof text !== 'string')) return null;
    const invited = asKnown({ name, address: mailbox, aliases: aliases.split('\n').filter(Boolean) }, room);
    const block = { mark, ...(mailbox && { mailbox: invited }) };
    const format = part ? 'text' : 'html';
    return { block, format, part, seen, invited: Boolean(mailbox), mailboxSeen: true, location, locationResult: '' };
  } catch {
    return null; // no note, or one from another version
  }
}
