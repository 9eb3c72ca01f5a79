// @ts-check
/** Outlook's form with the add-in next to it: composing and sending meetings. */

import { field, part, tell } from './dom.js';
import { FakeOutlook } from './outlook.js';
import { Meeting as Form } from './outlook_meeting.js';
import { called, other, page } from './page.js';
import { showPhone } from './phone.js';
import { Refusal, ask, send, update } from './stack.js';
import { at, dayOf, plus, minutesOf, timeOf } from './time.js';

/** @import {Draft, Meeting} from './stack.js' */

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const GREETING = ['Hello,', 'this meeting is about the plans for next year.'];

const outlook = new FakeOutlook({
  user: { name: 'Demo', address: page.user },
  mailbox: '1.15',
  identityToken: async () => {
    const { audience } = page.exchange;
    return (await ask('POST', 'exchange/identity-token', { user: page.user, audience })).token;
  },
});
outlook.onChange = showForm;

/** Compose a new, empty meeting. */
export function composeNew() {
  const { now } = page.seen;
  const soon = plus(now, 60 - (minutesOf(now) % 30));
  const start = at(dayOf(soon), timeOf(soon));
  const format = page.options.plain ? 'text' : 'html';
  const body = format === 'text' ? GREETING.join('\n\n') : GREETING.map((line) => `<p>${line}</p>`).join('');
  const attendees = [page.options.delegate ? page.user : other()];
  open(null, {
    subject: 'Planning', attendees, start, end: plus(start, 60), isAllDay: false, repeat: '', location: '', body, format,
    properties: '{}',
  });
}

/** Discard the meeting's content, but keep its title and time. */
export function composeAgain() {
  const { subject } = outlook.meeting;
  const times = ['day', 'from', 'to', 'repeat'].map((id) => field(id).value);
  const { opened } = page;
  const isNew = !page.edited;
  composeNew();
  if (!isNew) return;
  page.opened = opened;
  ['day', 'from', 'to', 'repeat'].forEach((id, index) => (field(id).value = times[index]));
  outlook.meeting.subject = field('subject').value = subject;
}

/** @param {Meeting} meeting */
export function edit(meeting) {
  Object.assign(page.options, { plain: meeting.format === 'text', delegate: meeting.organizer !== page.user });
  open(meeting, { ...draftOf(meeting), repeat: meeting.repeats ? 'kept' : '' });
}

/**
 * Compose a new meeting with the content of another meeting, a day later, like a copy made in Outlook.
 * @param {Meeting} meeting
 */
export function copy(meeting) {
  Object.assign(page.options, { plain: meeting.format === 'text', delegate: false });
  const { start, end } = meeting;
  const [first, last] = [start, end].map((time) => plus(time, 24 * 60));
  open(null, { ...draftOf(meeting), repeat: '', start: first, end: last });
}

/**
 * @param {Meeting} meeting
 * @returns {Omit<Draft, 'repeat'>}
 */
function draftOf({ subject, attendees, start, end, all_day: isAllDay, location, body, format, properties }) {
  return { subject, attendees, start, end, isAllDay, location, body, format, properties };
}

/**
 * @param {Meeting|null} meeting  the meeting being edited; null for a new one
 * @param {Draft} draft
 */
function open(meeting, draft) {
  tell('');
  page.edited = meeting;
  const known = page.exchanges.find(({ integration }) => integration === meeting?.integration);
  page.exchange = known ?? page.exchange;
  const organizer = meeting?.organizer ?? (page.options.delegate ? other() : page.user);
  Object.assign(outlook.options, {
    user: { name: called(page.user), address: page.user },
    isShared: organizer !== page.user,
    owner: organizer,
    platform: page.options.phone ? 'Android' : '',
  });
  outlook.meeting = Object.assign(new Form(), {
    id: meeting?.uid ?? '',
    start: draft.start.toISOString(),
    organizer: { name: called(organizer), address: organizer },
    subject: draft.subject,
    format: draft.format,
    body: draft.body,
    properties: draft.properties,
    required: draft.attendees.map((address) => ({ name: address, address })),
    places: draft.location ? [{ id: draft.location, type: 'custom' }] : [],
  });
  showTimes(draft);
  showOptions(meeting, organizer);
  showForm();
  showAddIn();
}

/** @param {Draft} draft */
function showTimes({ start, end, isAllDay, repeat }) {
  const last = isAllDay ? plus(end, -1) : end;
  const times = { day: dayOf(start), from: timeOf(start), to: timeOf(last), repeat };
  for (const [id, value] of Object.entries(times)) field(id).value = value;
  field('all-day').checked = isAllDay;
  for (const id of ['day', 'from', 'to', 'repeat', 'all-day']) field(id).disabled = repeat === 'kept';
  part('kept').hidden = repeat !== 'kept';
  readAllDay();
  page.opened = { start, end, times: shownTimes() };
}

