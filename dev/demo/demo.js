// @ts-check
/** The demo page as a whole, with its form, add-in, lists, clock, and switches. */

import { listenToClock, show, showDay } from './clock.js';
import { doing, field, isIdle, part, replace, tell } from './dom.js';
import { composeAgain, composeNew, copy, edit, readForm, showAddIn, submit } from './form.js';
import { showLists } from './lists.js';
import { called, page } from './page.js';
import { showRooms } from './rooms.js';
import { Silence, ask, cancel, overview, postpone } from './stack.js';
import { dayOf, said } from './time.js';

/** @import {Actions} from './lists.js' */

const LOOK_AGAIN = 1500; // milliseconds between updates
const OUTCOMES = { accepted: 'accepted', declined: 'declined', tentative: 'accepted tentatively' };
let looks = 0; // the number of the latest refresh; the results of earlier refreshes are discarded

/** @type {Actions} */
const actions = {
  edit,
  copy,
  join: (alias) => ((field('alias').value = alias), join()),
  show: ({ start }) => show(dayOf(start)),
  postpone: async ({ uid }, occurrence) => (await postpone(uid, occurrence), refresh()),
  cancel: async ({ uid, subject }, occurrence) => {
    await cancel(uid, occurrence);
    if (!occurrence && page.edited?.uid === uid) composeNew();
    await refresh();
    tell(`“${subject}” was cancelled${occurrence ? ' on one date' : ''}.`);
  },
};

/** Reload everything on the page. All parts then show the same point in time. */
async function refresh() {
  const look = (looks += 1);
  const { user } = page;
  const seen = await overview(user);
  if (look !== looks || user !== page.user) return;
  const { life } = page.seen;
  page.seen = seen;
  if (life && life !== seen.life) return location.reload();
  announce();
  showLists(actions);
  showRooms(actions.join);
  showDay();
  showState();
}

/** Tell the user how the equipment mailbox has answered the meetings sent from this page. */
function announce() {
  for (const { uid, answer } of page.seen.meetings) {
    const said = page.awaited.get(uid);
    if (!said || !answer) continue;
    page.awaited.delete(uid);
    tell(`${said} It was ${OUTCOMES[answer]}.`);
  }
}

/** Show the stack's state, if there is anything to report. */
function showState() {
  const { week, away } = page.seen;
  const making = week.over ? '' : `A week of meetings is being created: ${week.done} of ${week.of} …`;
  const failed = week.fault && `The week of meetings could not be created: ${week.fault}`;
  const sorry = away && 'The back end is down. The add-in inserts a placeholder, invitations wait, and rooms cannot be joined.';
  say(sorry || failed || making, Boolean(sorry || failed));
  if (isIdle()) field('away').checked = away; // leave it alone while a change made by the user is in progress
  const aliases = page.seen.meetings.flatMap(({ rooms, vmr }) => [...rooms.map(({ alias }) => alias), ...(vmr?.aliases ?? [])]);
  replace('aliases', [...new Set(aliases)].map((alias) => new Option(alias, alias)));
}

/**
 * @param {string} text
 * @param {boolean} isBad
 */
function say(text, isBad) {
  const banner = part('banner');
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = !text;
  banner.classList.toggle('bad', isBad);
}

/** Request external policy for an alias, as a conferencing node does when the alias is dialled. */
async function join() {
  const alias = field('alias').value.trim();
  const { verdict, name, question, status, answer, asks_itself: asksItself } = await ask(
    'GET', `join?alias=${encodeURIComponent(alias)}`);
  const room = page.seen.meetings.flatMap(({ rooms }) => rooms).find((one) => one.alias.split('@')[0] === alias.split('@')[0]);
  const opens = room && room.opens > page.seen.now ? ` It opens ${said(room.opens, page.seen.now)} UTC.` : '';
  const words = /** @type {Record<string, string>} */ ({
    open: `You are in: ${name}`,
    node: `You are in: ${name}. The node has the room in its own database.`,
    absent: `Not now: the node has no such room in its own database.${opens}`,
    closed: `Not now: the room is closed.${opens}`,
    personal: 'This is a personal VMR, which the node has in its own database.',
    unknown: 'No room has this number. The node has none in its own database either.',
    away: 'The back end is not responding, so the node uses only its own database.',
  });
  const isBooked = Boolean(room) && verdict === 'unknown';
  part('verdict').textContent = words[isBooked ? 'absent' : verdict];
  part('verdict').className = verdict;
  part('asked').textContent = question;
  const database = asksItself ? `\n\nIts own database: ${verdict === 'node' ? name : 'no such room at the moment'}` : '';
  part('answered').textContent = `${status} ${JSON.stringify(answer, null, 1)}${database}`;
  part('exchange-of-words').hidden = false;
}

/** Reload, unless a user action is in progress. */
async function lookAgain() {
  if (document.hidden || !isIdle()) return;
  try {
    await refresh();
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    say(error.message, true);
  }
}

async function startOver() {
  if (!confirm('This deletes everything that the stack has stored, including the data in DATA_DIR, and resets the clock. Start over?')) return;
  await ask('POST', 'reset');
  say('Starting over …', false);
}

/** @param {boolean} away */
async function goAway(away) {
  await ask('POST', 'away', { away });
  await refresh();
  if (!away) showAddIn();
}

function listen() {
  part('form').addEventListener('input', readForm);
  part('form').addEventListener('submit', (event) => {
    event.preventDefault();
    void doing(async () => (show(await submit()), refresh()));
  });
  part('new').addEventListener('click', () => (composeNew(), field('subject').focus()));
  part('users').addEventListener('change', (event) => {
    page.user = /** @type {HTMLInputElement} */ (event.target).value;
    page.seen.meetings = [];
    composeNew();
    tell(`You are now ${called(page.user)}.`);
    void doing(refresh);
  });
  part('exchange').addEventListener('change', () => {
    page.exchange = page.exchanges.find(({ integration }) => integration === field('exchange').value) ?? page.exchange;
    composeAgain();
  });
  for (const option of /** @type {const} */ (['plain', 'delegate', 'phone'])) {
    field(option).addEventListener('change', () => ((page.options[option] = field(option).checked), composeAgain()));
  }
  field('away').addEventListener('change', () => {
    const away = field('away').checked; // read now, because queued actions may take a while
    void doing(() => goAway(away));
  });
  part('start-over').addEventListener('click', () => void doing(startOver));
  part('join').addEventListener('submit', (event) => (event.preventDefault(), void doing(join)));
  // A click elsewhere closes the details, because they cover other parts of the page.
  document.addEventListener('click', ({ target }) => {
    if (!part('exchange-of-words').contains(/** @type {Node} */ (target))) part('exchange-of-words').removeAttribute('open');
  });
}

/** Wait until the page's own integration exists. */
async function prepared() {
  await ask('POST', 'week');
  do await refresh();
  while (!page.seen.week.done && !page.seen.week.over && (await new Promise((done) => setTimeout(done, 200, true))));
}

async function start() {
  say('Preparing the demo …', false);
  page.exchanges = await ask('GET', 'exchanges');
  [page.exchange] = page.exchanges;
  part('exchange').append(...page.exchanges.map(({ integration, name }) => new Option(name, integration)));
  part('exchanges').hidden = page.exchanges.length < 2;
  listenToClock(refresh);
  await prepared();
  show(dayOf(page.seen.now));
  listen();
  composeNew();
  document.body.dataset.ready = '';
}

void doing(start).then(() => setInterval(() => void lookAgain(), LOOK_AGAIN));
