// @ts-check
/** The demo page: form, pane, lists and clock, put together. */

import { doing, field, isIdle, make, part, replace } from './dom.js';
import { ask, cancel, move, send, update, Refusal } from './meetings.js';
import { FakeOutlook, Meeting as Form } from './outlook.js';
import { DAY, at, dayOf, long, minutesOf, plus, timeOf } from './time.js';

/** @import {Draft, Exchange, Meeting, Occurrence} from './meetings.js' */

const LOOK_AGAIN = 1500; // milliseconds between two looks into the inbox
const ANSWERS = ['accepted', 'declined', 'tentative'];

const page = {
  user: 'alice@example.com',
  now: new Date(0),
  day: '', // that the line of the day shows
  meetings: /** @type {Meeting[]} */ ([]),
  edited: /** @type {Meeting|null} */ (null),
  dragging: false, // the clock
  exchanges: /** @type {Exchange[]} */ ([]),
  exchange: /** @type {Exchange} */ ({ integration: '', name: '', audience: '', polled: false }), // that is composed for
  window: { before: 0, after: 0 }, // minutes around a meeting in which people can come in
};

const outlook = new FakeOutlook({
  user: { name: 'Demo', address: page.user },
  mailbox: '1.15',
  identityToken: async () => {
    const { audience } = page.exchange;
    return (await ask('POST', 'exchange/identity-token', { user: page.user, audience })).token;
  },
});
outlook.onChange = showForm;

// --- the form

/** @param {Meeting|null} meeting  to edit, or none for a new one */
function compose(meeting) {
  page.edited = meeting;
  if (meeting) choose(meeting.integration);
  const soon = plus(page.now, 60 - (minutesOf(page.now) % 30));
  const { draft } = meeting ?? { draft: blank(soon) };
  outlook.meeting = Object.assign(new Form(), {
    id: meeting?.uid ?? '',
    start: draft.start.toISOString(),
    organizer: { name: page.user, address: page.user },
    subject: draft.subject,
    body: draft.body,
    properties: draft.properties,
    required: draft.attendees.map((address) => ({ name: address, address })),
    places: draft.location ? [{ id: draft.location, type: 'custom' }] : [],
  });
  const times = { day: dayOf(draft.start), from: timeOf(draft.start), to: timeOf(draft.end), repeat: String(draft.times) };
  for (const [id, value] of Object.entries(times)) field(id).value = value;
  const isSeries = Boolean(meeting && draft.times);
  for (const id of ['day', 'from', 'to', 'repeat']) field(id).disabled = isSeries;
  part('form-heading').textContent = meeting ? 'Edit meeting' : 'New meeting';
  part('send').textContent = meeting ? 'Send update' : 'Send';
  part('notice').textContent = isSeries ? 'Single occurrences are moved in the list of meetings.' : '';
  showForm();
  outlook.open(part('pane'), `/demo/pane/${page.exchange.integration}`);
}

/** @param {string} integration  of the Exchange that is composed for */
function choose(integration) {
  page.exchange = page.exchanges.find((one) => one.integration === integration) ?? page.exchanges[0];
  field('exchange').value = page.exchange.integration;
}

/**
 * @param {Date} start
 * @returns {Draft}
 */
function blank(start) {
  const other = page.user.startsWith('alice') ? 'bob@example.com' : 'alice@example.com';
  const body = '<p>Hello,</p><p>let us talk about the plans for next year.</p>';
  return { subject: 'Planning', attendees: [other], start, end: plus(start, 60), times: 0, location: '', body, properties: '{}' };
}

/** Outlook's form after the add-in, or a click, has changed the meeting. */
function showForm() {
  const { meeting } = outlook;
  field('subject').value = meeting.subject;
  field('attendees').value = meeting.required.map(({ address }) => address).join(', ');
  field('location').value = meeting.location;
  if (part('body').innerHTML !== meeting.body) part('body').innerHTML = meeting.body;
}

function readForm() {
  const { meeting } = outlook;
  meeting.subject = field('subject').value;
  const addresses = field('attendees').value.split(/[,;\s]+/).filter(Boolean);
  meeting.required = addresses.map((address) => ({ name: address, address }));
  const place = field('location').value.trim();
  if (place !== meeting.location) meeting.places = place ? [{ id: place, type: 'custom' }] : [];
  meeting.body = part('body').innerHTML;
}