function shownTimes() {
  return [...['day', 'from', 'to'].map((id) => field(id).value), field('all-day').checked].join(' ');
}

/**
 * @param {Meeting|null} meeting
 * @param {string} organizer
 */
function showOptions(meeting, organizer) {
  const title = meeting ? 'Edit meeting' : 'New meeting';
  part('form-heading').textContent = organizer === page.user ? title : `${title} for ${called(organizer)}`;
  part('send').textContent = meeting ? 'Send update' : 'Send';
  field('plain').checked = page.options.plain;
  field('delegate').checked = page.options.delegate;
  field('phone').checked = page.options.phone;
  part('delegate-label').textContent = `For ${called(other())}`;
  field('exchange').value = page.exchange.integration;
}

/** Show the pane or, on a phone, the switch that replaces it in Outlook. */
export function showAddIn() {
  const { integration } = page.exchange;
  if (page.seen.away) {
    const sorry = document.createElement('p');
    sorry.className = 'sorry';
    sorry.textContent = 'Outlook cannot load the add-in while the back end is down. An add-in that is already open keeps working.';
    part('pane').replaceChildren(sorry);
  } else if (page.options.phone) showPhone(outlook, `/addin/${integration}/commands`);
  else outlook.open(part('pane'), `/addin/${integration}/pane`);
}

/** Update the form after the add-in or a click has changed the meeting. */
function showForm() {
  const { meeting } = outlook;
  field('subject').value = meeting.subject;
  field('attendees').value = meeting.required.map(({ address }) => address).join(', ');
  field('location').value = meeting.location;
  const body = part('body');
  const isPlain = meeting.format === 'text';
  body.classList.toggle('plain', isPlain);
  body.setAttribute('contenteditable', isPlain ? 'plaintext-only' : 'true');
  if (isPlain) body.textContent = meeting.body;
  else if (body.innerHTML !== meeting.body) body.innerHTML = meeting.body;
}

/** Copy what the user has typed into the meeting. */
export function readForm() {
  const { meeting } = outlook;
  meeting.subject = field('subject').value;
  meeting.required = addresses().map((address) => ({ name: address, address }));
  const place = field('location').value.trim();
  if (place !== meeting.location) meeting.places = place ? [{ id: place, type: 'custom' }] : [];
  meeting.body = meeting.format === 'text' ? part('body').innerText : part('body').innerHTML;
  readAllDay();
  if (field('day').value && field('from').value) meeting.start = when().start.toISOString();
}

function readAllDay() {
  const isAllDay = field('all-day').checked;
  for (const id of ['from', 'to']) field(id).disabled = isAllDay || field('day').disabled;
}

function addresses() {
  return field('attendees').value.split(/[,;\s]+/).filter(Boolean);
}

/** The meeting's start and end. A meeting whose times are unchanged may end on a later day, which the form does not show. */
function when() {
  const { start, end, times } = page.opened;
  if (times === shownTimes()) return { start, end };
  const [day, from, to] = ['day', 'from', 'to'].map((id) => field(id).value);
  if (!field('all-day').checked) return { start: at(day, from), end: at(day, to) };
  return { start: at(day, '00:00'), end: plus(at(day, '00:00'), 24 * 60) };
}

/** @returns {Draft} */
function draft() {
  const { subject, location, body, format, properties } = outlook.meeting;
  const wrong = addresses().find((address) => !ADDRESS.test(address));
  if (wrong) throw new Refusal(`“${wrong}” is not an e-mail address.`);
  if (!addresses().length) throw new Refusal('Invite at least one person.');
  const repeat = field('day').disabled ? 'kept' : field('repeat').value;
  const { start, end } = when();
  if (end <= start) throw new Refusal('The meeting must end after it starts.');
  const isAllDay = field('all-day').checked;
  return { subject, attendees: addresses(), start, end, isAllDay, repeat, location, body, format, properties };
}

/** Send the meeting in the form. Returns the day to show afterwards. */
export async function submit() {
  const { edited } = page;
  const { polled, mailbox } = page.exchange;
  const { organizer } = outlook.meeting;
  const sent = draft();
  const uid = await (edited ? update(edited.uid, sent) : send(organizer.address, page.user, sent));
  composeNew();
  const said = `“${sent.subject}” was sent to ${sent.attendees.join(', ')}.`;
  if (!sent.attendees.includes(mailbox)) tell(said);
  else {
    page.awaited.set(uid, said);
    const time = page.seen.away ? 'once the back end is available again' : polled ? 'within a minute: it is polled every minute' : 'in a moment';
    tell(`${said} The equipment mailbox answers ${time}.`);
  }
  return dayOf(sent.start);
}
