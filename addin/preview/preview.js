// @ts-check
/**
 * Shows admins the pane without Outlook (W6): the same screens and decisions, with sample results instead of real
 * actions. It uses neither Office.js nor a token and sends no requests. The URL's fragment is a state, as in
 * `…/preview#success`. The root element lists all states in `data-states`.
 */

import { NOTHING } from '../src/finding.js';
import { picture } from '../src/screens.js';
import { next, start } from '../src/state.js';
import { View } from '../src/view.js';

/** @import {Config} from '../src/main.js' */
/** @import {Effect, Event, Finished, State} from '../src/state.js' */

const VMRS = ['Alice’s room', 'Quality', 'Board'].map((name) => ({
  name, description: `${name}: a sample`, instructions: '', instructions_text: '', location: '',
}));

/** The sample result of each action. @type {Record<Effect['do'], Finished|null>} */
const SAMPLES = {
  single: { outcome: 'added' },
  replace: { outcome: 'added' },
  complete: { outcome: 'added' },
  personal: { outcome: 'added' },
  undo: { outcome: 'undone' },
  list: { outcome: 'listed', vmrs: VMRS, signedIn: true },
  signIn: null, // waits for a window that is never opened
  signOut: { outcome: 'signInNeeded' },
  redeem: { outcome: 'signedIn' },
};

/** @type {Event} */
const opened = { type: 'opened', ...NOTHING };
/** @param {string} button @returns {Event} */
const click = (button) => ({ type: 'clicked', button });
/** @param {Finished} finished @returns {Event} */
const came = (finished) => ({ type: 'finished', ...finished });
/** @param {Partial<typeof NOTHING>} found @returns {Event[]} */
const has = (found) => [{ type: 'opened', ...NOTHING, already: true, ...found }];
/** @param {NonNullable<State['why']>} why @returns {Event[]} */
const unusable = (why) => [{ type: 'unusable', why }];

/** The events that lead to each state of the pane. @type {Record<string, Event[]>} */
const SINGLE = {
  working: [opened, click('single')],
  success: [opened, click('single'), came({ outcome: 'added' })],
  'no alias was available': [opened, click('single'), came({ outcome: 'promised' })],
  'already has a VMR': has({ removable: true }),
  'has another meeting’s VMR': has({ owner: 'foreign' }),
  'lacks the equipment mailbox': has({ incomplete: true }),
  'asks before rewriting the text': [opened, click('single'), came({ outcome: 'rewrite', effect: { do: 'single' } })],
  removed: [opened, came({ outcome: 'undone' })],
  error: [opened, click('single'), came({ outcome: 'failed', fault: 'single' })],
};
/** @type {Record<string, Event[]>} */
const PERSONAL = {
  'personal VMRs': [opened, click('personal'), came({ outcome: 'listed', vmrs: VMRS, signedIn: true })],
  'no personal VMRs': [opened, click('personal'), came({ outcome: 'listed', vmrs: [], signedIn: true })],
  'personal VMRs cannot be loaded': [opened, click('personal'), came({ outcome: 'failed', fault: 'getting' })],
  'sign-in': [opened, click('personal'), came({ outcome: 'signInNeeded' })],
  'waiting for the sign-in': [opened, click('personal'), came({ outcome: 'signInNeeded' }), click('signIn')],
  'sign-in failed': [opened, click('personal'), came({ outcome: 'failed', fault: 'signing' })],
};

/** @param {State['modes']} modes @returns {Record<string, Event[]>} */
function states(modes) {
  return {
    choose: [opened],
    ...(modes.single_use ? SINGLE : {}),
    ...(modes.personal ? PERSONAL : {}),
    'reading a meeting': unusable('unsuitable'),
    'outside Outlook': unusable('outside'),
    'Outlook does not respond': unusable('stuck'),
  };
}

/** @param {Config} config */
function run(config) {
  const known = states(config.modes);
  let state = start(config.modes);
  const view = new View(document, dispatch);

  /** @param {Event} event */
  function dispatch(event) {
    const { state: after, effect } = next(state, event);
    state = after;
    view.show(picture(state, config.texts));
    const sample = effect && SAMPLES[effect.do];
    if (sample) dispatch(came(sample));
  }

  function show() {
    const name = decodeURIComponent(location.hash.slice(1));
    state = (known[name] ?? [opened]).reduce((before, event) => next(before, event).state, start(config.modes));
    view.show(picture(state, config.texts));
  }

  for (const href of config.stylesheets) {
    document.querySelector('link[rel=stylesheet]')?.before(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
  }
  view.introduce(config.texts);
  addEventListener('hashchange', show);
  show();
  document.documentElement.dataset.states = JSON.stringify(Object.keys(known));
}

run(JSON.parse(document.getElementById('config')?.textContent ?? ''));