/** @returns {Draft} */
function draft() {
  const { subject, required, location, body, properties } = outlook.meeting;
  const [start, end] = ['from', 'to'].map((id) => at(field('day').value, field(id).value));
  if (end <= start) throw new Refusal('The meeting ends before it begins.');
  const attendees = required.map(({ address }) => address);
  return { subject, attendees, start, end, times: Number(field('repeat').value), location, body, properties };
}

async function submit() {
  const { edited } = page;
  const { integration, polled } = page.exchange;
  const meeting = edited ? await update(edited, draft()) : await send(page.user, integration, draft());
  page.meetings = [...page.meetings.filter(({ uid }) => uid !== meeting.uid), meeting];
  page.day = dayOf(meeting.occurrences[0].start);
  compose(null);
  if (polled) part('notice').textContent = 'Nobody is notified by EWS: the mailbox is looked at every minute.';
  await refresh();
}

// --- lists

/** Look into the inbox, and ask for every room as a conferencing node would. */
async function refresh() {
  page.now = new Date((await ask('GET', 'exchange/clock')).now);
  const { messages } = await ask('GET', `exchange/mailboxes/${encodeURIComponent(page.user)}/messages`);
  const answers = messages.filter((/** @type {any} */ message) => ANSWERS.includes(message.kind));
  for (const { uid, kind } of answers) {
    const meeting = page.meetings.find((one) => one.uid === uid && one.organizer === page.user);
    if (meeting) meeting.answer = kind;
  }
  for (const meeting of page.meetings.filter(({ alias }) => alias)) {
    meeting.isOpen = (await ask('GET', `room?alias=${encodeURIComponent(meeting.alias)}`)).open;
  }
  showInbox(messages);
  showMeetings();
  showDay();
}

/** @typedef {{kind: string, subject: string, from: string, body_text: string, received: string}} Mail */

/** @param {Mail[]} messages */
function showInbox(messages) {
  const rows = [...messages].reverse().map(({ kind, subject, from, body_text: text, received }) => {
    const title = make('strong', '', subject);
    const about = make('small', '', `${from} · ${timeOf(new Date(received))}`);
    const chip = make('span', `chip ${kind}`, kind);
    return make('li', '', title, chip, about, make('p', '', text.trim()));
  });
  replace('inbox', rows);
}

function showMeetings() {
  const own = page.meetings.filter(({ organizer }) => organizer === page.user);
  replace('meetings', own.map((meeting) => {
    const state = meeting.alias ? `${meeting.isOpen ? 'open' : 'closed'}: ${meeting.alias}` : 'no room';
    const room = make('span', `room ${meeting.isOpen ? 'open' : 'closed'}`, state);
    const chip = make('span', `chip ${meeting.answer || 'waiting'}`, meeting.answer || (meeting.alias ? 'sent' : ''));
    const { uid } = meeting;
    const tools = make('div', 'tools', tool('Edit', () => compose(find(uid))), tool('Cancel', () => change(uid)));
    const days = make('ul', '', ...meeting.occurrences.map((one) => occurrenceRow(meeting, one)));
    return make('li', '', make('strong', '', meeting.draft.subject), chip, room, days, tools);
  }));
}

/**
 * @param {Meeting} meeting
 * @param {Occurrence} occurrence
 */
function occurrenceRow(meeting, occurrence) {
  const { uid } = meeting;
  const { day } = occurrence;
  const when = `${long(occurrence.start)}, ${timeOf(occurrence.start)}–${timeOf(occurrence.end)}`;
  const show = tool(when, () => ((page.day = dayOf(occurrence.start)), showDay()));
  if (!meeting.draft.times) return make('li', '', show);
  return make('li', '', show,
    tool('+1 h', () => change(uid, day, (now, one) => move(now, one, plus(one.start, 60))), 'Move this one by an hour'),
    tool('✕', () => change(uid, day, cancel), 'Cancel this one'));
}

/** @param {string} uid */
function find(uid) {
  const found = page.meetings.find((one) => one.uid === uid);
  if (!found) throw new Refusal('This meeting is no more.');
  return found;
}

/**
 * Change one occurrence of a meeting, or cancel all of it.
 * @param {string} uid
 * @param {string} [day]  the occurrence's
 * @param {(meeting: Meeting, occurrence: Occurrence) => Promise<Meeting|null>} [work]
 */
async function change(uid, day = '', work) {
  const meeting = find(uid);
  const occurrence = meeting.occurrences.find((one) => one.day === day);
  const changed = work && occurrence ? await work(meeting, occurrence) : await cancel(meeting);
  page.meetings = page.meetings.flatMap((one) => (one === meeting ? (changed ?? []) : one));
  if (!changed && page.edited?.uid === uid) compose(null);
}

