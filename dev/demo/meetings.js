// @ts-check
/** What users do with meetings, as requests to the simulated Exchange; and what the demo remembers of them. */

import { DAY, dayOf, local, plus, weekly } from './time.js';

const ALIAS = /\b[a-z]+\d{6,15}@[\w.-]+/i;

/**
 * @typedef {object} Draft
 * @property {string} subject
 * @property {string[]} attendees
 * @property {Date} start
 * @property {Date} end
 * @property {number} times  0: once; else weekly
 * @property {string} location
 * @property {string} body  HTML
 * @property {string} properties  what the add-in has noted about it
 */

/** @typedef {{day: string, start: Date, end: Date}} Occurrence  `day` is the original one, which names it */

/**
 * @typedef {object} Exchange
 * @property {string} integration  its uuid
 * @property {string} name
 * @property {string} audience  what identity tokens for its pane are made out to
 * @property {boolean} polled  whether the equipment mailbox is looked at every minute
 */

/**
 * @typedef {object} Meeting
 * @property {string} uid
 * @property {string} organizer
 * @property {string} integration  whose pane it was composed with
 * @property {Draft} draft
 * @property {Occurrence[]} occurrences
 * @property {string} alias  of its room, "" when there is none
 * @property {string} answer  "accepted", "declined" or ""
 * @property {boolean} isOpen  whether the room lets people in now
 */

/** Something that the stack refused; the message is for the person at the page. */
export class Refusal extends Error {}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`/demo/${path}`, { method, ...(body !== undefined && { headers, body: JSON.stringify(body) }) });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(content.error ?? `${method} ${path} was answered ${answer.status}.`);
  return content;
}

/**
 * Send a new meeting.
 * @param {string} organizer
 * @param {string} integration
 * @param {Draft} draft
 * @returns {Promise<Meeting>}
 */
export async function send(organizer, integration, draft) {
  const recurrence = draft.times ? weekly(draft.start, draft.times) : undefined;
  const { uid } = await ask('POST', 'exchange/meetings', { organizer, ...fields(draft), ...(recurrence && { recurrence }) });
  const state = { alias: aliasOf(draft), answer: '', isOpen: false };
  return { uid, organizer, integration, draft, occurrences: occurrences(draft), ...state };
}

/**
 * Change all of a meeting.
 * @param {Meeting} meeting
 * @param {Draft} draft
 * @returns {Promise<Meeting>}
 */
export async function update(meeting, draft) {
  // A series keeps its times: they are changed one occurrence at a time.
  const { start, end, ...words } = fields(draft);
  const changes = draft.times ? words : { ...words, start, end };
  await ask('PATCH', `exchange/meetings/${encodeURIComponent(meeting.uid)}`, changes);
  const kept = draft.times ? meeting.occurrences : occurrences(draft);
  return { ...meeting, draft, occurrences: kept, alias: aliasOf(draft), answer: '' };
}

/**
 * Move one occurrence of a series.
 * @param {Meeting} meeting
 * @param {Occurrence} occurrence
 * @param {Date} start
 * @returns {Promise<Meeting>}
 */
export async function move(meeting, occurrence, start) {
  const end = new Date(start.getTime() + occurrence.end.getTime() - occurrence.start.getTime());
  await ask('PATCH', `exchange/meetings/${encodeURIComponent(meeting.uid)}`, {
    occurrence: occurrence.day, start: local(start), end: local(end),
  });
  const moved = meeting.occurrences.map((one) => (one === occurrence ? { ...one, start, end } : one));
  return { ...meeting, occurrences: moved };
}

/**
 * Cancel a meeting, or one occurrence of it. What is left of it, or null.
 * @param {Meeting} meeting
 * @param {Occurrence} [occurrence]
 * @returns {Promise<Meeting|null>}
 */
export async function cancel(meeting, occurrence) {
  const query = occurrence ? `?occurrence=${occurrence.day}` : '';
  await ask('DELETE', `exchange/meetings/${encodeURIComponent(meeting.uid)}${query}`);
  if (!occurrence) return null;
  return { ...meeting, occurrences: meeting.occurrences.filter((one) => one !== occurrence) };
}

/** @param {Draft} draft */
function fields({ subject, attendees, start, end, location, body }) {
  return { subject, attendees, start: local(start), end: local(end), time_zone: 'UTC', location, body_html: body };
}

/**
 * @param {Draft} draft
 * @returns {Occurrence[]}
 */
function occurrences({ start, end, times }) {
  return Array.from({ length: times || 1 }, (_, week) => {
    const days = (week * 7 * DAY) / 60_000;
    const first = plus(start, days);
    return { day: dayOf(first), start: first, end: plus(end, days) };
  });
}

/** @param {Draft} draft */
function aliasOf({ body }) {
  return ALIAS.exec(body)?.[0] ?? '';
}
