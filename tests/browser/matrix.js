// @ts-check
/**
 * Runs many panes in a single page: the pane's logic on the genuine Office.js, with a back end that is always available
 * and a clock that tests advance. Served as one of the pane's modules (tests/browser/test_matrix.py).
 */

import { Actions } from './actions.js';
import { Outlook } from './office.js';
import { clock } from './waiting.js';
import { picture } from './screens.js';
import { next, start } from './state.js';

const HTML = '<p>Join the room:</p><ol><li>Open https://vmr.example.com/</li><li>Enter 123456<ul><li>or dial it</li></ul></li></ol>';
const TEXT = 'Join the room:\nOpen https://vmr.example.com/\nEnter 123456\nor dial it';
const FOREIGN = 'PXPS:-ffffffff-4f50-4617-8829-3a4b5c6d7e8f#';
const TAG = 'PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#';
const TEXTS = new Proxy({}, { get: (_, name) => String(name) });
const ROOM = { name: 'Video rooms; all', address: 'vmr@example.com' };
/** The addresses that the server has for the mailbox. */
const KNOWN = [
  ROOM.address, 'video.rooms@corp.example.com',
  '/o=exchangelabs/ou=exchange administrative group/cn=recipients/cn=0123456789abcdef-vmr',
];

// The fake Outlook's time advances by as much as the pane waits.
clock.pause = async (milliseconds) => parent.postMessage({ pass: milliseconds }, '*');

const api = {
  meetingDetails: async () => ({
    room_name: ROOM.name, room_email: ROOM.address, location: ROOM.name, alias_id: TAG, alias: '123456@example.com',
    numeric_alias: '123456', instructions: `${HTML}<div>${TAG}</div>`, instructions_text: `${TEXT}\n\n${TAG}`,
  }),
  personalVmrs: async () => [
    { name: 'Mine', description: '', instructions: HTML, instructions_text: TEXT, location: 'https://vmr.example.com/' },
  ],
  tagState: async (/** @type {string} */ _, /** @type {string} */ tag) => ({
    state: FOREIGN.startsWith(tag) ? 'unknown' : 'reserved', starts_here: false, alias: '123456@example.com', one_date: false,
  }),
};
const identity = { attempt: { page: '' }, session: '', token: async () => 'token' };

class Pane {
  /**
   * @param {string} mailbox
   * @param {boolean} isOccurrence
   * @param {boolean} isTold  the server has the mailbox's addresses
   */
  constructor(mailbox, isOccurrence, isTold) {
    const outlook = new Outlook(Office, () => {});
    const newest = Number(mailbox.split('.')[1]);
    outlook.supports = (set, version) => set === 'Mailbox' && Number(version.split('.')[1]) <= newest;
    const room = { ...ROOM, ...(isTold && { known: KNOWN }) };
    this.actions = new Actions({ ...outlook.item, isOccurrence }, /** @type {any} */ (api), /** @type {any} */ (identity), room, () => {});
    this.state = start({ single_use: true, personal: true });
  }

  /** @param {any} event */
  async dispatch(event) {
    const { state, effect } = next(this.state, event);
    this.state = state;
    if (effect) await this.dispatch({ type: 'finished', ...(await this.actions.run(effect)) });
  }

  /** What the pane shows: the screen, its texts, and its buttons. */
  get said() {
    const { heading, message, hint, tone, buttons } = picture(this.state, /** @type {any} */ (TEXTS));
    const plain = (/** @type {any} */ content) => content?.html ?? content?.text ?? '';
    const { screen } = this.state;
    return { screen, heading: plain(heading), message: plain(message), hint, tone, buttons: buttons.map(({ id }) => id) };
  }
}

/**
 * @param {string[]} steps  "open", "note" (wait until the note is saved with the meeting), or buttons
 * @param {string} mailbox
 * @param {boolean} isOccurrence
 * @param {boolean} isTold
 * @returns {Promise<any[]>} what the pane showed after each step
 */
export async function run(steps, mailbox, isOccurrence, isTold) {
  const said = [];
  let pane = new Pane(mailbox, isOccurrence, isTold);
  for (const step of steps) {
    if (step === 'open') {
      await pane.actions.noting;
      pane = new Pane(mailbox, isOccurrence, isTold);
      await pane.dispatch({ type: 'opened', ...(await pane.actions.look()) });
    } else {
      await pane.dispatch({ type: 'clicked', button: step });
    }
    said.push(pane.said);
    if (pane.state.screen === 'rewrite') {
      await pane.dispatch({ type: 'clicked', button: 'rewrite' });
      said.push(pane.said);
    }
  }
  await pane.actions.noting;
  return said;
}