// --- the clock

/** @param {Date} time */
async function travel(time) {
  if (time <= page.now) return showDay();
  await ask('POST', 'exchange/clock', { now: time.toISOString() });
  page.now = time;
  page.day = dayOf(time);
  await refresh();
}

function showDay() {
  const isToday = page.day === dayOf(page.now);
  part('date').textContent = long(at(page.day, '00:00'));
  if (!page.dragging) {
    part('time').textContent = isToday ? timeOf(page.now) : '–';
    field('slider').value = String(isToday ? minutesOf(page.now) : 0);
  }
  field('previous').disabled = isToday;
  const today = page.meetings.flatMap((meeting) =>
    meeting.occurrences.filter(({ start }) => dayOf(start) === page.day).map((one) => ({ meeting, ...one })));
  replace('windows', today.flatMap(({ meeting, start, end }) => {
    const state = meeting.isOpen && isToday ? 'open' : '';
    const [from, to] = [minutesOf(start), minutesOf(start) + (end.getTime() - start.getTime()) / 60_000];
    const { before, after } = page.window;
    const title = make('span', '', meeting.draft.subject);
    if (!meeting.alias) return [stretch(state, from, to, title)];
    return [stretch(`around ${state}`, from - before, to + after, title), stretch(state, from, to)];
  }));
  const rooms = page.meetings.filter(({ alias }) => alias);
  replace('rooms', rooms.map(({ alias, isOpen }) => make('li', isOpen ? 'open' : 'closed', `${isOpen ? 'open' : 'closed'}: ${alias}`)));
}

/**
 * A stretch of the day's line.
 * @param {string} state
 * @param {number} from  minutes
 * @param {number} to
 * @param {...HTMLElement} content
 */
function stretch(state, from, to, ...content) {
  const bar = make('div', state, ...content);
  const [start, end] = [Math.max(from, 0), Math.min(to, 1440)];
  Object.assign(bar.style, { insetInlineStart: `${start / 14.4}%`, inlineSize: `${(end - start) / 14.4}%` });
  return bar;
}

/**
 * @param {string} label
 * @param {() => unknown} work
 * @param {string} [title]
 */
function tool(label, work, title = '') {
  const button = /** @type {HTMLButtonElement} */ (make('button', 'tool', label));
  button.type = 'button';
  button.title = title;
  button.addEventListener('click', () => doing(async () => (await work(), await refresh())));
  return button;
}

/** Look again, unless the user has something under way or a fault to read. */
function lookAgain() {
  if (!document.hidden && isIdle()) void doing(refresh);
}

function listen() {
  part('form').addEventListener('input', readForm);
  part('form').addEventListener('submit', (event) => (event.preventDefault(), void doing(submit)));
  part('new').addEventListener('click', () => compose(null));
  part('users').addEventListener('change', (event) => {
    page.user = /** @type {HTMLInputElement} */ (event.target).value;
    compose(null);
    void doing(refresh);
  });
  part('exchange').addEventListener('change', () => (choose(field('exchange').value), compose(null)));
  part('following').addEventListener('click', () => ((page.day = dayOf(new Date(at(page.day, '00:00').getTime() + DAY))), showDay()));
  part('previous').addEventListener('click', () => ((page.day = dayOf(page.now)), showDay()));
  field('slider').addEventListener('input', () => {
    page.dragging = true;
    part('time').textContent = timeOf(chosen());
  });
  field('slider').addEventListener('change', () => {
    page.dragging = false;
    const time = chosen();
    void doing(() => travel(time));
  });
}

/** The time that the slider is at, never before the present. */
function chosen() {
  const time = plus(at(page.day, '00:00'), Math.min(Number(field('slider').value), 1439));
  return time < page.now ? page.now : time;
}

async function start() {
  page.window = await ask('GET', 'window');
  page.exchanges = await ask('GET', 'exchanges');
  part('exchange').append(...page.exchanges.map(({ integration, name }) => new Option(name, integration)));
  part('exchanges').hidden = page.exchanges.length < 2;
  choose('');
  await refresh();
  page.day = dayOf(page.now);
  replace('hours', Array.from({ length: 9 }, (_, index) => make('span', '', `${String(index * 3).padStart(2, '0')}:00`)));
  listen();
  compose(null);
  showDay();
  setInterval(lookAgain, LOOK_AGAIN);
}

void doing(start);
