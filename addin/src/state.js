// @ts-check
/**
 * What the pane shows and what it does next: pure decisions (X2).
 *
 *     starting ─► choose ─► (working) ─► success | unable | already | error | rewrite (asks, then continues or goes back)
 *                   │  ▲                    └─── undo ───► choose
 *                   ▼  │ back
 *                signIn ─► waiting ─► list ─► (working) ─► success | already | error
 */

/** @import {PersonalVmr} from './api.js' */
/** @import {Finding, Owner} from './finding.js' */

/** @typedef {'starting'|'choose'|'list'|'signIn'|'waiting'|'rewrite'|'success'|'unable'|'already'
 *   |'error'|'unusable'} Screen */
/** @typedef {'single'|'getting'|'signing'|'personal'|'undo'} Fault  what failed */

/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {boolean} busy  an action is in progress; clicks are ignored
 * @property {{single_use: boolean, personal: boolean}} modes
 * @property {'single'|'personal'} wish  the kind of VMR that the user last asked for
 * @property {PersonalVmr[]} vmrs
 * @property {number} shown  how many of the matches are shown
 * @property {string} query  the search text
 * @property {boolean} signedIn  the user has signed in through the dialog and can therefore sign out
 * @property {string} page  page of a sign-in whose dialog failed, for a separate browser window
 * @property {boolean} removable  the VMR can be removed from the meeting
 * @property {Owner} owner  whose VMR the meeting has
 * @property {boolean} incomplete  the equipment mailbox is missing
 * @property {boolean} isOccurrence  the meeting is one date of a series
 * @property {Effect|null} asked  the action that awaits the user's consent
 * @property {State|null} before  the state before the user was asked
 * @property {number} turn  counts the user's choices; the result of an earlier choice is ignored
 * @property {Fault|null} fault  what failed, on the error screen
 * @property {'outside'|'unsuitable'|'stuck'|null} why  why the pane is unusable
 * @property {string} hint  plain text
 */

/**
 * @typedef {{do: 'complete'|'list'|'signIn'|'signOut'} | {do: 'single'|'replace'|'undo', rewrite?: boolean}
 *   | {do: 'personal', index: number, rewrite?: boolean} | {do: 'redeem', code: string}} Effect
 *   `rewrite`: the user has agreed to rewriting the whole text
 */
/**
 * @typedef {Finding & {type: 'opened'}
 *   | {type: 'unusable', why: NonNullable<State['why']>}
 *   | {type: 'clicked', button: string}
 *   | {type: 'typed', text: string}
 *   | {type: 'entered', text: string}
 *   | Finished & {type: 'finished', turn?: number}} Event
 */
/**
 * @typedef {{outcome: 'added'|'promised'|'undone', hint?: string}
 *   | Finding & {outcome: 'already'}
 *   | {outcome: 'rewrite', effect: Effect}
 *   | {outcome: 'listed', vmrs: PersonalVmr[], signedIn: boolean}
 *   | {outcome: 'signInNeeded', page?: string}
 *   | {outcome: 'signedIn'}
 *   | {outcome: 'failed', fault: Fault, hint?: string, page?: string}} Finished  the result of an effect
 */

export const PAGE = 25; // VMRs shown at a time

/**
 * @param {State['modes']} modes
 * @returns {State}
 */
export function start(modes) {
  return {
    screen: 'starting', busy: true, modes, wish: 'single', vmrs: [], shown: PAGE, query: '', signedIn: false,
    page: '', removable: false, owner: 'ours', incomplete: false, isOccurrence: false,
    asked: null, before: null, turn: 0, fault: null, why: null, hint: '',
  };
}

/**
 * The state after an event and the action to start.
 * @param {State} state
 * @param {Event} event
 * @returns {{state: State, effect: Effect|null}}
 */
export function next(state, event) {
  switch (event.type) {
    case 'opened':
      return event.already ? found(state, event) : rest(state, 'choose');
    case 'unusable':
      return { state: { ...state, screen: 'unusable', busy: false, why: event.why }, effect: null };
    case 'clicked':
      return state.busy ? { state, effect: null } : clicked(state, event.button);
    case 'typed':
      return { state: { ...state, query: event.text, shown: PAGE }, effect: null };
    case 'entered':
      return entered(state, event.text.trim());
    case 'finished':
      return (event.turn ?? state.turn) === state.turn ? finished(state, event) : { state, effect: null };
  }
}

