// @ts-check
/** A meeting's location: set only if there is none, cleared only if we set it. */

import { failureOf } from './waiting.js';

/** @import {Item, Placed} from './insert.js' */

const LOCATION_LIMIT = 255; // characters (location.setAsync reference)

/**
 * Set the location, if there is none. People can join the meeting even without a location, so failures are only
 * reported.
 * @param {Item} item
 * @param {string} wanted
 * @param {string} ours  the location that was set here before and may be replaced
 * @returns {Promise<Placed['locationResult']>}
 */
export async function writeLocation(item, wanted, ours) {
  try {
    const current = await item.readLocation();
    if (!wanted || isLocation(current, wanted)) return '';
    if (current.length && !isLocation(current, ours)) return 'kept';
    if (wanted.length > LOCATION_LIMIT) return 'failed';
    if (current.length) await item.clearLocation(current);
    await item.setLocation(wanted);
    return isLocation(await item.readLocation(), wanted) ? 'set' : 'failed';
  } catch {
    return 'failed';
  }
}

/**
 * Clear the location, if it is still ours.
 * @param {Item} item
 * @param {string} ours
 * @throws {Error} if Outlook did not clear it
 */
export async function eraseLocation(item, ours) {
  const current = await item.readLocation();
  if (!isLocation(current, ours)) return;
  const failure = await failureOf(item.clearLocation(current));
  if (isLocation(await item.readLocation(), ours)) throw failure ?? new Error('location kept');
}

/**
 * Whether the meeting's location is the one that we set.
 * @param {Item} item
 * @param {string} text
 */
export async function isAt(item, text) {
  return isLocation(await item.readLocation().catch(() => []), text);
}

/**
 * Whether the places are those of a location that we set. Outlook splits locations at semicolons.
 * @param {string[]} places
 * @param {string} text
 */
function isLocation(places, text) {
  return text !== '' && parts(places).join(';') === parts([text]).join(';');
}

/** @param {string[]} texts */
function parts(texts) {
  return texts.flatMap((text) => text.split(';')).map((part) => part.trim()).filter(Boolean);
}
