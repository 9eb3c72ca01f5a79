// @ts-check
/** Reads and changes HTML using inert documents: nothing in it is executed or fetched. */

import { LIST_MARKER, lettersOf } from './compose.js';
import { letters, lettersAsTheyStand, pieces, stretches } from './text.js';

/**
 * The visible text of some HTML.
 * @param {string} html
 */
export function textOf(html) {
  return seenIn(html).textContent ?? '';
}

/**
 * The visible text of some HTML as pieces, as `pieces` returns them.
 * @param {string} html
 */
export function piecesOf(html) {
  return pieces(Array.from(textNodes(seenIn(html)), (node) => node.nodeValue ?? ''));
}

/**
 * Whether rewriting the whole of some HTML would break pictures in it. Only pictures attached to the meeting break, not
 * those from the web.
 * @param {string} html
 */
export function hasOwnPictures(html) {
  return [...parsed(html).querySelectorAll('img')].some((img) => !/^https?:/i.test(img.getAttribute('src') ?? ''));
}

/**
 * HTML without the part with the text `seen`, regardless of which elements now enclose it; null unless the text occurs
 * exactly once.
 *
 * This also finds blocks that Outlook has rewritten: ids get prefixes, `div` elements become paragraphs, and lists
 * become paragraphs that begin with "1." or "o", but the text stays the same (docs/facts/outlook-addin.md).
 * @param {string} html
 * @param {string} seen  pieces, as `piecesOf` returns them
 */
export function withoutText(html, seen) {
  const document = parsed(html);
  const range = findText(document, seen);
  if (!range) return null;
  const edges = [range.startContainer, range.endContainer];
  const blank = blankAfter(range.endContainer, document.body);
  range.deleteContents();
  blank?.remove();
  edges.forEach((edge) => removeEmpty(edge, document.body));
  return /<html[\s>]/i.test(html) ? document.documentElement.outerHTML : document.body.innerHTML;
}

/** @param {string} html */
function parsed(html) {
  return new DOMParser().parseFromString(html, 'text/html');
}

/** @param {string} html */
function seenIn(html) {
  const { body } = parsed(html);
  for (const unseen of body.querySelectorAll('style, script, title')) unseen.remove();
  return body;
}

/** @param {Element} root */
function* textNodes(root) {
  const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) yield node;
}

/**
 * @param {Document} document
 * @param {string} wanted  pieces
 */
function findText(document, wanted) {
  const { seen, places } = readable(document);
  const found = stretches(seen, wanted, lettersAsTheyStand);
  // If there are two matches, neither is used, because either could be ours.
  if (found.length !== 1) return null;
  const [first, last] = [places[found[0].start], places[found[0].end - 1]];
  const range = document.createRange();
  range.setStart(first.node, first.offset);
  range.setEnd(last.node, last.offset + 1);
  takeWholeText(range);
  return range;
}

/**
 * The letters and digits of a document, with their positions.
 * @param {Document} document
 */
function readable(document) {
  const places = /** @type {{node: Node, offset: number}[]} */ ([]);
  let seen = '';
  for (const node of textNodes(document.body)) {
    const found = lettersOf(node.nodeValue ?? '');
    seen += found.letters;
    for (const offset of found.places) places.push({ node, offset });
  }
  return { seen, places };
}

/**
 * Include punctuation at the edges of the match (such as the `#` of a tag), unless other text adjoins it.
 * @param {Range} range
 */
function takeWholeText(range) {
  const before = range.startContainer.nodeValue?.slice(0, range.startOffset) ?? '';
  const after = range.endContainer.nodeValue?.slice(range.endOffset) ?? '';
  if (!letters(before)) range.setStart(range.startContainer, 0);
  if (!letters(after)) range.setEnd(range.endContainer, range.endContainer.nodeValue?.length ?? 0);
}

/**
 * Remove the empty line that was inserted after a block.
 * @param {Node} end
 * @param {Element} root
 */
function blankAfter(end, root) {
  let here = /** @type {Node} */ (end);
  while (here !== root && here.parentNode) {
    const next = here.nextSibling;
    if (next && !isEmpty(next)) return null;
    if (next instanceof Element && next.tagName !== 'BR') return next;
    here = next ?? here.parentNode;
  }
  return null;
}

/** @param {Node} node */
function isEmpty(node) {
  return !node.textContent?.trim() && !(node instanceof Element && (node.matches('img') || node.querySelector('img')));
}

/**
 * Remove elements that have become empty, including a list item's number.
 * @param {Node} node
 * @param {Element} root
 */
function removeEmpty(node, root) {
  let here = /** @type {Node|null} */ (node);
  while (here && here !== root && root.contains(here)) {
    const parent = /** @type {Node|null} */ (here.parentNode);
    const isMarker = here.nodeName === 'P' && LIST_MARKER.test(here.textContent ?? '');
    if (!isEmpty(here) && !isMarker) return;
    parent?.removeChild(here);
    here = parent;
  }
}
