// @ts-check
/**
 * Adds a block to a meeting and removes it again (X3; docs/facts/outlook-addin.md).
 *
 * Outlook reports success for writes that had no effect, and errors for writes that did. The order is body, mailbox,
 * location, because a mailbox that is invited without a tag in the body would decline the meeting.
 */

import { invite, uninvite } from './attendees.js';
import { BodyError, RewriteNeeded, eraseBody, hasPictures, isSeparable, writeBody } from './body.js';
import { eraseLocation, writeLocation } from './location.js';
import { failureOf } from './waiting.js';
import { holds } from './text.js';

/** @import {Body} from './text.js' */

/**
 * The meeting that is being edited. If Outlook does not respond, a call rejects with an Error that has `timedOut` set.
 * The request may still take effect.
 * @typedef {object} Item
 * @property {() => Promise<Body>} readBody
 * @property {(content: string, format: 'html'|'text') => Promise<void>} prependBody
 * @property {(content: string, format: 'html'|'text') => Promise<void>} replaceBody
 * @property {number} listed  the maximum number of attendees that Outlook lists
 * @property {(field: 'required'|'optional') => Promise<Attendee[]>} readAttendees
 * @property {(attendees: Attendee[]) => Promise<void>} addAttendees  adds required attendees, at most 100
 * @property {(attendees: Attendee[]) => Promise<void>} setAttendees  replaces the required attendees, at most 100
 * @property {() => Promise<string[]>} readLocation  the meeting's locations
 * @property {(location: string) => Promise<void>} setLocation  only called if the meeting has no location
 * @property {(places: string[]) => Promise<void>} clearLocation  `places`: all current locations
 * @property {() => Promise<string>} recall  the note saved with the meeting; "" if there is none
 * @property {(note: string) => Promise<void>} remember  "" removes the note
 * @property {boolean} isOccurrence  the meeting is one date of a series
 * @property {() => Promise<boolean|null>} isNew  whether the meeting has never been saved; null if unknown
 * @property {() => Promise<string>} start  when the meeting starts, as ISO 8601 in UTC; "" if unknown
 */

/** @typedef {{name: string, address: string, isOrganizer?: boolean}} Attendee */
/**
 * @typedef {{name: string, address: string, aliases?: string[], known?: string[]}} Mailbox  other addresses that
 *   it may be listed as: `known` from the server, in lower case, `aliases` as observed in Outlook
 */

/**
 * The parts that are added to a meeting.
 * @typedef {object} Block
 * @property {string} html
 * @property {string} text
 * @property {string} mark  identifies the block in a body: its tag, or the pieces of its text
 * @property {Mailbox} [mailbox]  the mailbox to be invited
 * @property {string} [location]
 */

/**
 * What was changed in a meeting, so that it can be undone.
 * @typedef {object} Placed
 * @property {Pick<Block, 'mark'|'mailbox'>} block
 * @property {'html'|'text'} format  the body's format
 * @property {string} part  what was inserted into the body, as Outlook returns it; "" if unknown
 * @property {string} seen  the visible text of `part`, as pieces
 * @property {boolean} invited  whether the mailbox was added here
 * @property {boolean} mailboxSeen  whether Outlook lists the mailbox
 * @property {string} location  the location that was set here, or ""
 * @property {'set'|'kept'|'failed'|''} locationResult  "kept": somebody else's location was left unchanged
 */

/** @typedef {{ourLocation?: string, mayRewrite?: boolean, isInDoubt?: boolean}} Permissions
 *   `isInDoubt`: the mailbox was added before, and Outlook does not show whether it is still there */

/**
 * The meeting could not be changed. If `restored` is set, the meeting is as it was before. If `unanswered` is set, the
 * request may still take effect.
 */
export class PlaceError extends Error {
  /**
   * @param {'body'|'mailbox'} step
   * @param {boolean} restored
   * @param {Error & {timedOut?: boolean}} cause
   */
  constructor(step, restored, cause) {
    super(`Outlook did not accept the ${step === 'body' ? 'joining instructions' : 'equipment mailbox'}.`, { cause });
    this.step = step;
    this.restored = restored;
    this.unanswered = step === 'mailbox' && Boolean(cause.timedOut);
  }
}

