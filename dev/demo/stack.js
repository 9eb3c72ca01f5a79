// @ts-check
/** Requests to the stack for users' actions in Outlook, and for the state of all meetings. */

import { local, plus, weekly } from './time.js';

/**
 * A meeting as composed by a user.
 * @typedef {object} Draft
 * @property {string} subject
 * @property {string[]} attendees
 * @property {Date} start
 * @property {Date} end
 * @property {boolean} isAllDay
 * @property {string} repeat  "" for a single meeting, "4" for four weeks, "endless"; "kept" for an existing series
 * @property {string} location
 * @property {string} body
 * @property {'html'|'text'} format
 * @property {string} properties  the custom properties that the add-in has saved with the meeting
 */

/**
 * An occurrence of a meeting. `day` is the original date, which identifies the occurrence in a series. `change` is
 * "moved" or "cancelled".
 * @typedef {{day: string|null, start: Date, end: Date, change: string}} Occurrence
 */

/**
 * @typedef {object} Exchange
 * @property {string} integration  its uuid
 * @property {string} name
 * @property {string} audience  the audience of identity tokens for its pane
 * @property {boolean} polled  whether the equipment mailbox is polled every minute
 * @property {string} mailbox  the equipment mailbox's address
 */

/** @typedef {{alias: string, name: string, is_open: boolean, opens: Date, closes: Date}} Room */

/**
 * @typedef {object} Meeting
 * @property {string} uid
 * @property {string} subject
 * @property {string} organizer
 * @property {string} sender  who sends it: a delegate, or the organizer
 * @property {string[]} attendees
 * @property {Date} start
 * @property {Date} end
 * @property {boolean} all_day
 * @property {{pattern: string, count: number|null}|null} repeats
 * @property {string} location
 * @property {string} body
 * @property {'html'|'text'} format
 * @property {string} properties
 * @property {Occurrence[]} occurrences
 * @property {string} integration  "" without an equipment mailbox
 * @property {''|'accepted'|'declined'|'tentative'} answer  the answer to the newest version
 * @property {'unknown'|'open'|'closed'|'personal'|'none'|'declined'|'waiting'|'gone'} state  the state according to the
 * records
 * @property {Room[]} rooms
 * @property {{name: string, aliases: string[]}|null} vmr
 * @property {[number, number]|null} window  minutes before and after the meeting during which people can join
 */

/**
 * A room on the Management Node. `reached` says whether the conferencing nodes have the room yet.
 * @typedef {{name: string, aliases: string[], since: Date, reached: boolean}} NodeRoom
 */

/** @typedef {{kind: string, subject: string, from: string, body_text: string, received: string}} Mail */

/**
 * @typedef {object} Overview
 * @property {Date} now
 * @property {boolean} away
 * @property {string} life
 * @property {{done: number, of: number, over: boolean, fault: string}} week
 * @property {Meeting[]} meetings
 * @property {Mail[]} inbox
 * @property {{away: boolean, rooms: NodeRoom[]}|null} node  null if the stack has no Management Node
 */

/** The stack refused a request. The message is for the page's user. */
export class Refusal extends Error {}

/** The stack did not respond at all. */
export class Silence extends Error {}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const sent = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(`/demo/${path}`, sent).catch(() => null);
  if (!answer || answer.status === 502) throw new Silence('The local stack is not responding. Is “make run” still running?');
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(sentence(content.error ?? `The stack refused the request with status ${answer.status}`));
  return content;
}

/** @param {string} text */
function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/**
 * @param {string} user
 * @returns {Promise<Overview>}
 */
export async function overview(user) {
  const dates = new Set(['now', 'start', 'end', 'opens', 'closes', 'since']);
  const found = await ask('GET', `overview?user=${encodeURIComponent(user)}`);
  return JSON.parse(JSON.stringify(found), (name, value) => (dates.has(name) ? new Date(value) : value));
}

/**
 * Send a new meeting.
 * @param {string} organizer
 * @param {string} sender
 * @param {Draft} draft
 * @returns {Promise<string>}  its uid
 */
export async function send(organizer, sender, draft) {
  const { repeat, start } = draft;
  const recurrence = repeat && { recurrence: weekly(start, repeat === 'endless' ? 0 : Number(repeat)) };
  const delegate = sender !== organizer && { sender };
  return (await ask('POST', 'exchange/meetings', { organizer, ...fields(draft), ...recurrence, ...delegate })).uid;
}

/**
 * Change a whole meeting. The times of a series do not change, because they can only be changed for one date at a time.
 * @param {string} uid
 * @param {Draft} draft
 * @returns {Promise<string>}  its uid
 */
export async function update(uid, draft) {
  const { start, end, is_all_day: isAllDay, ...words } = fields(draft);
  const changes = draft.repeat === 'kept' ? words : { ...words, start, end, is_all_day: isAllDay };
  return (await ask('PATCH', `exchange/meetings/${encodeURIComponent(uid)}`, changes)).uid;
}

/**
 * Move one date of a series by an hour.
 * @param {string} uid
 * @param {Occurrence} occurrence
 */
export async function postpone(uid, { day, start, end }) {
  const times = { start: local(plus(start, 60)), end: local(plus(end, 60)) };
  await ask('PATCH', `exchange/meetings/${encodeURIComponent(uid)}`, { occurrence: day, ...times });
}

/**
 * Cancel a meeting, or one date of it.
 * @param {string} uid
 * @param {Occurrence} [occurrence]
 */
export async function cancel(uid, occurrence) {
  const query = occurrence ? `?occurrence=${occurrence.day}` : '';
  await ask('DELETE', `exchange/meetings/${encodeURIComponent(uid)}${query}`);
}

/** @param {Draft} draft */
function fields({ subject, attendees, start, end, isAllDay, location, body, format, properties }) {
  return {
    subject, attendees, location, properties, time_zone: 'UTC', start: local(start), end: local(end),
    is_all_day: isAllDay, [format === 'html' ? 'body_html' : 'body_text']: body,
  };
}
