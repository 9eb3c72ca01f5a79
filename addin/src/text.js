// @ts-check
/**
 * Text as people and mail clients leave it: security tags in it, and whether a block of ours is in it.
 *
 * The server reads tags the same way when the invitation arrives (A5; shared/aliases/tags.py).
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
const URL_DEFENSE = /-([2-7][0-9a-f])/gi; // version 2 of Proofpoint's rewriting writes `-` for `%`
const MOST_LAYERS = 8;
const TAG = /PXPS:-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|TOK:-(?:[a-z2-7]{88}|[a-z2-7]{64})/i;
/** Stands in pieces for letters that are not known. */
export const ANYTHING = '\ufffc';
const UNKNOWN = '(?:(?!pxps)[\\p{L}\\p{N}]){1,80}?'; // not across a tag, into another block
const LIST_MARKER = '[\\p{L}\\p{N}]{0,4}?'; // letters of "1.", "o", "iv)", which Word makes of a list's items

/**
 * Whether a body bears any tag, allocated or promised: this meeting has its VMR.
 * @param {Body} body
 */
export function hasTag(body) {
  return tagOf(body) !== '';
}

/**
 * The first tag that a body bears, as `findTag` gives it; "" when there is none.
 * @param {Body} body
 */
export function tagOf(body) {
  return views(body).map(findTag).find(Boolean) ?? '';
}

/**
 * The first tag in a text, without its closing `#`, which mail clients lose; "" when there is none.
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
 * Whether a body holds a block, told by the block's mark.
 * @param {Body} body
 * @param {string} mark  a tag, or the pieces of the block's text (`pieces`)
 */
export function holds(body, mark) {
  return views(body).some((view) => stretches(letters(view), mark).length > 0);
}

/**
 * A text as the pieces that stay together whatever a client does to its lines and lists: one a line, without white space.
 * @param {Iterable<string>} lines
 */
export function pieces(lines) {
  return Array.from(lines, (line) => line.replace(INVISIBLE, '')).filter(letters).join('\n');
}

/**
 * Where pieces follow each other, with nothing but markers of a list between them.
 * @param {string} seen  letters of a text
 * @param {string} mark  pieces
 * @param {(text: string) => string} [read]  makes letters of pieces as those of `seen` were made
 * @returns {{start: number, end: number}[]}
 */
export function stretches(seen, mark, read = letters) {
  const parts = mark.split('\n').map((part) => part.split(ANYTHING).map(read).join(UNKNOWN)).filter(Boolean);
  if (!parts.length) return [];
  const found = seen.matchAll(new RegExp(parts.join(LIST_MARKER), 'gu'));
  return Array.from(found, ({ index, 0: { length } }) => ({ start: index, end: index + length }));
}

/**
 * Letters and digits only, in one case and one form: what is left alone by clients that restyle, wrap and link text.
 * @param {string} text
 */
export function letters(text) {
  return bare(plain(text));
}

/**
 * The same of a text as it stands, for finding places in it: an encoded character is not the character.
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
 * A text, and what is left of it as one layer of percent-encoding after another comes off: links are rewritten inside
 * rewritten links.
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
 * What a reader sees, then the markup: rewritten links hide tags in their addresses.
 * @param {Body} body
 */
function views(body) {
  return body.format === 'html' ? [body.text, body.raw] : [body.raw];
}
