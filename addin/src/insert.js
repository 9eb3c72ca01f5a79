// @ts-check
/**
 * Puts a block into a meeting and takes it out again (SPEC X3; facts/outlook-addin.md §7).
 *
 * Outlook reports success for writes that did nothing and errors for writes that did something, so every write is
 * judged by reading back. The order is body, mailbox, location: a mailbox that is invited without a tag in the body
 * would turn the meeting down.
 */

import { content, insertedPart, prepended, withoutPart } from './compose.js';
import { textOf, withoutText } from './html.js';
import { holds } from './text.js';

/** @import {Body} from './text.js' */

/**
 * The meeting that is being written. Every call rejects with an Error that has `timedOut` set when Outlook gave no
 * answer: what it was asked may still happen.
 * @typedef {object} Item
 * @property {() => Promise<Body>} readBody
 * @property {(content: string, format: 'html'|'text') => Promise<void>} prependBody
 * @property {(content: string, format: 'html'|'text') => Promise<void>} replaceBody
 * @property {() => Promise<string[]>} readAttendees   addresses, required and optional
 * @property {(attendee: Mailbox) => Promise<void>} addAttendee
 * @property {(address: string) => Promise<void>} removeAttendee
 * @property {() => Promise<string>} readLocation  "" when there is none
 * @property {(location: string) => Promise<void>} setLocation  only called when there is none
 * @property {(location: string) => Promise<void>} clearLocation  `location` is all that there is
 * @property {() => Promise<string>} recall  the note that is kept with the meeting; "" when there is none
 * @property {(note: string) => Promise<void>} remember  "" removes the note
 * @property {(milliseconds: number) => Promise<void>} pause
 */

/** @typedef {{name: string, address: string}} Mailbox */

/**
 * What goes into a meeting.
 * @typedef {object} Block
 * @property {string} html
 * @property {string} text
 * @property {string} mark  shows that the block is in a body: its tag, or all of its text
 * @property {Mailbox} [mailbox]  who else is to be invited
 * @property {string} [location]
 */

/**
 * What was done to a meeting, for taking it back.
 * @typedef {object} Placed
 * @property {Block} block
 * @property {'html'|'text'} format  of the body
 * @property {string} part  what came into the body, as Outlook gives it; "" when that is not known
 * @property {boolean} invited  whether the mailbox was added here
 * @property {string} location  what was set here, or ""
 * @property {'set'|'kept'|'failed'|''} locationResult  "kept": somebody else's location was left alone
 */

/** The meeting could not be changed as wanted. `restored`: it is as it was before. */
export class PlaceError extends Error {
  /**
   * @param {'body'|'mailbox'} step
   * @param {boolean} restored
   * @param {unknown} cause
   */
  constructor(step, restored, cause) {
    super(`Outlook did not take the ${step === 'body' ? 'joining instructions' : 'equipment mailbox'}.`, { cause });
    this.step = step;
    this.restored = restored;
  }
}

const LOCATION_LIMIT = 255; // of location.setAsync (facts/outlook-addin.md §2)
const READ_AGAIN = [0, 100, 300, 600, 1000]; // milliseconds; Outlook resolves recipients after it has said yes

/**
 * Put a block into the meeting, once: parts that are there already are left as they are.
 * @param {Item} item
 * @param {Block} block
 * @param {string} ourLocation  a location that was set here before and may be replaced
 * @returns {Promise<Placed>}
 * @throws {PlaceError}
 */
export async function place(item, block, ourLocation = '') {
  const written = await writeBody(item, block);
  const placed = /** @type {Placed} */ ({ block, ...written, invited: false, location: '', locationResult: '' });
  try {
    placed.invited = await invite(item, block.mailbox);
  } catch (error) {
    throw new PlaceError('mailbox', await isRestored(item, placed), error);
  }
  placed.locationResult = await writeLocation(item, block.location ?? '', ourLocation);
  if (placed.locationResult === 'set') placed.location = block.location ?? '';
  return placed;
}

/**
 * Take out what `place` put in, and nothing else. The mailbox goes before the body, so it never stays without a tag.
 * @param {Item} item
 * @param {Placed} placed
 * @throws {Error} when Outlook kept some of it, or, with nothing changed yet, when the body's part cannot be told apart
 */
