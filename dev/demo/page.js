// @ts-check
/** The current state of the page. */

/** @import {Exchange, Meeting, Overview} from './stack.js' */

export const page = {
  user: 'alice@example.com',
  /** @type {Overview} */
  seen: {
    now: new Date(0), away: false, life: '', week: { done: 0, of: 1, over: false, fault: '' }, meetings: [], inbox: [],
    node: null,
  },
  day: '', // shown on the timeline
  edited: /** @type {Meeting|null} */ (null),
  opened: { start: new Date(0), end: new Date(0), times: '' }, // when the meeting in the form takes place, and how it is shown
  exchanges: /** @type {Exchange[]} */ ([]),
  exchange: /** @type {Exchange} */ (
    // the Exchange for which meetings are composed
    { integration: '', name: '', audience: '', polled: false, mailbox: '' }
  ),
  awaited: /** @type {Map<string, string>} */ (new Map()), // notices about unanswered meetings, keyed by uid
  options: { plain: false, delegate: false, phone: false },
};

/** The other user: a delegate's manager, or the person to invite. */
export function other() {
  return page.user.startsWith('alice') ? 'bob@example.com' : 'alice@example.com';
}

/** @param {string} address */
export function called(address) {
  const name = address.split('@')[0];
  return name[0].toUpperCase() + name.slice(1);
}
