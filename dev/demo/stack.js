// @ts-check
/** Requests to the stack: what users do with meetings in Outlook, and the state of all of them. */

import { local, plus, weekly } from './time.js';

/**
 * What a user writes.
 * @typedef {object} Draft
 * @property {string} subject
 * @property {string[]} attendees
 * @property {Date} start
 * @property {Date} end
 * @property {boolean} isAllDay
 * @property {string} repeat  "" once, "4" so many weeks, "endless"; "kept" for a series that is there already
 * @property {string} location
 * @property {string} body
 * @property {'html'|'text'} format
 * @property {string} properties  what the add-in has noted about it
 */

/**
 * A date of a meeting. `day` is the original one, which identifies it in a series; `change` is "moved" or "cancelled".
 * @typedef {{day: string|null, start: Date, end: Date, change: string}} Occurrence
 */

/**
 * @typedef {object} Exchange
 * @property {string} integration  its uuid
 * @property {string} name
 * @property {string} audience  what identity tokens for its pane are made out to
 * @property {boolean} polled  whether the equipment mailbox is looked at every minute
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
 * @property {''|'accepted'|'declined'|'tentative'} answer  to the newest version
 * @property {'unknown'|'open'|'closed'|'personal'|'none'|'declined'|'waiting'|'gone'} state  by the records
 * @property {Room[]} rooms
 * @property {{name: string, aliases: string[]}|null} vmr
 * @property {[number, number]|null} window  minutes before and after, in which people get in
 */

/**
 * A room as the Management Node has it. `reached`: whether conferencing nodes know it by now.
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
 * @property {{away: boolean, rooms: NodeRoom[]}|null} node  null where the stack has none
 */

/** Something that the stack refused; the message is for the person at the page. */
export class Refusal extends Error {}

/** Nobody answers at all. */
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
  if (!answer || answer.status === 502) throw new Silence('The local stack does not answer. Is “make run” still running?');
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(sentence(content.error ?? `The stack refused this, by answer ${answer.status}`));
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
 * Change all of a meeting. A series keeps its times: they are changed one date at a time.
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
