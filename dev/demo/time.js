// @ts-check
/** Times of the demo: UTC throughout, as the local stack's clock. Local times of meetings are `2026-12-01T10:00:00`. */

const MINUTE = 60_000;
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

/** @param {Date} date  minutes since midnight */
export function minutesOf(date) {
  return Math.floor((date.getTime() % DAY) / MINUTE);
}

/** @param {Date} date */
export function long(date) {
  return date.toLocaleDateString('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' });
}

/**
 * Graph's patternedRecurrence for a meeting that repeats weekly.
 * @param {Date} start
 * @param {number} times
 */
export function weekly(start, times) {
  const weekday = start.toLocaleDateString('en-GB', { timeZone: 'UTC', weekday: 'long' }).toLowerCase();
  return {
    pattern: { type: 'weekly', interval: 1, daysOfWeek: [weekday], firstDayOfWeek: 'monday' },
    range: { type: 'numbered', startDate: dayOf(start), numberOfOccurrences: times },
  };
}
