import assert from 'node:assert/strict';
import { test } from 'node:test';

import { picture } from '../../../addin/src/screens.js';
import { PAGE, next, start } from '../../../addin/src/state.js';
import { words } from '../../../addin/src/fixed_words.js';

const TEXTS = new Proxy({}, { get: (_, name) => name });
const BOTH = { single_use: true, personal: true };
const vmrs = (count) => Array.from({ length: count }, (_, index) => ({ name: `VMR ${index}`, description: `D${index}` }));

/** The state after these events. */
function after(events, modes = BOTH) {
  return events.reduce((state, event) => next(state, event).state, start(modes));
}

/** What the pane shows after these events, as plain strings. */
function seen(events, modes) {
  const { heading, message, hint, buttons, tone } = picture(after(events, modes), TEXTS);
  const plain = (content) => content?.html ?? content?.text ?? '';
  return [plain(heading), plain(message), hint, buttons.map(({ label }) => plain(label)), tone];
}

const NOTHING = { already: false, removable: false, owner: 'ours', incomplete: false, isOccurrence: false, hint: '' };
const opened = { type: 'opened', ...NOTHING };
const there = (more) => ({ type: 'opened', ...NOTHING, already: true, ...more });
const PAGE_URL = 'https://vmr.example.com/sign-in?challenge=x';
const entered = (text) => ({ type: 'entered', text });
const clicked = (button) => ({ type: 'clicked', button });
const finished = (outcome, more = {}) => ({ type: 'finished', outcome, ...more });
const failed = (fault, hint = '') => finished('failed', { fault, hint });
const KINDS = ['single_use_button', 'personal_button'];
const listed = [opened, clicked('personal'), finished('listed', { vmrs: vmrs(2) })];

