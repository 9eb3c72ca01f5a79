// @ts-check
/** The meeting being edited in the simulated Outlook, and the quirks of Outlook clients that store and return it. */

/** @typedef {{name: string, address: string}} Person */

/**
 * Ways in which real Outlook clients deviate from their documentation (listed in tests/browser/behaviours.js).
 * @typedef {object} Quirks
 * @property {number} bodyLate  how long the old body is still returned after a write, in milliseconds
 * @property {(person: Person) => Person} resolve  what an added attendee becomes
 * @property {(people: Person[], organizer: Person) => (Person & {appointmentResponse?: number})[]} list  the required
 *   attendees, as returned
 * @property {(raw: string, format: 'html'|'text') => string} give  the body, as returned
 * @property {(html: string) => string} keep  written HTML, as stored
 * @property {(text: string) => string[]} place  an added location, as stored
 * @property {''|'html'|'text'} typeSaid  the format that Outlook reports for the body; "" for its actual format
 */

/** @type {Quirks} */
export const HONEST = {
  bodyLate: 0, resolve: (person) => person, list: (people) => people, give: (raw) => raw, keep: (html) => html,
  place: (text) => [text], typeSaid: '',
};

/** The meeting being edited. */
export class Meeting {
  subject = '';
  /** The meeting's id in Exchange; "" until the meeting is saved for the first time. */
  id = '';
  /** The series' id, if this is one date of a series. */
  seriesId = /** @type {string|null} */ (null);
  start = '2026-12-01T10:00:00Z';
  organizer = { name: 'Alice', address: 'alice@example.com' };
  /** @type {'html'|'text'} */
  format = 'html';
  body = '';
  /** @type {Person[]} */
  required = [];
  /** @type {Person[]} */
  optional = [];
  /** @type {{id: string, type: 'custom'|'room'}[]} */
  places = [];
  properties = '{}';
  /** @type {any[]} */
  notices = [];

  get location() {
    return this.places.map(({ id }) => id).join('; ');
  }
}

/**
 * The body after a complete rewrite. Its pictures remain as attachments, but references to them are lost.
 * @param {string} html
 */
export function withoutPictures(html) {
  return html.replace(/<img\b[^>]*\bsrc="cid:[^>]*>/gi, '');
}

/**
 * The body as plain text.
 * @param {Pick<Meeting, 'format'|'body'>} meeting
 */
export function plainText({ format, body }) {
  return format === 'text' ? body : new DOMParser().parseFromString(body, 'text/html').body.textContent;
}
