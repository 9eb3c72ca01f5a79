// @ts-check
/**
 * Times on the demo page. Like the stack's clock, they are all in UTC. A meeting's local time has the form
 * `2026-12-01T10:00:00`.
 */

export const MINUTE = 60_000; // milliseconds
export const DAY = 24 * 60 * MINUTE;

/** @param {Date} date */
export function dayOf(date) {
  return date.toISOString().slice(0, 10);
}

/** @param {Date} date */
export function timeOf(date) {
  return date.toISOString().slice(11, 16);
}

/**
 * @param {string} day   `2026-12-01`
 * @param {string} time  `10:00`
 */
export function at(day, time) {
  return new Date(`${day}T${time}:00Z`);
}

/** @param {Date} date */
export function local(date) {
  return date.toISOString().slice(0, 19);
}

/**
 * @param {Date} date
 * @param {number} minutes
 */
export function plus(date, minutes) {
  return new Date(date.getTime() + minutes * MINUTE);
}

/**
 * The date a given number of days later.
 * @param {string} day
 * @param {number} days
 */
export function later(day, days) {
  return dayOf(plus(at(day, '00:00'), days * 24 * 60));
}

/**
 * The minutes since midnight.
 * @param {Date} date
 */
export function minutesOf(date) {
  return Math.floor((date.getTime() % DAY) / MINUTE);
}

/** @param {Date} date */
export function long(date) {
  return date.toLocaleDateString('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' });
}

/**
 * A point in time as text: the time of day, preceded by the date unless it is today.
 * @param {Date} date
 * @param {Date} now
 */
export function said(date, now) {
  return dayOf(date) === dayOf(now) ? timeOf(date) : `${long(date)}, ${timeOf(date)}`;
}

/**
 * The start and end as text.
 * @param {{start: Date, end: Date}} span
 * @param {boolean} isAllDay
 */
export function span({ start, end }, isAllDay) {
  if (!isAllDay) return `${long(start)}, ${timeOf(start)}–${timeOf(end)}`;
  const last = plus(end, -1);
  return dayOf(last) === dayOf(start) ? `${long(start)}, all day` : `${long(start)} – ${long(last)}, all day`;
}

/**
 * Graph's patternedRecurrence for a meeting that repeats weekly.
 * @param {Date} start
 * @param {number} times  0 for an endless series
 */
export function weekly(start, times) {
  const weekday = start.toLocaleDateString('en-GB', { timeZone: 'UTC', weekday: 'long' }).toLowerCase();
  const end = times ? { type: 'numbered', numberOfOccurrences: times } : { type: 'noEnd' };
  return {
    pattern: { type: 'weekly', interval: 1, daysOfWeek: [weekday], firstDayOfWeek: 'monday' },
    range: { ...end, startDate: dayOf(start) },
  };
}
