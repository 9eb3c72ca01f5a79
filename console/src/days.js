/** Days in the format of date fields, `2026-11-30`, in the browser's time zone. */

/** @returns {string} today */
export function today() {
  return written(new Date());
}

/** @param {string} day @param {number} later the days to add @returns {string} the resulting day */
export function daysAfter(day, later) {
  return written(start(day, later));
}

/**
 * @param {string} day @param {number} later the days to add
 * @returns {string} the start of that day in UTC, in the API's format; "" if no day is given
 */
export function midnight(day, later = 0) {
  return day && start(day, later).toISOString().slice(0, 19);
}

/** @param {string} text @returns {boolean} whether it is a valid day */
export function isDay(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text) && written(start(text)) === text;
}

/** @param {string} day @param {number} later */
function start(day, later = 0) {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later);
}

/** @param {Date} date */
function written(date) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
