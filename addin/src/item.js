// @ts-check
/** The meeting behind Office.js: what src/insert.js asks of it, by the calls that this Outlook has. */

import { textOf } from './html.js';

/** @import {Item} from './insert.js' */
/** @import {Outlook} from './office.js' */

const NOTE_PATIENCE = 3_000; // milliseconds for what a meeting can do without
const NOTE = 'placed'; // the note's name among the item's custom properties

/**
 * Let time pass.
 * @param {number} milliseconds
 */
export function pause(milliseconds) {
  return /** @type {Promise<void>} */ (new Promise((done) => setTimeout(done, milliseconds)));
}

/**
 * The meeting that is being written in this Outlook.
 * @param {Outlook} outlook
 * @returns {Item}
 */
export function meeting(outlook) {
  const item = /** @type {Office.AppointmentCompose} */ (outlook.office.context.mailbox.item);
  const { body, requiredAttendees, optionalAttendees } = item;
  const call = outlook.call.bind(outlook);
  /** @type {(name: string, field: Office.Recipients) => Promise<Office.EmailAddressDetails[]>} */
  const read = (name, field) => call(name, (done) => field.getAsync(done));
  return {
    async readBody() {
      // Phones have no such call; their meetings are HTML.
      const format = await call('body.getTypeAsync', (done) => body.getTypeAsync(done)).catch(() => 'html');
      const raw = await call('body.getAsync', (done) => body.getAsync(format, done));
      return { format: format === 'html' ? 'html' : 'text', raw, text: format === 'html' ? textOf(raw) : raw };
    },
    prependBody: (content, coercionType) =>
      call('body.prependAsync', (done) => body.prependAsync(content, { coercionType }, done)),
    replaceBody: (content, coercionType) =>
      call('body.setAsync', (done) => body.setAsync(content, { coercionType }, done)),
    async readAttendees() {
      const required = await read('requiredAttendees.getAsync', requiredAttendees);
      const optional = await read('optionalAttendees.getAsync', optionalAttendees);
      return [...required, ...optional].map(({ emailAddress }) => emailAddress ?? '');
    },
    addAttendee: ({ name, address }) =>
      call('requiredAttendees.addAsync', (done) =>
        requiredAttendees.addAsync([{ displayName: name || address, emailAddress: address }], done),
      ),
    async removeAttendee(address) {
      const all = await read('requiredAttendees.getAsync', requiredAttendees);
      const others = all.filter(({ emailAddress }) => emailAddress?.toLowerCase() !== address.toLowerCase());
      await call('requiredAttendees.setAsync', (done) => requiredAttendees.setAsync(others, done));
    },
    pause,
    ...notes(item, call),
    ...(outlook.supports('Mailbox', '1.8') ? places(item, call) : location(item, call)),
  };
}

/**
 * A note among the item's custom properties: Mailbox 1.1.
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function notes(item, call) {
  /** @returns {Promise<Office.CustomProperties>} */
  const load = () => call('loadCustomPropertiesAsync', (done) => item.loadCustomPropertiesAsync(done), NOTE_PATIENCE);
  return {
    recall: async () => String((await load()).get(NOTE) ?? ''),
    async remember(/** @type {string} */ note) {
      const properties = await load();
      if (note) properties.set(NOTE, note);
      else properties.remove(NOTE);
      await call('customProperties.saveAsync', (done) => properties.saveAsync(done), NOTE_PATIENCE);
    },
  };
}

/**
 * The location as one text: Mailbox 1.1.
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function location({ location }, call) {
  return {
    readLocation: async () => ((await call('location.getAsync', (done) => location.getAsync(done))) ?? '').trim(),
    setLocation: (/** @type {string} */ text) => call('location.setAsync', (done) => location.setAsync(text, done)),
    clearLocation: () => call('location.setAsync', (done) => location.setAsync('', done)),
  };
}

/**
 * The location as a list of rooms and texts: Mailbox 1.8. Adding to it drops no room, as setting the text does
 * (facts/outlook-addin.md §6.7).
 * @param {Office.AppointmentCompose} item
 * @param {Outlook['call']} call
 */
function places({ enhancedLocation }, call) {
  const custom = (/** @type {string} */ id) => [{ id, type: Office.MailboxEnums.LocationType.Custom }];
  return {
    async readLocation() {
      /** @type {Office.LocationDetails[]} */
      const all = await call('enhancedLocation.getAsync', (done) => enhancedLocation.getAsync(done));
      return all.map(({ displayName, locationIdentifier }) => displayName || locationIdentifier.id).join('; ');
    },
    setLocation: (/** @type {string} */ text) =>
      call('enhancedLocation.addAsync', (done) => enhancedLocation.addAsync(custom(text), done)),
    clearLocation: (/** @type {string} */ text) =>
      call('enhancedLocation.removeAsync', (done) => enhancedLocation.removeAsync(custom(text), done)),
  };
}
