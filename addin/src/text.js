// @ts-check
/**
 * Finds security tags and our blocks in texts that people and mail clients have changed.
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

// What clients insert into words: white space and invisible characters.
const INVISIBLE = /[\s\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+/g;
const DASH = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
const PERCENT = /%([2-7][0-9a-f])/gi;
const URL_DEFENSE = /-([2-7][0-9a-f])/gi; // version 2 of Proofpoint's URL rewriting writes `-` for `%`
const MOST_LAYERS = 8;
const TAG = /PXPS:-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|TOK:-(?:[a-z2-7]{88}|[a-z2-7]{64})/i;
/** Stands for unknown letters in pieces. */
export const ANYTHING = '\ufffc';
const UNKNOWN = '(?:(?!pxps)[\\p{L}\\p{N}]){1,80}?'; // does not extend past a tag into another block
const LIST_MARKER = '[\\p{L}\\p{N}]{0,4}?'; // letters of "1.", "o", "iv)", into which Word turns list items

/**
 * Whether a body contains any tag, allocated or promised, which means that the meeting has its VMR.
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
 * The first tag in a text, without the closing `#`, which mail clients lose; "" if there is none.
 * @param {string} text
 */
export function findTag(text) {
  for (const layer of layers(text)) {
    const found = TAG.exec(plain(layer)) ?? TAG.exec(plain(layer.replace(URL_DEFENSE, decoded)));
    if (found) return found[0];
  }
  return '';
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
 * The pieces of a text that stay together whatever a client does to its lines and lists: one per line, without white
 * space.
 * @param {Iterable<string>} lines
 */
export function pieces(lines) {
  return Array.from(lines, (line) => line.replace(INVISIBLE, '')).filter(letters).join('\n');
}

/**
 * The places where pieces follow one another with nothing but list markers between them.
 * @param {string} seen  letters of a text
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
 * Only the letters and digits, in one case and one form: clients that restyle, wrap and link text do not change them.
 * @param {string} text
 */
export function letters(text) {
  return bare(plain(text));
}

/**
 * The letters and digits of a text without decoding it, for finding positions in it.
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
  return (layers(text).at(-1) ?? text).normalize('NFKC').replace(INVISIBLE, '').replace(DASH, '-');
}

/**
 * A text, and its versions with one layer of percent-encoding after another removed, since links may have been
 * rewritten several times.
 * @param {string} text
 */
function layers(text) {
  const all = [text];
  for (let layer = text.replace(PERCENT, decoded); layer !== all.at(-1) && all.length <= MOST_LAYERS; ) {
    all.push(layer);
    layer = layer.replace(PERCENT, decoded);
  }
  return all;
}

/**
 * @param {string} _
 * @param {string} code
 */
function decoded(_, code) {
  return String.fromCharCode(parseInt(code, 16));
}

/**
 * The visible text, then the markup, since rewritten links contain tags in their URLs.
 * @param {Body} body
 */
function views(body) {
  return body.format === 'html' ? [body.text, body.raw] : [body.raw];
}