/** Everything has been removed from the meeting, but Outlook did not add these attendees back. */
export class AttendeesLost extends Error {
  /** @param {Attendee[]} lost */
  constructor(lost) {
    super(`${lost.length} attendees could not be added back.`);
    this.lost = lost;
  }
}

/**
 * Add a block to the meeting. Parts that are already there are left unchanged.
 * @param {Item} item
 * @param {Block} block
 * @param {Permissions} [permissions]
 * @returns {Promise<Placed>}
 * @throws {PlaceError|RewriteNeeded}
 */
export async function place(item, block, { ourLocation = '', mayRewrite = false, isInDoubt = false } = {}) {
  const written = await bodyWritten(item, block, mayRewrite);
  const placed = /** @type {Placed} */ ({
    block, ...written, invited: false, mailboxSeen: true, location: '', locationResult: '',
  });
  if (block.mailbox) await addMailbox(item, placed, block.mailbox, { mayRewrite, isInDoubt });
  placed.locationResult = await writeLocation(item, block.location ?? '', ourLocation);
  if (placed.locationResult === 'set') placed.location = block.location ?? '';
  return placed;
}

/**
 * Remove what `place` inserted and nothing else. The mailbox is removed before the block, so that it is never invited
 * without a tag. If the body cannot be changed, the mailbox is added back.
 * @param {Item} item
 * @param {Placed} placed
 * @param {Permissions} [permissions]
 * @returns {Promise<boolean>} false if the mailbox may still be there, because Outlook does not list it
 * @throws {RewriteNeeded|AttendeesLost}
 * @throws {Error} if Outlook did not remove all of it, or, before any change, if the block cannot be told apart from the
 * rest of the body
 */
export async function takeBack(item, placed, { mayRewrite = false } = {}) {
  const body = await item.readBody();
  if (!isSeparable(body, placed)) throw new Error('body changed');
  if (holds(body, placed.block.mark) && hasPictures(body) && !mayRewrite) throw new RewriteNeeded();
  const mailbox = placed.invited ? placed.block.mailbox : undefined;
  const { isGone, lost } = mailbox ? await uninvite(item, mailbox) : { isGone: true, lost: [] };
  const failure = await failureOf(eraseBody(item, placed, mayRewrite));
  if (failure && mailbox && isGone) await failureOf(item.addAttendees([mailbox]));
  if (lost.length) throw new AttendeesLost(lost);
  if (failure) throw failure;
  if (placed.location) await eraseLocation(item, placed.location);
  return isGone;
}

/**
 * @param {Item} item
 * @param {Block} block
 * @param {boolean} mayRewrite
 */
async function bodyWritten(item, block, mayRewrite) {
  try {
    return await writeBody(item, block, mayRewrite);
  } catch (error) {
    throw error instanceof BodyError ? new PlaceError('body', error.restored, error) : error;
  }
}

/**
 * @param {Item} item
 * @param {Placed} placed  receives the result
 * @param {Mailbox} mailbox
 * @param {{mayRewrite: boolean, isInDoubt: boolean}} permissions
 * @throws {PlaceError}
 */
async function addMailbox(item, placed, mailbox, { mayRewrite, isInDoubt }) {
  try {
    const { invited, seen, as } = await invite(item, mailbox, isInDoubt);
    const aliases = [...(mailbox.aliases ?? []), as].filter(Boolean);
    Object.assign(placed, { invited, mailboxSeen: seen, block: { ...placed.block, mailbox: { ...mailbox, aliases } } });
  } catch (cause) {
    const error = /** @type {Error & {timedOut?: boolean}} */ (cause);
    // An unanswered call may add the mailbox later, and then the body must contain the tag.
    const isRestored = !error.timedOut && !(await failureOf(eraseBody(item, placed, mayRewrite)));
    throw new PlaceError('mailbox', isRestored, error);
  }
}
