// @ts-check
/** One page of a user's personal VMRs that match the search. Pure. */

import { words } from './fixed_words.js';

/** @import {Button, Entry} from './screens.js' */
/** @import {State} from './state.js' */

const signOut = { id: 'signOut', label: { text: words.signOut }, quiet: true };
const back = { id: 'back', label: { text: words.back }, quiet: true };
const more = { id: 'more', label: { text: words.more }, quiet: true };

/**
 * The list's buttons and, if there is more than one page, a search field and the number shown.
 * @param {State} state
 * @param {number} page  the number of VMRs on a page; the search is only offered if there are more
 * @returns {{buttons: Button[], entry: Entry|null, hint: string}}
 */
export function list({ vmrs, shown, query, signedIn }, page) {
  const found = matches(vmrs, query);
  const buttons = found.slice(0, shown).map((index) => ({
    id: `vmr:${index}`, label: { text: vmrs[index].name }, about: vmrs[index].description, item: true,
  }));
  const isLong = vmrs.length > page;
  return {
    buttons: [...buttons, ...(found.length > shown ? [more] : []), ...(signedIn ? [signOut] : []), back],
    entry: isLong ? { kind: 'search', label: words.find } : null,
    hint: isLong ? words.shown(buttons.length, found.length) : '',
  };
}

/**
 * Which VMRs contain every word of a query in their name or description.
 * @param {State['vmrs']} vmrs
 * @param {string} query
 * @returns {number[]} their indexes
 */
function matches(vmrs, query) {
  const wanted = folded(query).split(/\s+/).filter(Boolean);
  const texts = vmrs.map(({ name, description }) => folded(`${name} ${description}`));
  return [...texts.keys()].filter((index) => wanted.every((word) => texts[index].includes(word)));
}

/**
 * The text in lower case and without accents, so that a search for "jose" finds José.
 * @param {string} text
 */
function folded(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
