// @ts-check
/** The meeting in a simulated Outlook's form, and the deviations of Outlook clients in storing and returning it. */

/** @typedef {{name: string, address: string}} Person */

/**
 * Deviations of real Outlook clients from their documentation, which are listed in tests/browser/behaviours.js.
 * @typedef {object} Quirks
 * @property {number} bodyLate  the time in milliseconds after a write during which the old body is still returned
 * @property {(person: Person) => Person} resolve  what an added attendee becomes
 * @property {(people: Person[], organizer: Person) => (Person & {appointmentResponse?: number})[]} list  the required
 *   attendees as they are returned
 * @property {(raw: string, format: 'html'|'text') => string} give  the body as it is returned
 * @property {(html: string) => string} keep  written HTML as it is stored
 * @property {(text: string) => string[]} place  an added location as it is stored
 * @property {''|'html'|'text'} typeSaid  the format that Outlook reports for the body; "" for its actual format
 */

/** @type {Quirks} */
export const HONEST = {
  bodyLate: 0, resolve: (person) => person, list: (people) => people, give: (raw) => raw, keep: (html) => html,
  place: (text) => [text], typeSaid: '',
};

/** A meeting as the form shows it. */
export class Meeting {
  subject = '';
  /** The meeting's id in Exchange; "" until the meeting is saved for the first time. */
  id = '';
  /** The id of the series, if this is one date of a series. */
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
 * The body after it was rewritten as a whole. Its pictures remain as attachments, but the references to them are lost.
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
