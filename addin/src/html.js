// @ts-check
/** HTML read and changed through inert documents: nothing in it runs or is fetched. */

import { letters } from './text.js';

/**
 * What a reader sees of some HTML.
 * @param {string} html
 */
export function textOf(html) {
  const { body } = parsed(html);
  for (const unseen of body.querySelectorAll('style, script, title')) unseen.remove();
  return body.textContent ?? '';
}

/**
 * HTML without the stretch that reads as `wanted`, whatever elements it stands in by now; null unless there is one.
 *
 * For blocks that Outlook has rewritten since they went in: ids get prefixes, divisions become paragraphs
 * (facts/outlook-addin.md §6.5), the text stays.
 * @param {string} html
 * @param {string} wanted
 */
export function withoutText(html, wanted) {
  const document = parsed(html);
  const range = findText(document, letters(wanted));
  if (!range) return null;
  const edges = [range.startContainer, range.endContainer];
  range.deleteContents();
  edges.forEach((edge) => removeEmpty(edge, document.body));
  return /<html[\s>]/i.test(html) ? document.documentElement.outerHTML : document.body.innerHTML;
}

/** @param {string} html */
function parsed(html) {
  return new DOMParser().parseFromString(html, 'text/html');
}

/**
 * @param {Document} document
 * @param {string} wanted  letters and digits
 */
function findText(document, wanted) {
  const { seen, places } = readable(document);
  const at = wanted ? seen.indexOf(wanted) : -1;
  // Twice is none: nobody knows which of them came from here.
  if (at < 0 || seen.includes(wanted, at + 1)) return null;
  const [first, last] = [places[at], places[at + wanted.length - 1]];
  const range = document.createRange();
  range.setStart(first.node, first.offset);
  range.setEnd(last.node, last.offset + 1);
  takeWholeText(range);
  return range;
}

/**
 * The letters and digits of a document, and where each of them stands.
 * @param {Document} document
 */
function readable(document) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const places = /** @type {{node: Node, offset: number}[]} */ ([]);
  let seen = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.nodeValue ?? '';
    for (let offset = 0; offset < text.length; offset += 1) {
      const letter = letters(text[offset]);
      seen += letter;
      for (const _ of letter) places.push({ node, offset });
    }
  }
  return { seen, places };
}

/**
 * Punctuation at the edges of the found text belongs to it when nothing else does (the `#` of a tag).
 * @param {Range} range
 */
function takeWholeText(range) {
  const before = range.startContainer.nodeValue?.slice(0, range.startOffset) ?? '';
  const after = range.endContainer.nodeValue?.slice(range.endOffset) ?? '';
  if (!letters(before)) range.setStart(range.startContainer, 0);
  if (!letters(after)) range.setEnd(range.endContainer, range.endContainer.nodeValue?.length ?? 0);
}

/**
 * @param {Node} node
 * @param {Element} root
 */
function removeEmpty(node, root) {
  let here = /** @type {Node|null} */ (node);
  while (here && here !== root && root.contains(here)) {
    const parent = /** @type {Node|null} */ (here.parentNode);
    const isEmpty = !here.textContent?.trim() && !(here instanceof Element && here.querySelector('img'));
    if (!isEmpty) return;
    parent?.removeChild(here);
    here = parent;
  }
}
