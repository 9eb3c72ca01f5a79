// @ts-check
/** What a meeting already has when the pane opens: whose VMR it is and what is missing. */

import { everybody, isMailbox, isTelling } from './attendees.js';
import { isSeparable } from './body.js';
import { placedBy } from './memory.js';
import { holds, tagOf } from './text.js';
import { words } from './fixed_words.js';

/** @import {TagState} from './api.js' */
/** @import {Item, Mailbox, Placed} from './insert.js' */
/** @import {Body} from './text.js' */

/**
 * Whose VMR it is: this meeting's, another meeting's (so this one would be declined), or unknown.
 * @typedef {'ours'|'foreign'|'unsure'} Owner
 */

/**
 * @typedef {object} Finding
 * @property {boolean} already  the meeting has a VMR
 * @property {boolean} removable  the VMR can be removed from the meeting
 * @property {Owner} owner
 * @property {boolean} incomplete  the equipment mailbox is missing
 * @property {boolean} isOccurrence  the meeting is one date of a series
 * @property {string} hint
 */

/** @type {Finding} */
export const NOTHING = { already: false, removable: false, owner: 'ours', incomplete: false, isOccurrence: false, hint: '' };

/**
 * @param {Item} item
 * @param {Body} body  a body with a tag, or with a personal VMR's block
 * @param {Mailbox} room
 * @param {(tag: string) => Promise<TagState|null>} ask  null if the server could not be reached
 * @returns {Promise<{finding: Finding, placed: Placed|null, state: TagState|null}>} `placed` if it is removable
 */
export async function find(item, body, room, ask) {
  const noted = placedBy(await item.recall().catch(() => ''), room);
  const isNoted = noted !== null && holds(body, noted.block.mark);
  const isOurs = isNoted && isSeparable(body, noted);
  const tag = tagOf(body);
  const state = tag ? await ask(tag) : null;
  const owner = state ? ownerOf(state, item.isOccurrence, await item.isNew()) : 'ours';
  // A scheduled meeting was sent to the mailbox, even if Outlook no longer lists the mailbox (it does not list
  // resources).
  const mayLack = owner === 'ours' && tag !== '' && state?.state !== 'scheduled' && !(isNoted && noted.invited);
  const incomplete = mayLack && (await isMissing(item, room));
  const { isOccurrence } = item;
  const hint = hintOf(isOccurrence, owner, state);
  const finding = { already: true, removable: isOurs, owner, incomplete, isOccurrence, hint };
  return { finding, placed: isOurs ? noted : null, state };
}

/**
 * The owner of a tag, according to the server. Outlook does not tell add-ins the meeting's uid, so the owner is
 * determined by the booked time and by whether this meeting could already have been sent.
 * @param {TagState} state
 * @param {boolean} isOccurrence  the tag came from the series
 * @param {boolean|null} isNew
 * @returns {Owner}
 */
export function ownerOf({ state, starts_here: startsHere }, isOccurrence, isNew) {
  if (state === 'unknown') return 'foreign';
  if (state === 'reserved' || isOccurrence) return 'ours';
  if (isNew) return 'foreign';
  return startsHere ? 'ours' : 'unsure';
}

/**
 * Whether the mailbox is known not to be an attendee.
 * @param {Item} item
 * @param {Mailbox} room
 */
async function isMissing(item, room) {
  try {
    const all = await everybody(item);
    return isTelling(all, item.listed) && !all.some((one) => isMailbox(one, room));
  } catch {
    return false;
  }
}

/**
 * @param {boolean} isOccurrence
 * @param {Owner} owner
 * @param {TagState|null} state
 */
function hintOf(isOccurrence, owner, state) {
  if (isOccurrence && owner === 'ours') return words.occurrence(state?.alias ?? '', state?.one_date ?? false);
  return owner === 'unsure' ? words.unsure : '';
}
