// @ts-check
/** The lists: a user's meetings with the state of their rooms, and the inbox. */

import { button, make, replace } from './dom.js';
import { called, page } from './page.js';
import { said, span, timeOf } from './time.js';

/** @import {Mail, Meeting, Occurrence} from './stack.js' */

/**
 * The actions that the lists offer.
 * @typedef {object} Actions
 * @property {(meeting: Meeting) => unknown} edit
 * @property {(meeting: Meeting) => unknown} copy
 * @property {(meeting: Meeting, occurrence?: Occurrence) => unknown} cancel
 * @property {(meeting: Meeting, occurrence: Occurrence) => unknown} postpone
 * @property {(alias: string) => unknown} join
 * @property {(occurrence: Occurrence) => unknown} show  shows the occurrence on the timeline
 */

const ANSWERS = { accepted: 'Accepted', declined: 'Declined', tentative: 'Tentative' };
const KINDS = /** @type {Record<string, string>} */ ({ ...ANSWERS, request: 'Invitation', cancelled: 'Cancelled', mail: 'Mail' });
const LONG = 150; // maximum length of an e-mail shown without a button to expand it

/** @param {Actions} actions */
export function showLists(actions) {
  const byTime = [...page.seen.meetings].sort((one, two) => next(one).getTime() - next(two).getTime());
  replace('meetings', byTime.map((meeting) => meetingRow(meeting, actions)));
  replace('inbox', [...page.seen.inbox].reverse().map(mailRow));
}

/** @param {Meeting} meeting */
function next({ occurrences, start }) {
  const coming = occurrences.filter(({ end, change }) => change !== 'cancelled' && end > page.seen.now);
  return coming.map((one) => one.start).sort((one, two) => one.getTime() - two.getTime())[0] ?? start;
}

/**
 * @param {Meeting} meeting
 * @param {Actions} actions
 */
function meetingRow(meeting, actions) {
  const { uid, subject, answer, state, rooms, sender, organizer } = meeting;
  const title = make('strong', 'title', subject || '(no title)');
  title.title = subject;
  const chip = make('span', `chip ${answer}`, answer ? ANSWERS[answer] : meeting.integration ? 'Sent' : '');
  const tools = make('div', 'tools',
    ...(rooms.length ? [button('Join', () => actions.join(rooms[0].alias), `join ${uid}`, `Join “${subject}” as a participant`)] : []),
    button('Edit', () => actions.edit(meeting), `edit ${uid}`, `Edit “${subject}”`),
    button('Copy', () => actions.copy(meeting), `copy ${uid}`, `Copy “${subject}”`),
    button('Cancel', () => actions.cancel(meeting), `cancel ${uid}`, `Cancel “${subject}”`));
  const row = make('li', `meeting ${state}`, make('div', 'head', title, chip), ...roomLines(meeting), dates(meeting, actions));
  if (sender !== organizer) row.append(make('small', '', `Sent by ${called(sender)} for ${called(organizer)}`));
  row.append(tools);
  return row;
}

/**
 * The state of the rooms according to the records.
 * @param {Meeting} meeting
 */
function roomLines({ state, rooms, vmr, occurrences }) {
  const { now } = page.seen;
  const isOver = occurrences.every(({ end }) => end <= now);
  const words = /** @type {Record<string, string>} */ ({
    unknown: 'Unknown while the back end is down',
    personal: `${vmr?.name}, a personal VMR`,
    none: 'No VMR',
    declined: 'No room: it was declined',
    waiting: 'No room yet, because the equipment mailbox has not answered',
    gone: isOver ? 'Over' : 'The room no longer exists',
  });
  if (!rooms.length) return [make('span', `room ${state}`, words[state])];
  return rooms.map(({ is_open: isOpen, opens, closes, alias }) => {
    const until = isOpen ? `Open until ${said(closes, now)}` : opens > now ? `Opens ${said(opens, now)}` : 'Over';
    return make('span', `room ${isOpen ? 'open' : 'closed'}`, until, make('span', 'alias', alias));
  });
}

/**
 * @param {Meeting} meeting
 * @param {Actions} actions
 */
function dates(meeting, actions) {
  const { uid, occurrences, repeats } = meeting;
  if (!repeats) return make('div', 'when', ...occurrences.map((one) => when(meeting, one, actions)));
  const rows = occurrences.map((one) => make('li', one.change,
    when(meeting, one, actions),
    ...(one.change === 'cancelled' ? [make('span', 'chip', 'Cancelled')] : [
      ...(one.change === 'moved' ? [make('span', 'chip', 'Moved')] : []),
      button('+1 h', () => actions.postpone(meeting, one), `move ${uid} ${one.day}`, `Move ${span(one, false)} by an hour`),
      button('✕', () => actions.cancel(meeting, one), `cancel ${uid} ${one.day}`, `Cancel ${span(one, false)}`),
    ])));
  const count = repeats.count ? `${repeats.count} dates` : 'no end';
  const pattern = { daily: 'Daily', weekly: 'Weekly' }[repeats.pattern] ?? 'A series';
  const folded = make('details', '', make('summary', '', `${pattern}, ${count}`), make('ul', '', ...rows));
  folded.dataset.key = `dates ${uid}`;
  return folded;
}

/**
 * @param {Meeting} meeting
 * @param {Occurrence} occurrence
 * @param {Actions} actions
 */
function when({ uid, all_day: isAllDay }, occurrence, actions) {
  const text = span(occurrence, isAllDay);
  const shown = button(text, () => actions.show(occurrence), `show ${uid} ${occurrence.day}`, `Show ${text} on the timeline`);
  shown.className = 'link';
  return shown;
}

/**
 * @param {Mail} mail
 * @param {number} index
 */
function mailRow({ kind, subject, from, body_text: text, received }, index) {
  const title = make('strong', 'title', subject);
  title.title = subject;
  const head = make('div', 'head', title, make('span', `chip ${kind}`, KINDS[kind] ?? 'Mail'));
  const about = make('small', '', `${from} · ${timeOf(new Date(received))}`);
  const body = text.trim().replace(/\n{2,}/g, '\n');
  if (body.length <= LONG) return make('li', '', head, about, make('p', 'text', body));
  const start = make('span', 'start', `${body.slice(0, LONG).trimEnd()}…`);
  const folded = make('details', 'text', make('summary', '', start, make('span', 'less', 'Less')), make('p', '', body));
  folded.dataset.key = `mail ${page.user} ${page.seen.inbox.length - index}`;
  return make('li', '', head, about, folded);
}
