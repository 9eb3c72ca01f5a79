// @ts-check
/** Outlook on a phone. Instead of a pane, it has a switch for the add-in's command (docs/addin.md). */

import { make, part } from './dom.js';

/** @import {FakeOutlook} from './outlook.js' */

const COMMAND = 'addVmr';

/**
 * @param {FakeOutlook} outlook
 * @param {string} url  the URL of the add-in's commands
 */
export function showPhone(outlook, url) {
  const toggle = /** @type {HTMLButtonElement} */ (make('button', 'switch', 'Video meeting'));
  const result = make('p', 'soft', 'Here, Outlook offers the add-in as one switch. There is no pane, and nothing to choose.');
  const place = make('div', 'unseen');
  Object.assign(toggle, { type: 'button', role: 'switch', ariaChecked: 'false', disabled: true });
  result.setAttribute('role', 'status');
  part('pane').replaceChildren(make('div', 'phone', toggle, result), place);
  outlook.open(place, url);
  const frame = /** @type {HTMLIFrameElement} */ (place.querySelector('iframe'));
  frame.addEventListener('load', () => (toggle.disabled = false));
  toggle.addEventListener('click', () => {
    toggle.disabled = true;
    result.textContent = 'The add-in is working …';
    outlook.meeting.notices = [];
    addEventListener('message', hear);
    frame.contentWindow?.postMessage(JSON.stringify({ run: COMMAND }), '*');
  });

  /** @param {MessageEvent} event */
  function hear({ source, data }) {
    if (source !== frame.contentWindow || !String(data).includes('"completed"')) return;
    removeEventListener('message', hear);
    const notice = outlook.meeting.notices.at(-1)?.message;
    toggle.ariaChecked = String(!notice);
    toggle.disabled = Boolean(!notice);
    result.textContent = notice ?? 'The joining instructions have been added. The room is booked when you send the meeting.';
  }
}
