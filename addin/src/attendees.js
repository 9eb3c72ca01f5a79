// @ts-check
/**
 * The equipment mailbox among a meeting's attendees.
 *
 * Outlook's list is unreliable: it omits unresolved people, contains at most 500 entries (100 on phones), and may
 * contain a legacy Exchange DN or another address of the same mailbox (office-js #3701, #2590; Office.Recipients
 * reference). So if Outlook reports that it has added an attendee, the pane relies on that. The list is only used to
 * recognize the added mailbox, by the addresses that the server knows and the ways in which Outlook is known to change
 * addresses.
 */

import { ATTENDEE_WAITS, failureOf, readAgain } from './waiting.js';

/** @import {Attendee, Item, Mailbox} from './insert.js' */

/** Maximum number of attendees per call (Office.Recipients reference). */
export const RECIPIENTS_PER_CALL = 100;
const TRIES = 3;

/**
 * Whether an attendee is the mailbox.
 * @param {Attendee} attendee
 * @param {Mailbox} mailbox
 */
export function isMailbox({ name, address }, mailbox) {
  const given = address.toLowerCase();
  const { aliases = [], known = [] } = mailbox;
  if ([mailbox.address, ...aliases, ...known].some((one) => one.toLowerCase() === given)) return true;
  // A DN does not reveal which mailbox it is, so the name decides. No other mailbox in the organization is likely to
  // have the same name.
  return isLegacyDn(given) && name !== '' && name === mailbox.name;
}

/**
 * A mailbox, with the server's information about it if it is the equipment mailbox.
 * @param {Mailbox} mailbox
 * @param {Mailbox} room
 * @returns {Mailbox}
 */
export function asKnown(mailbox, room) {
  const isSame = isMailbox({ name: '', address: mailbox.address }, room);
  return isSame && room.known ? { ...mailbox, known: room.known } : mailbox;
}

/**
 * Whether the list is complete: it is below Outlook's limit, and every attendee in it has an address.
 * @param {Attendee[]} attendees
 * @param {number} limit  the maximum number of attendees that Outlook lists
 */
export function isTelling(attendees, limit) {
  return attendees.length < limit && attendees.every(({ address }) => address.includes('@'));
}

/**
 * Add the mailbox, unless it is already an attendee.
 * @param {Item} item
 * @param {Mailbox} mailbox
 * @param {boolean} isInDoubt  the mailbox may be invited without being listed, so it is not added again
 * @returns {Promise<{invited: boolean, seen: boolean, as: string}>} whether it was added here, whether it is listed,
 * and the address under which it is listed if that is a different one
 * @throws {Error} if Outlook refused or did not respond (`timedOut`)
 */
export async function invite(item, mailbox, isInDoubt) {
  const before = await everybody(item);
  if (before.some((one) => isMailbox(one, mailbox))) return { invited: false, seen: true, as: '' };
  if (isInDoubt) return { invited: true, seen: false, as: '' };
  const failure = await failureOf(item.addAttendees([mailbox]));
  const found = await readAgain(
    ATTENDEE_WAITS,
    async () => newcomer(before, await everybody(item).catch(() => before), mailbox),
    Boolean,
  );
  if (failure && !found) throw failure;
  const isKnown = !found || isMailbox(found, { ...mailbox, name: '' });
  return { invited: true, seen: Boolean(found), as: isKnown ? '' : found.address };
}

/**
 * Remove the mailbox. This requires writing all attendees again, 100 at a time.
 * @param {Item} item
 * @param {Mailbox} mailbox
 * @returns {Promise<{isGone: boolean, lost: Attendee[]}>} `isGone` is false if nothing was done because the mailbox or
 * some attendees are not listed; `lost` are the attendees whom Outlook did not add back
 * @throws {Error} if Outlook did not remove it
 */
export async function uninvite(item, mailbox) {
  const isThere = (/** @type {Attendee[]} */ all) => all.some((one) => isMailbox(one, mailbox));
  const required = await readAgain(ATTENDEE_WAITS, () => item.readAttendees('required'), isThere);
  if (!isThere(required) || required.length >= item.listed) return { isGone: false, lost: [] };
  // Some lists include the organizer, who is not an attendee (office-js #2679).
  const others = required.filter((one) => !isMailbox(one, mailbox) && !one.isOrganizer);
  const failure = await failureOf(item.setAttendees(others.slice(0, RECIPIENTS_PER_CALL)));
  const after = await readAgain(ATTENDEE_WAITS, () => item.readAttendees('required'), (all) => !isThere(all));
  if (isThere(after)) throw failure ?? new Error('mailbox kept');
  let lost = others.slice(RECIPIENTS_PER_CALL);
  for (let left = TRIES; left && lost.length; left -= 1) lost = await addEach(item, lost);
  return { isGone: true, lost };
}

/**
 * @param {Item} item
 * @param {Attendee[]} people
 * @returns {Promise<Attendee[]>} the people who are still missing
 */
async function addEach(item, people) {
  const lost = [];
  for (let at = 0; at < people.length; at += RECIPIENTS_PER_CALL) {
    const some = people.slice(at, at + RECIPIENTS_PER_CALL);
    if (await failureOf(item.addAttendees(some))) lost.push(...some);
  }
  if (!lost.length) return [];
  // A call that failed may still have taken effect.
  const listed = new Set((await item.readAttendees('required').catch(() => [])).map(({ address }) => address));
  return lost.filter(({ address }) => !listed.has(address));
}

/**
 * @param {Attendee[]} before
 * @param {Attendee[]} after
 * @param {Mailbox} mailbox
 * @returns {Attendee|undefined}
 */
function newcomer(before, after, mailbox) {
  const known = new Set(before.map(({ address }) => address));
  const others = after.filter(({ address, isOrganizer }) => address && !isOrganizer && !known.has(address));
  return after.find((one) => isMailbox(one, mailbox)) ?? (others.length === 1 ? others[0] : undefined);
}

/**
 * The attendees that Outlook lists.
 * @param {Item} item
 */
export async function everybody(item) {
  return [...(await item.readAttendees('required')), ...(await item.readAttendees('optional'))];
}

/** @param {string} address */
function isLegacyDn(address) {
  return address.startsWith('/o=');
}