export async function takeBack(item, placed) {
  if (!isSeparable(await item.readBody(), placed)) throw new Error('body changed');
  if (placed.invited && placed.block.mailbox) {
    const { address } = placed.block.mailbox;
    if (await isInvited(item, address)) await item.removeAttendee(address);
    if (!(await eventually(item, async () => !(await isInvited(item, address))))) throw new Error('mailbox kept');
  }
  await eraseBody(item, placed);
  if (placed.location && (await item.readLocation()) === placed.location) {
    await item.clearLocation(placed.location);
    if ((await item.readLocation()) === placed.location) throw new Error('location kept');
  }
}

/**
 * Whether a body is without the block, or holds it in a way that it can be taken out of.
 * @param {Body} body
 * @param {Placed} placed
 */
export function isSeparable(body, placed) {
  return !holds(body, placed.block.mark) || remainder(body, placed) !== null;
}

/**
 * A body without the block; null when that cannot be told apart from the rest.
 * @param {Body} body
 * @param {Placed} placed
 */
function remainder({ raw, format }, { block, part }) {
  return withoutPart(raw, part) ?? (format === 'html' ? withoutText(raw, textOf(block.html)) : null);
}

/**
 * @param {Item} item
 * @param {Block} block
 * @returns {Promise<Pick<Placed, 'format'|'part'>>}
 */
async function writeBody(item, block) {
  const before = await item.readBody();
  const { format } = before;
  if (holds(before, block.mark)) return { format, part: '' };
  const inserted = content(block, format);
  const failure = await failureOf(item.prependBody(inserted, format));
  let after = await item.readBody();
  if (!holds(after, block.mark)) {
    // The unanswered call may still come through: writing again could put the block in twice.
    if (failure?.timedOut) throw new PlaceError('body', true, failure);
    // Outlook on Mac says that it has prepended and has not (facts/outlook-addin.md §6.4).
    const second = await failureOf(item.replaceBody(prepended(before, inserted), format));
    after = await item.readBody();
    if (!holds(after, block.mark)) throw new PlaceError('body', await isReset(item, before, after), second ?? failure);
  }
  return { format, part: insertedPart(before.raw, after.raw) };
}

/**
 * @param {Item} item
 * @param {Placed} placed
 */
async function eraseBody(item, placed) {
  const { mark } = placed.block;
  const body = await item.readBody();
  if (!holds(body, mark)) return;
  const rest = remainder(body, placed);
  if (rest === null) throw new Error('body changed');
  await item.replaceBody(rest, body.format);
  if (holds(await item.readBody(), mark)) throw new Error('body kept');
}

/**
 * @param {Item} item
 * @param {Mailbox|undefined} mailbox
 * @returns {Promise<boolean>} whether it was added here
 */
async function invite(item, mailbox) {
  if (!mailbox || (await isInvited(item, mailbox.address))) return false;
  const failure = await failureOf(item.addAttendee(mailbox));
  if (await eventually(item, () => isInvited(item, mailbox.address))) return true;
  throw failure ?? new Error('The attendee is not among the attendees after it was added.');
}

/**
 * A location that cannot be set does not keep anybody out of the meeting, so it is only reported.
 * @param {Item} item
 * @param {string} wanted
 * @param {string} ours
 * @returns {Promise<Placed['locationResult']>}
 */
async function writeLocation(item, wanted, ours) {
  try {
    const current = await item.readLocation();
    if (!wanted || current === wanted) return '';
    if (current && current !== ours) return 'kept';
    if (wanted.length > LOCATION_LIMIT) return 'failed';
    if (current) await item.clearLocation(current);
    await item.setLocation(wanted);
    return (await item.readLocation()) === wanted ? 'set' : 'failed';
  } catch {
    return 'failed';
  }
}

/**
 * @param {Item} item
 * @param {Placed} placed
 */
async function isRestored(item, placed) {
  return (await failureOf(eraseBody(item, placed))) === null;
}

/**
 * @param {Item} item
 * @param {Body} before
 * @param {Body} after
 */
async function isReset(item, before, after) {
  if (after.raw === before.raw) return true;
  return (await failureOf(item.replaceBody(before.raw, before.format))) === null;
}

/**
 * @param {Item} item
 * @param {string} address
 */
async function isInvited(item, address) {
  const wanted = address.toLowerCase();
  return (await item.readAttendees()).some((one) => one.toLowerCase() === wanted);
}

/**
 * @param {Item} item
 * @param {() => Promise<boolean>} condition
 */
async function eventually(item, condition) {
  for (const wait of READ_AGAIN) {
    await item.pause(wait);
    if (await condition()) return true;
  }
  return false;
}

/**
 * @param {Promise<unknown>} work
 * @returns {Promise<(Error & {timedOut?: boolean})|null>}
 */
async function failureOf(work) {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