const SCREENS = {
  starting: [[], '', '', '', [], 'plain'],
  'a meeting without a VMR': [[opened], '', '', '', KINDS, 'plain'],
  'a meeting with one': [[there()], 'already_heading', 'already_message', '', [], 'good'],
  'a click on the one that finds one': [
    [opened, clicked('single'), finished('already', NOTHING)], 'already_heading', 'already_message', '', [], 'good',
  ],
  working: [[opened, clicked('single')], '', '', words.working, KINDS, 'plain'],
  success: [
    [opened, clicked('single'), finished('added', { hint: 'h' })],
    'success_heading', 'success_message', 'h', [words.remove], 'good',
  ],
  unable: [
    [opened, clicked('single'), finished('promised')],
    'unable_heading', 'unable_message', '', [words.remove], 'warning',
  ],
  'single-use failed': [
    [opened, clicked('single'), failed('single', 'why')], 'error_heading', 'error_message', 'why', KINDS, 'bad',
  ],
  'sign-in needed': [
    [opened, clicked('personal'), finished('signInNeeded')], '', '', '', ['sign_in_button', words.back], 'plain',
  ],
  'a meeting with one that can be removed': [
    [there({ removable: true })],
    'already_heading', 'already_message', '', [words.remove], 'good',
  ],
  "a meeting with another meeting's": [
    [there({ removable: true, owner: 'foreign' })], 'already_heading', words.foreign, '', [words.replace, words.remove], 'warning',
  ],
  'a meeting with one that may be another\'s': [
    [there({ removable: true, owner: 'unsure', hint: words.unsure })],
    'already_heading', 'already_message', words.unsure, [words.replace, words.remove], 'warning',
  ],
  'one date of a series': [
    [there({ isOccurrence: true, hint: 'h' })], 'already_heading', 'already_message', 'h', [words.ownVmr], 'good',
  ],
  'a meeting without the mailbox': [
    [there({ incomplete: true })], 'already_heading', words.incomplete, '', [words.complete], 'warning',
  ],
  'images that removing the VMR may break': [
    [there({ removable: true }), clicked('undo'), finished('rewrite', { effect: { do: 'undo' } })],
    '', words.rewriteToRemove, '', [words.goOn, words.back], 'warning',
  ],
  'images that adding a VMR may break': [
    [opened, clicked('single'), finished('rewrite', { effect: { do: 'single' } })],
    '', words.rewriteToAdd, '', [words.goOn, words.back], 'warning',
  ],
  'images that replacing the VMR may break': [
    [there({ owner: 'foreign' }), clicked('replace'), finished('rewrite', { effect: { do: 'replace' } })],
    '', words.rewriteToReplace, '', [words.goOn, words.back], 'warning',
  ],
  'the user keeps the images': [
    [there({ removable: true }), clicked('undo'), finished('rewrite', { effect: { do: 'undo' } }), clicked('back')],
    'already_heading', 'already_message', '', [words.remove], 'good',
  ],
  'waiting for the sign-in window': [
    [opened, clicked('personal'), finished('signInNeeded'), clicked('signIn')],
    '', words.waiting, '', [words.back], 'waiting',
  ],
  'a code was entered': [
    [opened, clicked('personal'), finished('signInNeeded'), clicked('signIn'), entered('K7QX2-M9PAT')],
    '', words.waiting, words.working, [words.back], 'waiting',
  ],
  'sign-in failed': [
    [opened, clicked('personal'), finished('signInNeeded'), clicked('signIn'), failed('signing')],
    'error_heading', 'error_signing_in_message', '', ['sign_in_button', words.back], 'bad',
  ],
  'the list': [listed, '', 'select_message', '', ['VMR 0', 'VMR 1', words.back], 'plain'],
  'the list of a user who has signed in': [
    [opened, clicked('personal'), finished('listed', { vmrs: vmrs(1), signedIn: true })],
    '', 'select_message', '', ['VMR 0', words.signOut, words.back], 'plain',
  ],
  'signed out': [
    [...listed, clicked('signOut'), finished('signInNeeded')], '', '', '', ['sign_in_button', words.back], 'plain',
  ],
  'no personal VMRs': [
    [opened, clicked('personal'), finished('listed', { vmrs: [] })], '', 'none_message', '', [words.back], 'plain',
  ],
  'the list could not be loaded': [
    [opened, clicked('personal'), failed('getting')], 'error_heading', 'error_getting_message', '', KINDS, 'bad',
  ],
  'a personal VMR could not be added': [
    [...listed, clicked('vmr:1'), failed('personal')],
    'error_heading', 'error_inserting_personal_message', '', ['VMR 0', 'VMR 1', words.back], 'bad',
  ],
  'a personal VMR': [
    [...listed, clicked('vmr:1'), finished('added')],
    'success_heading', 'success_message', '', [words.remove], 'good',
  ],
  removed: [
    [opened, clicked('single'), finished('added'), clicked('undo'), finished('undone', { hint: words.removed })],
    '', '', words.removed, KINDS, 'plain',
  ],
  'the VMR could not be removed': [
    [opened, clicked('single'), finished('added'), clicked('undo'), failed('undo')],
    'error_heading', words.undoFailed, '', [words.remove], 'bad',
  ],
  'the pane is opened outside Outlook': [[{ type: 'unusable', why: 'outside' }], '', words.outside, '', [], 'plain'],
  'the item is not a meeting': [[{ type: 'unusable', why: 'unsuitable' }], '', words.unsuitable, '', [], 'plain'],
  'Office.js never becomes ready': [[{ type: 'unusable', why: 'stuck' }], words.stuck, '', words.stuckHint, [], 'bad'],
  'Office.js becomes ready late': [[{ type: 'unusable', why: 'stuck' }, opened], '', '', '', KINDS, 'plain'],
};

for (const [name, [events, ...expected]] of Object.entries(SCREENS)) {
  test(`screen: ${name}`, () => assert.deepEqual(seen(events), expected));
}

for (const [modes, expected] of [
  [{ single_use: true, personal: false }, ['single_use_button']],
  [{ single_use: false, personal: true }, ['personal_button']],
]) {
  test(`only enabled kinds of VMR are offered: ${expected}`, () => assert.deepEqual(seen([opened], modes)[3], expected));
}

