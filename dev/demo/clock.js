// @ts-check
/** The stack's clock, which only moves forward, and the timeline of a day with its meetings. */

import { doing, field, make, part, replace } from './dom.js';
import { page } from './page.js';
import { ask } from './stack.js';
import { MINUTE, at, dayOf, later, long, minutesOf, plus, timeOf } from './time.js';

/** @import {Meeting, Occurrence} from './stack.js' */

const DAY_MINUTES = 1440;
const TITLE_MINUTES = 240; // space on the timeline reserved for a title
let isDragging = false;
let goal = /** @type {Date|null} */ (null); // the time to which the clock is moving

/** @param {() => Promise<unknown>} refresh  reloads everything that the page shows */
export function listenToClock(refresh) {
  replace('hours', Array.from({ length: 9 }, (_, index) => make('span', '', `${String(index * 3).padStart(2, '0')}:00`)));
  part('following').addEventListener('click', () => show(later(page.day, 1)));
  part('previous').addEventListener('click', () => show(later(page.day, -1)));
  part('present').addEventListener('click', () => show(dayOf(page.seen.now)));
  field('slider').addEventListener('input', () => {
    isDragging = true;
    part('time').textContent = timeOf(chosen());
  });
  field('slider').addEventListener('change', () => {
    isDragging = false;
    const time = chosen();
    void doing(() => travel(time, refresh));
  });
}

/** @param {string} day */
export function show(day) {
  page.day = day;
  showDay();
}

/**
 * Move the clock forward. The clock and the rooms are updated together at the end. Until then, the page shows that the
 * clock is moving.
 * @param {Date} time
 * @param {() => Promise<unknown>} refresh
 */
async function travel(time, refresh) {
  if (time <= page.seen.now) return showDay();
  goal = time;
  page.day = dayOf(time);
  showDay();
  try {
    await ask('POST', 'exchange/clock', { now: time.toISOString() });
  } finally {
    goal = null;
    await refresh();
  }
}

/** The slider's time, or the current time if that is later. */
function chosen() {
  const time = plus(at(page.day, '00:00'), Math.min(Number(field('slider').value), DAY_MINUTES - 1));
  return time < page.seen.now ? page.seen.now : time;
}

/** Show the clock and the selected day. */
export function showDay() {
  const now = goal ?? page.seen.now;
  const today = dayOf(now);
  part('date').textContent = long(at(page.day, '00:00'));
  part('clock').classList.toggle('moving', Boolean(goal));
  part('moving').textContent = goal ? `Moving to ${timeOf(goal)} …` : '';
  if (!isDragging) {
    part('time').textContent = timeOf(now);
    part('time').classList.toggle('elsewhere', page.day !== today);
    field('slider').value = String(page.day === today ? minutesOf(now) : page.day < today ? DAY_MINUTES : 0);
  }
  field('slider').disabled = page.day < today;
  field('slider').ariaValueText = `${part('date').textContent}, ${part('time').textContent} UTC`;
  field('present').disabled = page.day === today;
  showMeetings(page.day === today ? minutesOf(now) : -1);
}

/** @param {number} now  the current time in minutes, if today is shown; -1 on another day */
function showMeetings(now) {
  const begin = at(page.day, '00:00');
  const found = page.seen.meetings.flatMap((meeting) => meeting.occurrences
    .filter(({ change, start, end }) => change !== 'cancelled' && start < plus(begin, DAY_MINUTES) && end > begin)
    .map((one) => bar(meeting, one, begin)));
  const bars = packed(found);
  part('windows').style.setProperty('--lanes', String(Math.max(1, ...bars.map(({ lane }) => lane + 1))));
  replace('windows', bars.flatMap((one) => drawn(one, now)));
  part('day-words').textContent = bars.map(({ words }) => words).join(' ');
}

/**
 * A meeting on the timeline, in minutes since midnight. `from` and `to` include the join window; `start` and `end` do
 * not. `left` and `right` also include the title.
 * @typedef {object} Bar
 * @property {string} title
 * @property {number} from
 * @property {number} to
 * @property {number} start
 * @property {number} end
 * @property {'after'|'before'|'inside'} side  where the title is, relative to the bar
 * @property {number} left
 * @property {number} right
 * @property {boolean} hasRoom
 * @property {boolean} isOpen
 * @property {string} words
 * @property {number} lane
 */

/**
 * @param {Meeting} meeting
 * @param {Occurrence} occurrence
 * @param {Date} begin  the start of the day shown
 * @returns {Bar}
 */
function bar({ subject, window, state }, { start: first, end: last }, begin) {
  const [before, after] = window ?? [0, 0];
  const clip = (/** @type {number} */ minutes) => Math.min(Math.max(minutes, 0), DAY_MINUTES);
  const minutes = (/** @type {Date} */ date) => Math.round((date.getTime() - begin.getTime()) / MINUTE);
  const [start, end] = [minutes(first), minutes(last)];
  const [from, to] = [clip(start - before), clip(end + after)];
  const side = to - from > DAY_MINUTES / 2 ? 'inside' : to + TITLE_MINUTES <= DAY_MINUTES ? 'after' : 'before';
  return {
    title: subject, from, to, start: clip(start), end: clip(end), side, lane: 0,
    left: side === 'before' ? from - TITLE_MINUTES : from, right: side === 'after' ? to + TITLE_MINUTES : to,
    hasRoom: Boolean(window), isOpen: state === 'open',
    words: `${subject}: ${timeOf(first)} to ${timeOf(last)}${window ? '' : ', no room'}.`,
  };
}

/**
 * Distribute the bars across lanes so that no bar overlaps another or its title.
 * @param {Bar[]} bars
 */
function packed(bars) {
  const lanes = /** @type {Bar[]} */ ([]); // the last bar in each lane
  for (const one of bars.sort((first, second) => first.left - second.left)) {
    const free = lanes.findIndex(({ right }) => right <= one.left);
    one.lane = free < 0 ? lanes.length : free;
    const last = lanes[one.lane];
    if (last?.side === 'after') last.right = one.left; // the title may extend this far
    lanes[one.lane] = one;
  }
  for (const last of lanes) if (last.side === 'after') last.right = DAY_MINUTES;
  return bars;
}

/**
 * @param {Bar} one
 * @param {number} now
 */
function drawn({ title, from, to, start, end, side, left, right, hasRoom, isOpen, lane }, now) {
  const state = isOpen && from <= now && now < to ? ' open' : '';
  const parts = [make('div', `held${hasRoom ? '' : ' bare'}${state}`), make('span', `${side}${state}`, title)];
  place(parts[0], lane, start, end);
  place(parts[1], lane, side === 'after' ? to : left, side === 'before' ? from : right);
  if (!hasRoom) return parts;
  const around = make('div', `around${state}`);
  place(around, lane, from, to);
  return [around, ...parts];
}

/**
 * @param {HTMLElement} element
 * @param {number} lane
 * @param {number} from  minutes
 * @param {number} to
 */
function place({ style }, lane, from, to) {
  style.setProperty('--lane', String(lane));
  style.insetInlineStart = `${(from / DAY_MINUTES) * 100}%`;
  style.inlineSize = `${((to - from) / DAY_MINUTES) * 100}%`;
}
