// @ts-check
/** Bodies with a block put in or taken out. Pure: strings in, strings out. */

/** @import {Body} from './text.js' */

const BODY_TAG = /<body(?:"[^"]*"|'[^']*'|[^'">])*>/i;

/**
 * The form of a block that a body takes. HTML is kept together by one element.
 * @param {{html: string, text: string}} block
 * @param {'html'|'text'} format
 */
export function content(block, format) {
  return format === 'html' ? `<div>${block.html}</div>` : `${block.text}\n\n`;
}

/**
 * A body that begins with `inserted`. Outlook gives HTML as a whole document or as a fragment.
 * @param {Body} body
 * @param {string} inserted
 */
export function prepended(body, inserted) {
  const start = body.format === 'html' ? BODY_TAG.exec(body.raw) : null;
  const at = start ? start.index + start[0].length : 0;
  return body.raw.slice(0, at) + inserted + body.raw.slice(at);
}

/**
 * What came into a body between two readings of it, or "" when more than one place has changed.
 *
 * Taken from what Outlook gives back, not from what was sent: Outlook rewrites HTML.
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
 * A body without `part`, or null when it does not hold it exactly once.
 * @param {string} raw
 * @param {string} part
 */
export function withoutPart(raw, part) {
  const at = part ? raw.indexOf(part) : -1;
  if (at < 0 || raw.indexOf(part, at + 1) >= 0) return null;
  return raw.slice(0, at) + raw.slice(at + part.length);
}