const EFFECTS = {
  single: { do: 'single' },
  personal: { do: 'list' },
  signIn: { do: 'signIn' },
  'vmr:12': { do: 'personal', index: 12 },
  undo: { do: 'undo' },
  complete: { do: 'complete' },
  replace: { do: 'replace' },
  back: null,
  more: null,
};

for (const [button, effect] of Object.entries(EFFECTS)) {
  test(`a click on ${button} does ${JSON.stringify(effect)}`, () => {
    assert.deepEqual(next(after([opened]), clicked(button)).effect, effect);
  });

  test(`a click on ${button} while another action is in progress does nothing`, () => {
    const state = after([opened, clicked('single')]);
    assert.deepEqual(next(state, clicked(button)), { state, effect: null });
  });
}

for (const [wish, effect] of [['single', 'single'], ['personal', 'list']]) {
  test(`signing in continues with the requested action: ${wish}`, () => {
    const state = after([opened, clicked(wish), finished('signInNeeded'), clicked('signIn')]);
    assert.deepEqual(next(state, finished('signedIn')).effect, { do: effect });
  });
}

/** A screen's input field, and the link next to it. */
function field(events) {
  const { entry, link } = picture(after(events), TEXTS);
  return [entry?.kind ?? '', link];
}

const waiting = [opened, clicked('personal'), finished('signInNeeded'), clicked('signIn')];
for (const [name, events, expected] of [
  ['before the first sign-in', waiting.slice(0, 3), ['', '']],
  ['while the window is open', waiting, ['code', '']],
  ['after the window was closed', [...waiting, finished('signInNeeded', { page: PAGE_URL })], ['code', PAGE_URL]],
  ['after the window was blocked', [...waiting, finished('failed', { fault: 'signing', page: PAGE_URL })], ['code', PAGE_URL]],
  ['after signing in', [...waiting, finished('signedIn'), finished('listed', { vmrs: vmrs(2) })], ['', '']],
]) {
  test(`a code can be typed ${name}: ${expected[0] || 'no'}`, () => assert.deepEqual(field(events), expected));
}

test('a typed code is trimmed and redeemed, but only when the pane has asked for one', () => {
  assert.deepEqual(next(after(waiting), entered(' K7QX2-M9PAT ')).effect, { do: 'redeem', code: 'K7QX2-M9PAT' });
  for (const events of [[opened], waiting.slice(0, 3), listed]) {
    assert.equal(next(after(events), entered('K7QX2-M9PAT')).effect, null);
  }
  assert.equal(next(after(waiting), entered('  ')).effect, null);
});

test('the result of a sign-in window is ignored once the user has typed a code or gone back', () => {
  const { turn } = after(waiting);
  for (const choice of [entered('K7QX2-M9PAT'), clicked('back')]) {
    const state = after([...waiting, choice]);
    assert.deepEqual(next(state, finished('signInNeeded', { turn })), { state, effect: null });
  }
  assert.equal(after([...waiting, finished('signInNeeded', { turn })]).screen, 'signIn');
});

test('hundreds of VMRs are shown page by page', () => {
  const many = [opened, clicked('personal'), finished('listed', { vmrs: vmrs(60) })];
  const counts = [0, 1, 2].map((clicks) => {
    const [, , , buttons] = seen([...many, ...Array(clicks).fill(clicked('more'))]);
    return [buttons.filter((label) => label.startsWith('VMR')).length, buttons.includes(words.more)];
  });
  assert.deepEqual(counts, [[PAGE, true], [2 * PAGE, true], [60, false]]);
});

test('the requested action continues when the user agrees to have the text rewritten', () => {
  for (const effect of [{ do: 'undo' }, { do: 'single' }, { do: 'personal', index: 3 }]) {
    const state = after([opened, clicked('single'), finished('rewrite', { effect })]);
    assert.deepEqual(next(state, clicked('rewrite')).effect, { ...effect, rewrite: true });
    assert.equal(next(state, clicked('back')).effect, null);
  }
});
