// @ts-check
/**
 * Inserts a block into a meeting's body or removes it, and reads the body back to verify this (X3).
 *
 * Prepending leaves the rest of the body unchanged. Writing the whole body breaks pictures (office-js #6808,
 * #5430, #402, #1666), so a body with pictures is only rewritten if the user has agreed.
 */

import { content, insertedPart, prepended, withoutLines, withoutPart } from './compose.js';
import { hasOwnPictures, piecesOf, withoutText } from './html.js';
import { BODY_WAITS, failureOf, readAgain } from './waiting.js';
import { holds, letters, pieces } from './text.js';

/** @import {Block, Item, Placed} from './insert.js' */
/** @import {Body} from './text.js' */

/** The change would break pictures, so nothing has been changed. */
export class RewriteNeeded extends Error {
  constructor() {
    super('The whole body would have to be rewritten, and it contains pictures.');
  }
}

/** The body could not be changed. `restored` means that it is as it was before. */
export class BodyError extends Error {
  /**
   * @param {boolean} restored
   * @param {unknown} cause
   */
  constructor(restored, cause) {
    super('Outlook did not accept the joining instructions.', { cause });
    this.restored = restored;
  }
}

/**
 * Insert a block at the beginning of the body, unless the body already contains it.
 * @param {Item} item
 * @param {Block} block
 * @param {boolean} mayRewrite  the user has agreed that pictures may be lost
 * @returns {Promise<Pick<Placed, 'format'|'part'|'seen'>>}
 * @throws {BodyError|RewriteNeeded}
 */
export async function writeBody(item, block, mayRewrite) {
  const before = await item.readBody();
  if (holds(before, block.mark)) return written(block, before.format, '');
  const { format, failure } = await prepend(item, block, before);
  let after = await readUntil(item, (body) => holds(body, block.mark));
  if (!holds(after, block.mark)) {
    // An unanswered call may still take effect, so writing again could insert the block twice.
    if (failure?.timedOut) throw new BodyError(true, failure);
    if (hasPictures(before) && !mayRewrite) throw new RewriteNeeded();
    // Outlook for Mac reports that it has prepended text when it has not (office-js #6328).
    const second = await failureOf(item.replaceBody(prepended(before, content(block, format)), format));
    after = await readUntil(item, (body) => holds(body, block.mark));
    if (!holds(after, block.mark)) {
      const isUntouched = failure !== null && second !== null && isSame(before, after);
      throw new BodyError(isUntouched || (await isReset(item, before)), second ?? failure);
    }
  }
  return written(block, format, insertedPart(before.raw, after.raw));
}

/**
 * Remove a block from the body.
 * @param {Item} item
 * @param {Placed} placed
 * @param {boolean} mayRewrite
 * @throws {RewriteNeeded}
 * @throws {Error} if Outlook did not remove the block, or if the block cannot be told apart from the rest, in which
 * case the body is left as it is
 */
export async function eraseBody(item, placed, mayRewrite) {
  const { mark } = placed.block;
  const body = await item.readBody();
  if (!holds(body, mark)) return;
  const rest = remainder(body, placed);
  if (rest === null) throw new Error('body changed');
  if (hasPictures(body) && !mayRewrite) throw new RewriteNeeded();
  const failure = await failureOf(item.replaceBody(rest, body.format));
  const after = await readUntil(item, (one) => !holds(one, mark));
  if (holds(after, mark)) throw failure ?? new Error('body kept');
}

/**
 * Whether a body does not contain the block, or contains it in a form that can be removed.
 * @param {Body} body
 * @param {Placed} placed
 */
export function isSeparable(body, placed) {
  return !holds(body, placed.block.mark) || remainder(body, placed) !== null;
}

/** @param {Body} body */
export function hasPictures({ format, raw }) {
  return format === 'html' && hasOwnPictures(raw);
}

/**
 * A body without the block; null if the block cannot be told apart from the rest.
 * @param {Body} body
 * @param {Pick<Placed, 'part'|'seen'>} placed
 */
export function remainder({ raw, format }, { part, seen }) {
  return withoutPart(raw, part) ?? (format === 'html' ? withoutText(raw, seen) : withoutLines(raw, seen));
}

/**
 * @param {Item} item
 * @param {Block} block
 * @param {Body} before
 */
async function prepend(item, block, before) {
  const failure = await failureOf(item.prependBody(content(block, before.format), before.format));
  // Outlook may report a plain-text body as HTML (office-js #3642) and then refuse HTML for it.
  const isRefused = failure !== null && !failure.timedOut && before.format === 'html' && !before.raw.includes('<');
  if (!isRefused) return { format: before.format, failure };
  const format = /** @type {const} */ ('text');
  return { format, failure: await failureOf(item.prependBody(content(block, format), format)) };
}

/**
 * @param {Block} block
 * @param {'html'|'text'} format
 * @param {string} part
 */
function written(block, format, part) {
  const seen = format === 'html' ? piecesOf(block.html) : pieces(block.text.split('\n'));
  return { format, part, seen };
}

/**
 * @param {Item} item
 * @param {(body: Body) => boolean} isWanted
 */
function readUntil(item, isWanted) {
  return readAgain(BODY_WAITS, () => item.readBody(), isWanted);
}

/**
 * @param {Item} item
 * @param {Body} before
 */
async function isReset(item, before) {
  if (await failureOf(item.replaceBody(before.raw, before.format))) return false;
  return isSame(before, await readUntil(item, (body) => isSame(before, body)));
}

/**
 * @param {Body} one
 * @param {Body} other
 */
function isSame(one, other) {
  return letters(one.text) === letters(other.text);
}
