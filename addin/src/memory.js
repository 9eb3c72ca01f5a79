// @ts-check
/**
 * What was put into a meeting, kept with the meeting so that a pane opened later can take it out again. Pure.
 *
 * Only ever a help: Outlooks lose such notes (facts/outlook-addin.md §6.9). What the meeting has is told by its body.
 */

import { textOf } from './html.js';
import { letters } from './text.js';

/** @import {Placed} from './insert.js' */

const LIMIT = 2_400; // characters; Outlook keeps 2,500 of all that an add-in notes (facts/outlook-addin.md §2)

/**
 * A note about what was placed; "" when it would be too long to be kept.
 * @param {Placed} placed
 */
export function noted({ block, format, part, invited, location }) {
  const isHtml = format === 'html';
  const [seen, mark] = [isHtml ? letters(textOf(block.html)) : '', letters(block.mark)];
  const note = JSON.stringify({
    // Outlook rewrites HTML, but not what a reader sees of it. Plain text is kept as it is.
    ...(isHtml ? { seen } : { part }),
    ...(mark !== seen && { mark: block.mark }),
    ...(invited && { mailbox: block.mailbox?.address }),
    ...(location && { location }),
  });
  return note.length <= LIMIT ? note : '';
}

/**
 * What was placed, by a note; null when it is none.
 * @param {string} note
 * @returns {Placed|null}
 */
export function placedBy(note) {
  try {
    const { seen = '', part = '', mark = seen, mailbox, location = '' } = JSON.parse(note);
    const all = [seen, part, mark, mailbox ?? '', location];
    if (!mark || all.some((text) => typeof text !== 'string')) return null;
    const block = { html: seen, text: part, mark, ...(mailbox && { mailbox: { name: '', address: mailbox } }) };
    const format = seen ? 'html' : 'text';
    return { block, format, part, invited: Boolean(mailbox), location, locationResult: '' };
  } catch {
    return null; // no note, or another version's
  }
}
