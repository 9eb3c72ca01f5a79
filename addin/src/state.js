// @ts-check
/**
 * What the pane shows and what it does next: pure decisions (SPEC X2).
 *
 *     starting ─► choose ─► (working) ─► success | unable | already | error
 *                   │  ▲                    └─── undo ───► choose
 *                   ▼  │ back
 *                signIn ─► list ─► (working) ─► success | already | error
 */

/** @import {PersonalVmr} from './api.js' */

/** @typedef {'starting'|'choose'|'list'|'signIn'|'success'|'unable'|'already'|'error'|'unusable'} Screen */
/** @typedef {'single'|'getting'|'signing'|'personal'|'undo'} Fault  what failed */

/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {boolean} busy  something is under way; clicks are ignored
 * @property {{single_use: boolean, personal: boolean}} modes
 * @property {'single'|'personal'} wish  which kind of VMR the user asked for last
 * @property {PersonalVmr[]} vmrs
 * @property {number} shown  how many of them
 * @property {boolean} signedIn  by the dialog, so that signing out makes sense
 * @property {Fault|null} fault  in an error
 * @property {'outside'|'unsuitable'|'stuck'|null} why  it is unusable
 * @property {string} hint  plain text
 */

/** @typedef {{do: 'single'|'list'|'signIn'|'signOut'|'undo'} | {do: 'personal', index: number}} Effect */
/**
 * @typedef {{type: 'opened', already: boolean}
 *   | {type: 'unusable', why: NonNullable<State['why']>}
 *   | {type: 'clicked', button: string}
 *   | {type: 'finished', outcome: 'added'|'promised'|'already'|'undone', hint?: string}
 *   | {type: 'finished', outcome: 'listed', vmrs: PersonalVmr[], signedIn: boolean}
 *   | {type: 'finished', outcome: 'signInNeeded'|'signedIn'}
 *   | {type: 'finished', outcome: 'failed', fault: Fault, hint?: string}} Event
 */

export const PAGE = 25; // VMRs shown at a time

/**
 * @param {State['modes']} modes
 * @returns {State}
 */
export function start(modes) {
  return {
    screen: 'starting', busy: true, modes, wish: 'single', vmrs: [], shown: PAGE, signedIn: false, fault: null,
    why: null, hint: '',
  };
}

/**
 * The state after an event, and what is to be done in it.
 * @param {State} state
 * @param {Event} event
 * @returns {{state: State, effect: Effect|null}}
 */
export function next(state, event) {
  switch (event.type) {
    case 'opened':
      return rest(state, event.already ? 'already' : 'choose');
    case 'unusable':
      return { state: { ...state, screen: 'unusable', busy: false, why: event.why }, effect: null };
    case 'clicked':
      return state.busy ? { state, effect: null } : clicked(state, event.button);
    case 'finished':
      return finished(state, event);
  }
}

/**
 * @param {State} state
 * @param {string} button  "single", "personal", "signIn", "signOut", "undo", "back", "more", or "vmr:<index>"
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
    case 'signOut':
      return work(state, { do: name });
    case 'undo':
      return work(state, { do: 'undo' });
    case 'more':
      return { state: { ...state, shown: state.shown + PAGE }, effect: null };
    default:
      return rest(state, 'choose');
  }
}

/**
 * @param {State} state
 * @param {Extract<Event, {type: 'finished'}>} event
 */
function finished(state, event) {
  switch (event.outcome) {
    case 'added':
      return rest(state, 'success', event.hint);
    case 'promised':
      return rest(state, 'unable', event.hint);
    case 'already':
      return rest(state, 'already');
    case 'undone':
      return rest(state, 'choose', event.hint);
    case 'listed':
      return rest({ ...state, vmrs: event.vmrs, signedIn: event.signedIn, shown: PAGE }, 'list');
    case 'signInNeeded':
      return rest(state, 'signIn');
    case 'signedIn':
      return work(state, { do: state.wish === 'personal' ? 'list' : 'single' });
    case 'failed':
      return rest({ ...state, fault: event.fault }, 'error', event.hint);
  }
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
 */
function work(state, effect) {
  return { state: { ...state, busy: true }, effect };
}
