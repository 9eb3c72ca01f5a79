// @ts-check
/** Inserts blocks into bodies and removes them. Pure: takes and returns strings. */

import { lettersAsTheyStand, stretches } from './text.js';

/** @import {Body} from './text.js' */

const BODY_TAG = /<body(?:"[^"]*"|'[^']*'|[^'">])*>/i;

/** A line, or the beginning of one, that contains nothing but a client's rendering of a list bullet. */
export const LIST_MARKER = /^\s*(?:[o§·•▪–-]|[\p{L}\p{N}]{1,4}[.)])?\s*$/u;
const BLANK_LINE = '<div><br></div>';

/**
 * A block in the body's format, followed by an empty line. In HTML, one element encloses it.
 * @param {{html: string, text: string}} block
 * @param {'html'|'text'} format
 */
export function content(block, format) {
  return format === 'html' ? `<div>${block.html}${BLANK_LINE}</div>` : `${block.text}\n\n`;
}

/**
 * A body that begins with `inserted`. Outlook returns HTML as a complete document or as a fragment.
 * @param {Body} body
 * @param {string} inserted
 */
export function prepended(body, inserted) {
  const start = body.format === 'html' ? BODY_TAG.exec(body.raw) : null;
  const at = start ? start.index + start[0].length : 0;
  return body.raw.slice(0, at) + inserted + body.raw.slice(at);
}

/**
 * What was inserted into a body between two readings, or "" if more than one place has changed.
 *
 * It is taken from what Outlook returns instead of what was sent, because Outlook rewrites HTML.
 * @param {string} before
 * @param {string} after
 */
export function insertedPart(before, after) {
  const longest = Math.min(before.length, after.length);
  let head = 0;
  while (head < longest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < longest - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return head + tail === before.length ? after.slice(head, after.length - tail) : '';
}

/**
 * A body without `part`; null unless it contains `part` exactly once.
 * @param {string} raw
 * @param {string} part
 */
export function withoutPart(raw, part) {
  const at = part ? raw.indexOf(part) : -1;
  if (at < 0 || raw.indexOf(part, at + 1) >= 0) return null;
  return raw.slice(0, at) + raw.slice(at + part.length);
}

/**
 * Plain text without the lines that contain the pieces of a block, and without the empty line after them; null unless
 * the pieces occur exactly once. Clients change line endings and add lines.
 * @param {string} raw
 * @param {string} seen  pieces, as `pieces` returns them
 */
export function withoutLines(raw, seen) {
  const { letters, places } = lettersOf(raw);
  const found = stretches(letters, seen, lettersAsTheyStand);
  if (found.length !== 1) return null;
  const before = raw.slice(0, places[found[0].start]);
  const after = raw.slice(places[found[0].end - 1] + 1);
  const [lineBefore] = /[^\n]*$/.exec(before) ?? [''];
  const [lineAfter] = /^[^\n]*/.exec(after) ?? [''];
  // Punctuation at the end of the block's last line belongs to it (the `#` of a tag).
  const isLast = !lettersAsTheyStand(lineAfter);
  const rest = isLast ? after.slice(lineAfter.length) : after;
  if (!isLast || !LIST_MARKER.test(lineBefore)) return before + rest;
  return before.slice(0, before.length - lineBefore.length) + rest.replace(/^(?:\s*?\n){1,2}/, '');
}

/**
 * The letters and digits of the text, with their positions.
 * @param {string} text
 */
export function lettersOf(text) {
  const places = /** @type {number[]} */ ([]);
  let letters = '';
  for (let at = 0; at < text.length; at += 1) {
    const found = lettersAsTheyStand(text[at]);
    letters += found;
    for (const _ of found) places.push(at);
  }
  return { letters, places };
}
