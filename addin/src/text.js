// @ts-check
/**
 * Finds security tags and our blocks in text that people and mail clients have changed.
 *
 * The server reads tags the same way when the invitation arrives (A5; shared/aliases/body_search.py).
 */

/**
 * A meeting's body.
 * @typedef {object} Body
 * @property {'html'|'text'} format
 * @property {string} raw   as Outlook returns and accepts it
 * @property {string} text  the visible text; the same as `raw` in a plain-text body
 */

// What clients insert into words: white space, as Python defines it, and invisible characters.
const INVISIBLE =
  /[\s\u001c-\u001f\u0085\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+/g;
const DASH = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
const PERCENT = /(?:%[0-9a-f]{2})+/gi;
const URL_DEFENSE = /(?:[-*][0-9a-f]{2})+/gi; // Proofpoint's URL rewriting writes `-` (v2) or `*` (v3) for `%`
const MOST_LAYERS = 8;
const TAG = /PXPS:-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|TOK:-(?:[a-z2-7]{88}|[a-z2-7]{64})/i;
/** Stands for unknown letters in pieces. */
export const ANYTHING = '\ufffc';
const UNKNOWN = '(?:(?!pxps)[\\p{L}\\p{N}]){1,80}?'; // does not extend past a tag into another block
const LIST_MARKER = '[\\p{L}\\p{N}]{0,4}?'; // letters of "1.", "o" or "iv)", which Word puts in place of list markers

/**
 * Whether a body contains any tag, allocated or promised. If it does, the meeting already has a VMR.
 * @param {Body} body
 */
export function hasTag(body) {
  return tagOf(body) !== '';
}

/**
 * The first tag in a body, as `findTag` returns it; "" if there is none.
 * @param {Body} body
 */
export function tagOf(body) {
  return views(body).map(findTag).find(Boolean) ?? '';
}

/**
 * The first tag in the text, without the closing `#`, which mail clients may drop; "" if there is none.
 * @param {string} text
 */
export function findTag(text) {
  for (let layer = flat(text), number = 0; number < MOST_LAYERS; number += 1) {
    const found = TAG.exec(layer);
    if (found) return found[0];
    const undone = outerDecoded(layer);
    if (undone === layer) return '';
    layer = undone;
  }
  return '';
}

/**
 * The text without its outermost encoding. URL Defense's encoding is undone only if there is no percent-encoding,
 * because URL Defense leaves none.
 * @param {string} text
 */
function outerDecoded(text) {
  const undone = flat(text.replace(PERCENT, decoded));
  return undone === text ? flat(text.replace(URL_DEFENSE, decoded)) : undone;
}

/**
 * Whether a body contains a block, recognized by the block's mark.
 * @param {Body} body
 * @param {string} mark  a tag, or the pieces of the block's text (`pieces`)
 */
export function holds(body, mark) {
  return views(body).some((view) => stretches(letters(view), mark).length > 0);
}

/**
 * The pieces of some text that stay intact whatever a client does to lines and lists: one per line, without white
 * space.
 * @param {Iterable<string>} lines
 */
export function pieces(lines) {
  return Array.from(lines, (line) => line.replace(INVISIBLE, '')).filter(letters).join('\n');
}

/**
 * The places where pieces follow one another with nothing but list markers between them.
 * @param {string} seen  the letters of some text
 * @param {string} mark  pieces
 * @param {(text: string) => string} [read]  converts pieces the way `seen` was converted
 * @returns {{start: number, end: number}[]}
 */
export function stretches(seen, mark, read = letters) {
  const parts = mark.split('\n').map((part) => part.split(ANYTHING).map(read).join(UNKNOWN)).filter(Boolean);
  if (!parts.length) return [];
  const found = seen.matchAll(new RegExp(parts.join(LIST_MARKER), 'gu'));
  return Array.from(found, ({ index, 0: { length } }) => ({ start: index, end: index + length }));
}

/**
 * Only the letters and digits, normalized and in a single case. Clients that restyle, wrap or link text do not change
 * them.
 * @param {string} text
 */
export function letters(text) {
  return bare(plain(text));
}

/**
 * The letters and digits of some text without decoding it, for finding positions in it.
 * @param {string} text
 */
export function lettersAsTheyStand(text) {
  return bare(text.normalize('NFKC'));
}

/** @param {string} text */
function bare(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/** @param {string} text */
function plain(text) {
  let layer = text;
  for (let number = 0; number < MOST_LAYERS; number += 1) {
    const undone = layer.replace(PERCENT, decoded);
    if (undone === layer) break;
    layer = undone;
  }
  return flat(layer);
}

/** @param {string} text */
function flat(text) {
  return text.normalize('NFKC').replace(INVISIBLE, '').replace(DASH, '-');
}

/**
 * Decode UTF-8 bytes, each written as a character and two hexadecimal digits.
 * @param {string} run
 */
function decoded(run) {
  return new TextDecoder().decode(Uint8Array.from(run.match(/.../g) ?? [], (byte) => parseInt(byte.slice(1), 16)));
}

/**
 * The visible text, then the markup, because rewritten links contain tags in their URLs.
 * @param {Body} body
 */
function views(body) {
  return body.format === 'html' ? [body.text, body.raw] : [body.raw];
}
