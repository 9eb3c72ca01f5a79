// @ts-check
/**
 * Wraps Outlook's calls in promises. Every call either returns in time or fails with `timedOut`.
 *
 * Only `isSetSupported` shows what this Outlook supports. Members exist even if their requirement set is not supported
 * (docs/facts/outlook-addin.md).
 */

import { meeting } from './item.js';
import { clock } from './waiting.js';

/** @import {Item} from './insert.js' */
/** @typedef {typeof globalThis.Office} OfficeApi */

const OUTLOOK_CALL_TIMEOUT = 15_000; // milliseconds
const OPTIONAL_CALL_TIMEOUT = 2000; // milliseconds to wait for optional information
const OFFICE_POLL_INTERVAL = 50; // milliseconds

/** Outlook returned an error (`code`, as in its documentation), or nothing (`timedOut`). */
export class OutlookError extends Error {
  /**
   * @param {string} call
   * @param {number} code
   * @param {string} message
   */
  constructor(call, code, message) {
    super(`${call}: ${message} (${code})`);
    this.call = call;
    this.code = code;
    this.timedOut = code === 0;
  }
}

/**
 * Return Office.js once its script has run and found its host, however long that takes.
 * @returns {Promise<{office: OfficeApi, host: Office.HostType|null}>}  host is null outside of Office
 */
export async function officeReady() {
  while (!globalThis.Office?.onReady) await clock.pause(OFFICE_POLL_INTERVAL);
  const { host } = await Office.onReady();
  return { office: Office, host };
}

/** The Outlook that shows this pane. */
export class Outlook {
  /**
   * @param {OfficeApi} office
   * @param {(line: string) => void} log
   */
  constructor(office, log) {
    this.office = office;
    this.log = log;
    this.shown = /** @type {Office.Dialog|null} */ (null);
  }

  /** Whether the user is editing a meeting here, in a sufficiently recent Outlook. */
  get isUsable() {
    const item = this.office.context.mailbox?.item;
    // While a meeting is only being read, its subject is a string.
    return this.supports('Mailbox', '1.3') && item?.itemType === 'appointment' && typeof item.subject !== 'string';
  }

  /**
   * @param {string} set
   * @param {string} version
   */
  supports(set, version) {
    return this.office.context.requirements.isSetSupported(set, version);
  }

  /** Whether this is Outlook for Android or iOS. */
  get isPhone() {
    const platform = String(this.office.context.diagnostics?.platform ?? '');
    return ['Android', 'iOS'].includes(platform);
  }

  /** @returns {Item} */
  get item() {
    return meeting(this);
  }

  /** The user's Exchange identity token. An empty token is treated as missing (docs/facts/outlook-addin.md). */
  async identityToken() {
    const { mailbox } = this.office.context;
    const token = await this.call('getUserIdentityTokenAsync', (done) => mailbox.getUserIdentityTokenAsync(done));
    if (!token) throw new OutlookError('getUserIdentityTokenAsync', -1, 'empty token');
    return /** @type {string} */ (token);
  }

  /**
   * Whether the meeting is in somebody else's calendar; null if unknown.
   *
   * The server takes the meeting's owner from the invitation. Outlook offers this call only for shared items, and it
   * has failed for new ones (docs/facts/outlook-addin.md).
   */
  async isShared() {
    const item = this.office.context.mailbox.item;
    if (!this.supports('Mailbox', '1.8') || typeof item?.getSharedPropertiesAsync !== 'function') return false;
    try {
      await this.call('getSharedPropertiesAsync', (done) => item.getSharedPropertiesAsync(done));
      return true;
    } catch {
      return null;
    }
  }

  /** The address of the mailbox that the pane is open in; "" if this Outlook does not provide it. */
  get user() {
    return /** @type {string} */ (this.office.context.mailbox.userProfile?.emailAddress ?? '');
  }

  /**
   * The people whose meeting this may be: the user, the calendar's owner, and the organizer, if Outlook provides their
   * addresses. For an organizer, it may provide a legacy Exchange DN (office-js #3701), which is not an address.
   */
  async people() {
    const item = this.office.context.mailbox.item;
    const shared = this.supports('Mailbox', '1.8') ? item?.getSharedPropertiesAsync : undefined;
    const organizer = this.supports('Mailbox', '1.7') ? item?.organizer?.getAsync : undefined;
    const told = [
      this.user,
      shared && (await this.#told('getSharedPropertiesAsync', (done) => shared.call(item, done)))?.owner,
      organizer && (await this.#told('organizer.getAsync', (done) => organizer.call(item?.organizer, done)))?.emailAddress,
    ];
    return [...new Set(told.filter((each) => /^[!-+\--~]+@[!-+\--~]+$/.test(each ?? '')))];
  }

  /**
   * @param {string} name
   * @param {(done: (result: any) => void) => void} ask
   * @returns {Promise<any>}  null if Outlook does not provide it
   */
  async #told(name, ask) {
    try {
      return await this.call(name, ask, OPTIONAL_CALL_TIMEOUT);
    } catch {
      return null;
    }
  }

  /**
   * Open one of our pages in a dialog and return the first message that it sends.
   * @param {string} url  absolute, https, on the pane's host
   * @returns {Promise<string>}
   */
  async dialog(url) {
    const { ui } = this.office.context;
    const size = { height: 60, width: 30, promptBeforeOpen: true };
    // There is no time limit from here on, because the user may be typing a password.
    const dialog = await new Promise((done, fail) => ui.displayDialogAsync(url, size, settle('dialog', done, fail)));
    this.shown = dialog;
    return new Promise((done, fail) => {
      dialog.addEventHandler(this.office.EventType.DialogMessageReceived, (/** @type {any} */ event) => {
        this.closeDialog();
        done(event.message);
      });
      dialog.addEventHandler(this.office.EventType.DialogEventReceived, (/** @type {any} */ event) => {
        this.shown = null;
        fail(new OutlookError('dialog', event.error, 'closed'));
      });
    });
  }

  /** Close the dialog, if there is one. Outlook shows only one dialog at a time. */
  closeDialog() {
    this.shown?.close();
    this.shown = null;
  }

  /**
   * @param {string} name
   * @param {(done: (result: Office.AsyncResult<any>) => void) => void} start
   * @param {number} [timeout]  milliseconds
   * @returns {Promise<any>}
   */
  async call(name, start, timeout = OUTLOOK_CALL_TIMEOUT) {
    const began = performance.now();
    try {
      return await answered(name, start, timeout);
    } catch (error) {
      this.log(`Outlook: ${error instanceof Error ? error.message : error}`);
      throw error;
    } finally {
      this.log(`Outlook: ${name} ${Math.round(performance.now() - began)} ms`);
    }
  }
}

/**
 * @param {string} name
 * @param {(done: (result: Office.AsyncResult<any>) => void) => void} start
 * @param {number} timeout
 * @returns {Promise<any>}
 */
function answered(name, start, timeout) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new OutlookError(name, 0, 'no response')), timeout);
    const stop = () => clearTimeout(timer);
    start(settle(name, (value) => (stop(), done(value)), (error) => (stop(), fail(error))));
  });
}

/**
 * @param {string} name
 * @param {(value: any) => void} done
 * @param {(error: OutlookError) => void} fail
 * @returns {(result: Office.AsyncResult<any>) => void}
 */
function settle(name, done, fail) {
  return ({ status, value, error }) =>
    status === Office.AsyncResultStatus.Succeeded ? done(value) : fail(new OutlookError(name, error.code, error.message));
}
