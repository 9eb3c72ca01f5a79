// @ts-check
/** The content of each screen: the integration's headings and messages for the current state. Pure. */

import { list } from './list.js';
import { PAGE } from './state.js';
import { words } from './fixed_words.js';

/** @import {State} from './state.js' */

/**
 * The integration's texts: HTML that the server has sanitized.
 * @typedef {Record<'pane_title'|'pane_description'|'single_use_button'|'personal_button'|'sign_in_button'
 *   |'success_heading'|'already_heading'|'unable_heading'|'error_heading'
 *   |'success_message'|'already_message'|'unable_message'|'error_message'
 *   |'select_message'|'none_message'|'error_getting_message'|'error_signing_in_message'
 *   |'error_inserting_personal_message', string>} Texts
 */

/** @typedef {{html: string} | {text: string}} Content */
/**
 * `about` is a tooltip; `quiet` marks less common choices; `item` marks list entries.
 * @typedef {{id: string, label: Content, about?: string, quiet?: boolean, item?: boolean}} Button
 */
/** @typedef {{kind: 'search'|'code', label: string, button?: string}} Entry  a field, with a button to submit it */

/**
 * @typedef {object} Picture  what a screen shows
 * @property {Content|null} heading
 * @property {Content|null} message
 * @property {string} hint  plain text
 * @property {'plain'|'good'|'warning'|'bad'|'waiting'} tone
 * @property {boolean} busy
 * @property {Entry|null} entry
 * @property {string} link  URL of the sign-in page, or ""
 * @property {Button[]} buttons
 */

/**
 * @param {State} state
 * @param {Texts} texts
 * @returns {Picture}
 */
export function picture(state, texts) {
  const blank = { heading: null, message: null, tone: /** @type {const} */ ('plain'), entry: null, link: '', buttons: [] };
  const shown = { ...blank, hint: state.hint, busy: state.busy, ...SCREENS[state.screen](state, texts) };
  return state.busy && state.screen !== 'starting' ? { ...shown, hint: words.working } : shown;
}

/** @type {Record<State['screen'], (state: State, texts: Texts) => Partial<Picture>>} */
const SCREENS = {
  starting: () => ({}),
  choose: (state, texts) => ({ buttons: kinds(state, texts) }),
  signIn: (state, texts) => ({ ...byHand(state), buttons: [signIn(texts), back] }),
  waiting: () => ({ message: { text: words.waiting }, tone: 'waiting', entry: code, buttons: [back] }),
  list: (state, texts) => ({
    message: { html: state.vmrs.length ? texts.select_message : texts.none_message },
    ...list(state, PAGE),
  }),
  success: (_, texts) => ({ ...result(texts, 'success'), tone: 'good', buttons: [undo] }),
  unable: (_, texts) => ({ ...result(texts, 'unable'), tone: 'warning', buttons: [undo] }),
  rewrite: ({ asked }) => ({
    message: { text: REWRITES[asked?.do ?? ''] ?? words.rewriteToAdd },
    tone: 'warning', buttons: [rewrite, back],
  }),
  already,
  error: (state, texts) => ({ heading: { html: texts.error_heading }, tone: 'bad', ...error(state, texts) }),
  unusable: (state) => UNUSABLE[state.why ?? 'outside'],
};

/** @type {Record<NonNullable<State['why']>, Partial<Picture>>} */
const UNUSABLE = {
  outside: { message: { text: words.outside } },
  unsuitable: { message: { text: words.unsuitable } },
  stuck: { heading: { text: words.stuck }, tone: 'bad', hint: words.stuckHint },
};

/** @type {Record<string, string>} */
const REWRITES = { undo: words.rewriteToRemove, replace: words.rewriteToReplace };

const undo = { id: 'undo', label: { text: words.remove }, quiet: true };
const complete = { id: 'complete', label: { text: words.complete } };
const replace = { id: 'replace', label: { text: words.replace } };
const ownVmr = { id: 'replace', label: { text: words.ownVmr }, quiet: true };
const rewrite = { id: 'rewrite', label: { text: words.goOn } };
const code = /** @type {const} */ ({ kind: 'code', label: words.code, button: words.useCode });
const back = { id: 'back', label: { text: words.back }, quiet: true };

/**
 * @param {State} state
 * @param {Texts} texts
 * @returns {Partial<Picture>}
 */
function already({ removable, owner, incomplete, isOccurrence, modes }, texts) {
  const another = owner === 'ours' ? ownVmr : replace;
  const buttons = [
    ...(incomplete ? [complete] : []), ...((owner !== 'ours' || isOccurrence) && modes.single_use ? [another] : []),
    ...(removable ? [undo] : []),
  ];
  const heading = { html: texts.already_heading };
  if (owner === 'foreign') return { heading, message: { text: words.foreign }, tone: 'warning', buttons };
  if (incomplete) return { heading, message: { text: words.incomplete }, tone: 'warning', buttons };
  return { ...result(texts, 'already'), tone: owner === 'unsure' ? 'warning' : 'good', buttons };
}

/**
 * @param {State} state
 * @param {Texts} texts
 * @returns {Button[]}
 */
function kinds({ modes }, texts) {
  const single = { id: 'single', label: { html: texts.single_use_button } };
  const personal = { id: 'personal', label: { html: texts.personal_button } };
  return [...(modes.single_use ? [single] : []), ...(modes.personal ? [personal] : [])];
}

/** @param {Texts} texts */
function signIn(texts) {
  return { id: 'signIn', label: { html: texts.sign_in_button } };
}

/**
 * The fallback if the sign-in dialog fails: the same page in a browser, which shows a code to type into the pane.
 * @param {State} state
 * @returns {Partial<Picture>}
 */
function byHand({ page }) {
  return page ? { link: page, entry: code } : {};
}

/**
 * @param {Texts} texts
 * @param {'success'|'already'|'unable'} kind
 */
function result(texts, kind) {
  return { heading: { html: texts[`${kind}_heading`] }, message: { html: texts[`${kind}_message`] } };
}

/**
 * @param {State} state
 * @param {Texts} texts
 * @returns {Partial<Picture>}
 */
function error(state, texts) {
  switch (state.fault) {
    case 'getting':
      return { message: { html: texts.error_getting_message }, buttons: kinds(state, texts) };
    case 'signing':
      return { message: { html: texts.error_signing_in_message }, ...byHand(state), buttons: [signIn(texts), back] };
    case 'personal':
      return { ...list(state, PAGE), message: { html: texts.error_inserting_personal_message }, hint: state.hint };
    case 'undo':
      return { message: { text: words.undoFailed }, buttons: [undo] };
    default:
      return { message: { html: texts.error_message }, buttons: kinds(state, texts) };
  }
}
