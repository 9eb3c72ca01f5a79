// @ts-check
/** Assembles the pane and runs it. */

import { Actions } from './actions.js';
import { Api } from './api.js';
import { debugLog } from './debug.js';
import { Identity } from './identity.js';
import { Outlook, officeReady } from './office.js';
import { picture } from './screens.js';
import { next, start } from './state.js';
import { View } from './view.js';

/** @import {Paths} from './api.js' */
/** @import {IdentityConfig} from './identity.js' */
/** @import {Texts} from './screens.js' */
/** @import {Event, State} from './state.js' */

/**
 * @typedef {object} Config  what the server writes into the page
 * @property {string} version
 * @property {State['modes']} modes
 * @property {Texts} texts
 * @property {IdentityConfig} identity
 * @property {string} room_name
 * @property {string} room_email
 * @property {string[]} room_addresses  addresses under which the mailbox may be listed
 * @property {Paths} api
 * @property {boolean} debug
 * @property {string[]} stylesheets
 */

const HOST_TIMEOUT = 10_000; // milliseconds for Office.js to find its host
const REFRESH = 5 * 60_000; // milliseconds between two requests for a placeholder

/** The pane of one integration. */
class Pane {
  /** @param {Config} config */
  constructor(config) {
    this.config = config;
    this.log = debugLog(document, config.debug);
    this.state = start(config.modes);
    this.view = new View(document, (event) => void this.dispatch(event));
    this.actions = /** @type {Actions|null} */ (null);
  }

  /** Show what is known immediately, and the rest once Outlook is ready. */
  async run() {
    this.log(`Version ${this.config.version}`);
    link(this.config.stylesheets);
    this.view.introduce(this.config.texts);
    this.view.show(picture(this.state, this.config.texts));
    const watchdog = setTimeout(() => void this.dispatch({ type: 'unusable', why: 'stuck' }), HOST_TIMEOUT);
    const { office, host } = await officeReady();
    clearTimeout(watchdog);
    await this.dispatch(await this.#open(office, host));
  }

  /** @param {Event} event */
  async dispatch(event) {
    const { state, effect } = next(this.state, event);
    this.state = state;
    this.view.show(picture(state, this.config.texts));
    if (effect && this.actions) {
      const { turn } = state;
      await this.dispatch({ type: 'finished', turn, ...(await this.actions.run(effect)) });
    }
  }

  /**
   * @param {typeof Office} office
   * @param {Office.HostType|null} host
   * @returns {Promise<Event>}
   */
  async #open(office, host) {
    this.log(`Office.js is ready: ${host ?? 'no host'}`);
    if (host !== office.HostType.Outlook) return { type: 'unusable', why: 'outside' };
    const outlook = new Outlook(office, this.log);
    this.#adopt(office, outlook);
    if (!outlook.isUsable) return { type: 'unusable', why: 'unsuitable' };
    const { api: paths, identity, room_name: name, room_email: address, room_addresses: known, modes } = this.config;
    const api = new Api(paths, this.log);
    api.mailboxes = () => outlook.people();
    const prover = new Identity(identity, outlook, api, this.log);
    const actions = new Actions(outlook.item, api, prover, { name, address, known }, this.log);
    this.actions = actions;
    const found = await actions.look();
    if (modes.single_use) keepPrepared(actions);
    this.log(`Shared calendar: ${(await outlook.isShared()) ?? 'not known'}`);
    return { type: 'opened', ...found };
  }

  /**
   * @param {typeof Office} office
   * @param {Outlook} outlook
   */
  #adopt(office, outlook) {
    const { context } = office;
    this.log(`${context.diagnostics?.platform ?? ''} ${context.diagnostics?.version ?? ''}`);
    this.view.speak(context.displayLanguage);
    const background = outlook.supports('Mailbox', '1.14') ? context.officeTheme?.bodyBackgroundColor : '';
    if (background) this.view.dress(background);
  }
}

/**
 * Load the integration's style sheets, before our own. They are not linked in the page itself, because a style
 * sheet that never loads would block the page.
 * @param {string[]} urls
 */
function link(urls) {
  const own = document.querySelector('link[rel=stylesheet]');
  for (const href of urls) own?.before(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
}

/** @param {Actions} actions */
function keepPrepared(actions) {
  void actions.prepare();
  setInterval(() => document.hidden || void actions.prepare(), REFRESH);
}

void new Pane(JSON.parse(document.getElementById('config')?.textContent ?? '')).run();
