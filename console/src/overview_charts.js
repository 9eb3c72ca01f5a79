/** Charts of recent activity and of the rooms that will be open, for the deployment or for one integration. */

import { STATUS, call } from './api.js';
import { Chart, sum } from './chart.js';
import { html } from './ui.js';
import { Asked, Moment, useAsked } from './parts.js';

const HOURS = 24;
const HOUR = 3_600_000; // milliseconds
const LABELLED_DAYS = 3; // days between two labels on the hour axis

/**
 * @typedef {{ day: string, meetings: number, aliases: number, accepted: number, declined: number, other: number,
 *   outcomes: Record<string, number>, answered: number, time_to_answer_p50: number | null,
 *   time_to_answer_p95: number | null, repairs: number }} Day
 */

/** @param {{ id?: string }} props the integration's id; without it, the charts are for the whole deployment */
export function Statistics({ id = '0' }) {
  const asked = useAsked(async () => (await call(`${STATUS}overview/${id}/`)).data, [id]);
  return html`<section aria-labelledby="statistics">
    <h2 id="statistics">The last 30 days</h2>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { days, rooms_by_hour: rooms, rooms_from: from, rooms_as_of: made }) => html`
        <div class="charts">
          <${Meetings} days=${days} /><${Outcomes} days=${days} /><${Times} days=${days} />
          <${Plain} days=${days} of="aliases" title="Aliases put into use" />
          <${Plain} days=${days} of="repairs" title="Repairs: problems found only by a sweep or a comparison" />
        </div>
        <h2>Rooms open at the same time</h2>
        <${Rooms} rooms=${rooms} from=${from} />
        <p class="about">Counted every hour, last at <${Moment} utc=${made} />. Days and hours above are in UTC.</p>
      `}
    <//>
  </section>`;
}

/** @param {{ days: Day[] }} props */
function Meetings({ days }) {
  return Plain({ days, of: 'meetings', title: 'Meetings that got a room' });
}

/** @param {{ days: Day[], of: 'meetings' | 'aliases' | 'repairs', title: string }} props */
function Plain({ days, of, title }) {
  const total = sum(days.map((day) => day[of]));
  const columns = days.map((day, n) => column(days, n, [day[of]], `${named(day)}: ${day[of]}`));
  const table = { head: ['Day', 'Number'], rows: days.map((day) => [named(day), day[of]]) };
  return html`<${Chart} title=${title} told="${total} in 30 days, ${days.at(-1)?.[of] ?? 0} today" series=${['']} columns=${columns} table=${table} />`;
}

/** @param {{ days: Day[] }} props */
function Outcomes({ days }) {
  const [accepted, declined, other] = /** @type {const} */ (['accepted', 'declined', 'other']).map((kind) => sum(days.map((day) => day[kind])));
  const told = `${accepted} accepted, ${declined} declined, ${other} that need no answer`;
  const columns = days.map((day, n) =>
    column(days, n, [day.accepted, day.declined, day.other], `${named(day)}: ${day.accepted} accepted, ${day.declined} declined, ${day.other} other`),
  );
  const reasons = [...new Set(days.flatMap((day) => Object.keys(day.outcomes)))].sort();
  const head = ['Day', ...reasons.map(reasonOf)];
  const rows = days.map((day) => [named(day), ...reasons.map((reason) => day.outcomes[reason] ?? 0)]);
  return html`<${Chart} title="Outcomes" told=${told} stacked series=${['Accepted', 'Declined', 'Other']} columns=${columns} table=${{ head, rows }} />`;
}

/** @param {{ days: Day[] }} props */
function Times({ days }) {
  const last = days.filter((day) => day.answered).at(-1);
  const told = last ? `${named(last)}: half within ${seconds(last.time_to_answer_p50)}, 95% within ${seconds(last.time_to_answer_p95)}` : 'No answers yet';
  const columns = days.map((day, n) =>
    column(days, n, [day.time_to_answer_p95 ?? 0, day.time_to_answer_p50 ?? 0],
      `${named(day)}: ${seconds(day.time_to_answer_p50)}, ${seconds(day.time_to_answer_p95)} for 95%`),
  );
  const rows = days.map((day) => [named(day), day.answered, seconds(day.time_to_answer_p50), seconds(day.time_to_answer_p95)]);
  const table = { head: ['Day', 'Answers', 'Half within', '95% within'], rows };
  return html`<${Chart} title="Time to answer" told=${told} series=${['95% within', 'Half within']} columns=${columns} table=${table} text=${seconds} />`;
}

/** @param {{ rooms: number[], from: string }} props the number of open rooms in each hour */
function Rooms({ rooms, from }) {
  const hour = (/** @type {number} */ n) => new Date(Date.parse(`${from}Z`) + n * HOUR);
  const columns = rooms.map((number, n) => ({
    name: String(n), values: [number], tip: `${date(hour(n))}, ${clock(hour(n))}: ${number}`, label: n % (LABELLED_DAYS * HOURS) === 0 ? date(hour(n)) : '',
  }));
  const most = Math.max(...rooms);
  const told = most ? `At most ${most}, on ${date(hour(rooms.indexOf(most)))} from ${clock(hour(rooms.indexOf(most)))}` : 'No room opens in the next 14 days';
  return html`<div class="wide"><${Chart} title="The next 14 days, by the hour" told=${told} series=${['']} columns=${columns} table=${byDay(rooms, hour)} /></div>`;
}

/** @param {number[]} rooms @param {(n: number) => Date} hour */
function byDay(rooms, hour) {
  /** @type {Map<string, { most: number, at: Date, hours: number }>} */
  const found = new Map();
  rooms.forEach((number, n) => {
    const before = found.get(date(hour(n))) ?? { most: 0, at: hour(n), hours: 0 };
    const next = number > before.most ? { ...before, most: number, at: hour(n) } : before;
    found.set(date(hour(n)), { ...next, hours: next.hours + (number ? 1 : 0) });
  });
  const rows = [...found].map(([day, { most, at, hours }]) => [day, most, most ? clock(at) : '–', hours]);
  return { head: ['Day', 'At most', 'First at', 'Hours with rooms'], rows };
}

/** @param {Day[]} days @param {number} n @param {number[]} values @param {string} tip @returns a column; every tenth one has a label */
function column(days, n, values, tip) {
  const day = /** @type {Day} */ (days[n]);
  return { name: day.day, values, tip, label: n % 10 === 0 ? named(day) : '' };
}

/** @param {Day} day */
function named(day) {
  return date(new Date(`${day.day}T00:00:00Z`));
}

/** @param {Date} moment */
function date(moment) {
  return moment.toLocaleDateString(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** @param {Date} moment */
function clock(moment) {
  return `${String(moment.getUTCHours() % HOURS).padStart(2, '0')}:00`;
}

/** @param {number | null} time */
function seconds(time) {
  if (time === null) return '–';
  if (time < 120) return `${Number(time.toPrecision(2))} s`;
  return time < 7200 ? `${Math.round(time / 60)} min` : `${Math.round(time / 3600)} h`;
}

/** @param {string} reason the name of the response's template, or the decision */
function reasonOf(reason) {
  return reason.replace(/_template$/, '').replaceAll('_', ' ');
}
