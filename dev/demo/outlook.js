// @ts-check
/**
 * A simulated Outlook on the web: a meeting being composed, with an add-in's pane next to it.
 *
 * It speaks the postMessage protocol ("XDM") between Office.js and Outlook, so it works with both the real library in
 * the browser tests and the demo page's replacement. Source of the protocol: @microsoft/office-js 1.1.110,
 * dist/outlook-web-16.01.debug.js.
 */

import { appContext, initialData } from './outlook_context.js';
import { HONEST, Meeting, plainText, withoutPictures } from './outlook_meeting.js';

/** @import {Person, Quirks} from './outlook_meeting.js' */

/**
 * How a call fails. 'hang': it is never answered. 'silent': it reports success but does nothing. 'append': it adds a
 * location and keeps the existing one. With a code, the call fails with that code, either always or `times` times.
 * @typedef {'hang' | 'silent' | 'append' | {code: number, times?: number}} Fault
 */

/** The calls' names in tests, keyed by their numbers, which Office.js calls "dispids". */
const CALLS = /** @type {Record<number, string>} */ ({
  2: 'identityToken', 3: 'loadProperties', 4: 'saveProperties', 14: 'bodyType', 15: 'attendees', 21: 'setAttendees',
  22: 'addAttendees', 23: 'prependBody', 24: 'time', 26: 'location', 27: 'setLocation', 33: 'notify', 37: 'body',
  38: 'setBody', 107: 'organizer', 108: 'sharedProperties', 154: 'places', 155: 'addPlaces', 156: 'removePlaces',
  164: 'itemId',
});
const HTML = 3; // Office.js's number for CoercionType.Html; text is 0
const TAB_EXITS = [13, 14]; // OSF.AgaveHostAction: Tab past the pane's last element, and Shift+Tab past its first

const MAX_LISTED = 500; // maximum number of recipients that getAsync returns
const NOT_SAVED = 9046; // Office.js's ItemNotSaved

/** A simulated Outlook around a pane. */
export class FakeOutlook {
  /** @type {Record<string, Fault>} */
  faults = {};
  /** @type {string[]} */
  calls = [];
  meeting = new Meeting();
  /** The effects that hanging calls would have had. */
  unanswered = /** @type {(() => unknown)[]} */ ([]);
  /** The duration of each call in milliseconds. */
  delay = 0;
  /** Converts HTML written to the body into the HTML that is stored. */
  rewrite = (/** @type {string} */ html) => html;
  /** @type {Quirks} */
  quirks = HONEST;
  /** How far tests have advanced the clock, in milliseconds. */
  skipped = 0;
  #before = { body: '', until: 0 };
  onChange = () => {};
  awake = () => {};
  /** @type {Promise<unknown>} */
  #ready;

  /**
   * @param {object} options
   * @param {Person} options.user
   * @param {() => Promise<string>} options.identityToken
   * @param {string} [options.mailbox]  the newest requirement set of Mailbox; Exchange on-premises has 1.5
   * @param {string} [options.language]
   * @param {Record<string, string>} [options.sets]  further requirement sets
   * @param {boolean} [options.isShared]  whether the meeting is in somebody else's calendar
   * @param {string} [options.owner]  the owner of that calendar
   * @param {string} [options.platform]  "Android" or "iOS" on a phone
   * @param {boolean} [options.isReading]  an attendee is viewing the meeting
   * @param {boolean} [options.delayed]  calls are not answered until `awake` is called
   */
  constructor({ mailbox = '1.5', language = 'en-US', sets = {}, isShared = false, isReading = false, ...options }) {
    const { owner = 'owner@example.com', ...others } = options;
    this.options = { mailbox, language, sets, isShared, isReading, owner, ...others };
    this.#ready = options.delayed ? new Promise((done) => (this.awake = () => done(undefined))) : Promise.resolve();
    addEventListener('message', (event) => void this.#hear(event));
  }

  /**
   * Show an add-in's pane in a new frame.
   * @param {Element} place
   * @param {string} url
   */
  open(place, url) {
    const { language } = this.options;
    const host = `Outlook$Web$16.01$${language}$corr$$$16`;
    const conversation = `conversation|pane|${location.origin}`;
    const frame = document.createElement('iframe');
    frame.title = 'Add-in';
    // Outlook also passes this information in the frame's name, where displayDialogAsync looks for it.
    frame.name = JSON.stringify({
      baseFrameName: 'pane', hostInfo: host, xdmInfo: conversation, serializerVersion: 1,
    });
    frame.src = `${url}?_host_Info=${host}$#&_serializer_version=1&_xdm_Info=${conversation}`;
    place.replaceChildren(frame);
  }

  /**
   * Change the simulated behaviour from now on.
   * @param {Partial<Quirks>} quirks
   */
  behave(quirks) {
    this.quirks = { ...HONEST, ...quirks };
    this.#before.until = 0;
  }

  #now() {
    return performance.now() + this.skipped;
  }

