// @ts-check
/**
 * Text as people and mail clients leave it: security tags in it, and whether a block of ours is in it.
 *
 * The server reads tags the same way when the invitation arrives (SPEC A5; shared/aliases/tags.py).
 */

/**
 * A meeting's body.
 * @typedef {object} Body
 * @property {'html'|'text'} format
 * @property {string} raw   as Outlook gives and takes it
 * @property {string} text  what a reader sees of it; the same as `raw` in a plain-text body
 */

// What clients put into a word: white space, and characters that cannot be seen.
const INVISIBLE = /[\s\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+/g;
const DASH = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
const PERCENT = /%([2-7][0-9a-f])/gi;
const TAG = /PXPS:-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|TOK:-[a-z2-7]{64}/i;

/**
 * Whether a body bears any tag, allocated or promised: this meeting has its VMR.
 * @param {Body} body
 */
export function hasTag(body) {
  return views(body).some((view) => TAG.test(plain(view)));
}

/**
 * The first tag in a text, without its closing `#`, which mail clients lose; "" when there is none.
 * @param {string} text
 */
export function findTag(text) {
  return TAG.exec(plain(text))?.[0] ?? '';
}

/**
 * Whether a body holds a block, told by the block's mark: a tag, or all of its text.
 * @param {Body} body
 * @param {string} mark
 */
export function holds(body, mark) {
  const wanted = letters(mark);
  return wanted !== '' && views(body).some((view) => letters(view).includes(wanted));
}

/**
 * Letters and digits only, in one case and one form: what is left alone by clients that restyle, wrap and link text.
 * @param {string} text
 */
export function letters(text) {
  return plain(text).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/** @param {string} text */
function plain(text) {
  // A safelink inside a safelink is percent-encoded twice.
  return unescaped(unescaped(text)).normalize('NFKC').replace(INVISIBLE, '').replace(DASH, '-');
}

/** @param {string} text */
function unescaped(text) {
  return text.replace(PERCENT, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

/**
 * What a reader sees, then the markup: rewritten links hide tags in their addresses.
 * @param {Body} body
 */
function views(body) {
  return body.format === 'html' ? [body.text, body.raw] : [body.raw];
}
