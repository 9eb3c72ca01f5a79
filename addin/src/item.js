// @ts-check
/** Implements the Item of src/insert.js using the Office.js calls that this Outlook supports. */

import { textOf } from './html.js';

/** @import {Attendee, Item} from './insert.js' */
/** @import {Outlook} from './office.js' */
/** @import {Body} from './text.js' */

const NOTE_TIMEOUT = 3_000; // milliseconds; a meeting also works without its note
const NOTE = 'placed'; // the note's name among the item's custom properties
const LISTED = 500; // the maximum number of attendees that `getAsync` returns (Office.Recipients reference)
const LISTED_ON_PHONES = 100;
const NOT_SAVED = 9046; // Office.js's error ItemNotSaved

/**
 * The meeting that is being edited in this Outlook.
 * @param {Outlook} outlook
 * @returns {Item}
 */
export function meeting(outlook) {
  const item = /** @type {Office.AppointmentCompose} */ (outlook.office.context.mailbox.item);
  const call = outlook.call.bind(outlook);
  return {
    ...text(item, call),
    ...people(item, outlook),
    ...facts(item, outlook),
    ...notes(item, call),
    ...(outlook.supports('Mailbox', '1.8') ? places(item, call) : location(item, call)),
  };
}

/**
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function text({ body }, call) {
  return {
    /** @returns {Promise<Body>} */
    async readBody() {
      // Outlook on phones does not support this call. Its meeting bodies are HTML.
      const said = await call('body.getTypeAsync', (done) => body.getTypeAsync(done)).catch(() => 'html');
      const raw = await call('body.getAsync', (done) => body.getAsync(said, done));
      // A body reported as HTML may be plain text (office-js #3642).
      const format = said === 'html' && (!raw || /<[a-z!/]/i.test(raw)) ? 'html' : 'text';
      return { format, raw, text: format === 'html' ? textOf(raw) : raw };
    },
    prependBody: (/** @type {string} */ content, /** @type {'html'|'text'} */ coercionType) =>
      call('body.prependAsync', (done) => body.prependAsync(content, { coercionType }, done)),
    replaceBody: (/** @type {string} */ content, /** @type {'html'|'text'} */ coercionType) =>
      call('body.setAsync', (done) => body.setAsync(content, { coercionType }, done)),
  };
}

/**
 * @param {Office.AppointmentCompose} item
 * @param {Outlook} outlook
 */
function people({ requiredAttendees: required, optionalAttendees: optional, organizer }, outlook) {
  const call = outlook.call.bind(outlook);
  const given = (/** @type {Attendee[]} */ all) =>
    all.map(({ name, address }) => ({ displayName: name || address, emailAddress: address }));
  /** The address of the meeting's organizer; "" if this Outlook does not provide it. */
  const owner = once(async () => {
    if (!outlook.supports('Mailbox', '1.7')) return outlook.user.toLowerCase();
    const found = await call('organizer.getAsync', (done) => organizer.getAsync(done)).catch(() => null);
    return /** @type {string} */ (found?.emailAddress ?? '').toLowerCase();
  });
  return {
    listed: outlook.isPhone ? LISTED_ON_PHONES : LISTED,
    async readAttendees(/** @type {'required'|'optional'} */ field) {
      const recipients = { required, optional }[field];
      /** @type {Office.EmailAddressDetails[]} */
      const all = await call(`${field}Attendees.getAsync`, (done) => recipients.getAsync(done));
      const organizing = await owner();
      return all.map(({ displayName, emailAddress, appointmentResponse }) => {
        const address = emailAddress ?? '';
        const isOrganizer = appointmentResponse === 'organizer' || (address !== '' && address.toLowerCase() === organizing);
        return { name: displayName ?? '', address, isOrganizer };
      });
    },
    addAttendees: (/** @type {Attendee[]} */ all) =>
      call('requiredAttendees.addAsync', (done) => required.addAsync(given(all), done)),
    setAttendees: (/** @type {Attendee[]} */ all) =>
      call('requiredAttendees.setAsync', (done) => required.setAsync(given(all), done)),
  };
}

/**
 * The properties that identify this meeting.
 * @param {Office.AppointmentCompose} item
 * @param {Outlook} outlook
 */
function facts(item, outlook) {
  return {
    isOccurrence: outlook.supports('Mailbox', '1.7') && Boolean(item.seriesId),
    async isNew() {
      if (!outlook.supports('Mailbox', '1.8')) return null;
      try {
        return !(await outlook.call('getItemIdAsync', (done) => item.getItemIdAsync(done)));
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === NOT_SAVED ? true : null;
      }
    },
    async start() {
      /** @type {Date|null} */
      const start = await outlook.call('start.getAsync', (done) => item.start.getAsync(done)).catch(() => null);
      return start?.toISOString() ?? '';
    },
  };
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {() => Promise<T>}
 */
function once(work) {
  let result = /** @type {Promise<T>|null} */ (null);
  return () => (result ??= work());
}

/**
 * A note in the item's custom properties. Requires Mailbox 1.1.
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function notes(item, call) {
  /** @returns {Promise<Office.CustomProperties>} */
  const load = () => call('loadCustomPropertiesAsync', (done) => item.loadCustomPropertiesAsync(done), NOTE_TIMEOUT);
  return {
    recall: async () => String((await load()).get(NOTE) ?? ''),
    async remember(/** @type {string} */ note) {
      const properties = await load();
      if (note) properties.set(NOTE, note);
      else properties.remove(NOTE);
      await call('customProperties.saveAsync', (done) => properties.saveAsync(done), NOTE_TIMEOUT);
    },
  };
}

/**
 * The location as a single string. Requires Mailbox 1.1.
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function location({ location }, call) {
  return {
    async readLocation() {
      const text = ((await call('location.getAsync', (done) => location.getAsync(done))) ?? '').trim();
      return text ? [text] : [];
    },
    setLocation: (/** @type {string} */ text) => call('location.setAsync', (done) => location.setAsync(text, done)),
    clearLocation: () => call('location.setAsync', (done) => location.setAsync('', done)),
  };
}

/**
 * The location as a list of rooms and free text. Requires Mailbox 1.8. Adding to the list keeps rooms, but setting the
 * text does not (office-js-docs #1192, #2011).
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function places({ enhancedLocation }, call) {
  const custom = (/** @type {string[]} */ ids) => ids.map((id) => ({ id, type: Office.MailboxEnums.LocationType.Custom }));
  return {
    async readLocation() {
      /** @type {Office.LocationDetails[]} */
      const all = await call('enhancedLocation.getAsync', (done) => enhancedLocation.getAsync(done));
      return all.map(({ displayName, locationIdentifier }) => displayName || locationIdentifier.id);
    },
    setLocation: (/** @type {string} */ text) =>
      call('enhancedLocation.addAsync', (done) => enhancedLocation.addAsync(custom([text]), done)),
    clearLocation: (/** @type {string[]} */ ids) =>
      call('enhancedLocation.removeAsync', (done) => enhancedLocation.removeAsync(custom(ids), done)),
  };
}