  /** @param {MessageEvent} event */
  async #hear(event) {
    this.skipped += event.data?.pass ?? 0;
    const question = parsed(event.data);
    if (question?._messageType !== 0) return;
    await this.#ready;
    const data = await this.#answer(question._actionName, question._data);
    if (data === undefined) return;
    const { _actionName, _conversationId, _correlationId } = question;
    const answer = {
      _messageType: 1, _actionName, _conversationId, _correlationId, _origin: location.origin,
      _errorCode: 0, _responseType: 0, _serializerVersion: 1, _data: data,
    };
    event.source?.postMessage(JSON.stringify(answer), { targetOrigin: event.origin });
  }

  /**
   * @param {string} action
   * @param {any} data
   */
  async #answer(action, data) {
    switch (action) {
      case 'ContextActivationManager_getAppContextAsync':
        return appContext(this.options);
      case 'GetInitialData':
        return initialData(this.options, this.meeting);
      case 'ContextActivationManager_notifyHost':
        // Outlook then moves the focus to its own controls.
        if (TAB_EXITS.includes(data[1])) /** @type {HTMLElement} */ (document.activeElement)?.blur();
        return null;
      case 'ExecuteMethod':
        return this.#perform(CALLS[data.MethodData.DispatchId] ?? `call ${data.MethodData.DispatchId}`, data.ApiParams);
      default:
        return null;
    }
  }

  /**
   * @param {string} call
   * @param {any} given
   */
  async #perform(call, given) {
    this.calls.push(call);
    if (this.delay) await new Promise((done) => setTimeout(done, this.delay));
    const fault = this.faults[call];
    if (fault === 'hang') return void this.unanswered.push(() => this.#change(call, given));
    if (fault === 'silent') return success();
    if (fault && fault !== 'append' && (fault.times ??= Infinity) > 0) {
      fault.times -= 1;
      return refusal(fault.code);
    }
    if (call === 'identityToken') return { wasSuccessful: true, token: await this.options.identityToken() };
    return this.#change(call, given);
  }

  /**
   * @param {string} call
   * @param {any} given
   */
  #change(call, given) {
    const { meeting } = this;
    const attendees = given?.recipientField === 1 ? meeting.optional : meeting.required;
    /** @type {Record<string, () => unknown>} */
    const changes = {
      bodyType: () => this.quirks.typeSaid || meeting.format,
      body: () => this.#read(given.coercionType),
      prependBody: () => this.#write(given, (text) => meeting.body.replace(/^(.*<body[^>]*>)?/is, (head) => head + text)),
      setBody: () => this.#write(given, withoutPictures),
      attendees: () => this.#list(attendees).slice(0, MAX_LISTED),
      addAttendees: () => void attendees.push(...given.recipientArray.map(this.quirks.resolve)),
      setAttendees: () => void attendees.splice(0, Infinity, ...given.recipientArray.map(this.quirks.resolve)),
      time: () => meeting.start,
      organizer: () => meeting.organizer,
      itemId: () => meeting.id || notSaved,
      location: () => meeting.location,
      setLocation: () => this.#setLocation(given.location),
      places: () => meeting.places.map((place) => ({ displayName: place.id, locationIdentifier: place })),
      addPlaces: () => given.enhancedLocations.forEach((/** @type {any} */ place) => this.#addPlace(place)),
      removePlaces: () => this.#removePlaces(given.enhancedLocations),
      notify: () => void meeting.notices.push(given),
      saveProperties: () => void (meeting.properties = JSON.stringify(given.customProperties)),
      sharedProperties: () => ({ owner: this.options.owner, delegatePermissions: 15 }),
    };
    if (call === 'loadProperties') return { wasSuccessful: true, customProperties: meeting.properties };
    if (!changes[call]) return refusal(5000);
    const result = changes[call]();
    if (result === refused) return refusal(9002);
    if (result === notSaved) return refusal(NOT_SAVED);
    this.onChange();
    return success(result ?? null);
  }

  /**
   * @param {{data: string, coercionType: number}} given
   * @param {(text: string) => string} place
   */
  #write({ data, coercionType }, place) {
    const { meeting, quirks } = this;
    if (coercionType === HTML && meeting.format === 'text') return refused;
    if (this.#before.until <= this.#now()) this.#before.body = meeting.body;
    this.#before.until = this.#now() + quirks.bodyLate;
    meeting.body = place(coercionType === HTML ? quirks.keep(this.rewrite(data)) : data);
    return null;
  }

  /** @param {number} coercionType */
  #read(coercionType) {
    const { meeting: { format, body: newest }, quirks } = this;
    const body = this.#before.until > this.#now() ? this.#before.body : newest;
    return quirks.give(coercionType === HTML ? body : plainText({ format, body }), format);
  }

  /** @param {Person[]} attendees */
  #list(attendees) {
    const { required, organizer } = this.meeting;
    return attendees === required ? this.quirks.list(required, organizer) : attendees;
  }

  /** @param {{id: string, type: 'custom'|'room'}} place */
  #addPlace({ id, type }) {
    const kept = type === 'custom' ? this.quirks.place(id) : [id];
    this.meeting.places.push(...kept.map((one) => ({ id: one, type })));
  }

  /** @param {string} text */
  #setLocation(text) {
    const { meeting } = this;
    if (this.faults.setLocation !== 'append') meeting.places = [];
    if (text) meeting.places.push({ id: text, type: 'custom' });
  }

  /** @param {{id: string}[]} gone */
  #removePlaces(gone) {
    const ids = gone.map(({ id }) => id);
    this.meeting.places = this.meeting.places.filter(({ id }) => !ids.includes(id));
  }
}

const refused = Symbol('refused');
const notSaved = Symbol('not saved');

/** @param {unknown} [data] */
function success(data = null) {
  return { wasSuccessful: true, error: false, errorCode: 0, data };
}

/** @param {number} errorCode */
function refusal(errorCode) {
  return { wasSuccessful: false, error: true, errorCode };
}

/** @param {unknown} text */
function parsed(text) {
  try {
    return JSON.parse(String(text));
  } catch {
    return null; // a message from somewhere else
  }
}