/**
 * @param {State} state
 * @param {string} button  "single", "personal", "complete", "replace", "undo", "rewrite", "signIn", "signOut", "back",
 *   "more", or "vmr:<index>"
 * @returns {{state: State, effect: Effect|null}}
 */
function clicked(state, button) {
  const [name, index] = button.split(':');
  switch (name) {
    case 'single':
      return work({ ...state, wish: 'single' }, { do: 'single' });
    case 'personal':
      return work({ ...state, wish: 'personal' }, { do: 'list' });
    case 'vmr':
      return work(state, { do: 'personal', index: Number(index) });
    case 'signIn':
      // The state is not busy, because the new window may have to show the user a code, and may never report back.
      return work({ ...state, screen: 'waiting', page: '', hint: '' }, { do: 'signIn' }, false);
    case 'signOut':
      return work(state, { do: 'signOut' });
    case 'undo':
    case 'complete':
    case 'replace':
      return work(state, { do: name });
    case 'rewrite':
      return consented(state, true);
    case 'more':
      return { state: { ...state, shown: state.shown + PAGE }, effect: null };
    default:
      return state.before ? consented(state, false) : rest({ ...state, turn: state.turn + 1 }, 'choose');
  }
}

/**
 * Redeem the sign-in code that the user has typed. In the search for VMRs, pressing Enter does nothing, because the
 * matches are already listed.
 * @param {State} state
 * @param {string} code
 * @returns {{state: State, effect: Effect|null}}
 */
function entered(state, code) {
  const isAsked = state.screen === 'waiting' || (state.page !== '' && ['signIn', 'error'].includes(state.screen));
  return isAsked && code && !state.busy ? work(state, { do: 'redeem', code }) : { state, effect: null };
}

/**
 * @param {State} state
 * @param {Finished} event
 * @returns {{state: State, effect: Effect|null}}
 */
function finished(state, event) {
  switch (event.outcome) {
    case 'added':
      return rest(state, 'success', event.hint);
    case 'promised':
      return rest(state, 'unable', event.hint);
    case 'already':
      return found(state, event);
    case 'rewrite':
      return rest({ ...state, asked: event.effect, before: state }, 'rewrite');
    case 'undone':
      return rest(state, 'choose', event.hint);
    case 'listed':
      return rest({ ...state, vmrs: event.vmrs, signedIn: event.signedIn, shown: PAGE, query: '' }, 'list');
    case 'signInNeeded':
      return rest({ ...state, page: event.page ?? '' }, 'signIn');
    case 'signedIn':
      return work({ ...state, page: '' }, { do: state.wish === 'personal' ? 'list' : 'single' });
    case 'failed':
      return rest({ ...state, fault: event.fault, page: event.page ?? '' }, 'error', event.hint);
  }
}

/**
 * @param {State} state
 * @param {Finding} finding
 */
function found(state, { removable, owner, incomplete, isOccurrence, hint }) {
  return rest({ ...state, removable, owner, incomplete, isOccurrence }, 'already', hint);
}

/**
 * Continue with the action for which the user's consent was requested, or go back.
 * @param {State} state
 * @param {boolean} agrees
 * @returns {{state: State, effect: Effect|null}}
 */
function consented({ asked, before, ...state }, agrees) {
  const settled = { ...state, ...before, turn: state.turn, asked: null, before: null };
  if (!agrees || !asked) return rest({ ...settled, turn: state.turn + 1 }, settled.screen);
  return work(settled, /** @type {Effect} */ ({ ...asked, rewrite: true }));
}

/**
 * @param {State} state
 * @param {Screen} screen
 * @param {string} [hint]
 * @returns {{state: State, effect: null}}
 */
function rest(state, screen, hint = '') {
  return { state: { ...state, screen, hint, busy: false, why: null }, effect: null };
}

/**
 * @param {State} state
 * @param {Effect} effect
 * @param {boolean} [busy]
 * @returns {{state: State, effect: Effect}}
 */
function work(state, effect, busy = true) {
  return { state: { ...state, busy, turn: state.turn + 1 }, effect };
}
