// @ts-check
/** What the pane does for the user. Every action ends in one event for the state machine; none throws. */

import { ApiError } from './api.js';
import { allocated, personal, promised } from './blocks.js';
import { SignInNeeded } from './identity.js';
import { PlaceError, isSeparable, place, takeBack } from './insert.js';
import { noted, placedBy } from './memory.js';
import { OutlookError } from './office.js';
import { hasTag, holds } from './text.js';
import { words } from './words.js';

/** @import {Api, PersonalVmr} from './api.js' */
/** @import {Identity} from './identity.js' */
/** @import {Block, Item, Mailbox, Placed} from './insert.js' */
/** @import {Effect, Fault, Finished} from './state.js' */
/** @import {Body} from './text.js' */

/** @typedef {{block: Block, outcome: 'added'|'promised', hint: string}} Plan */

/** @type {Record<Effect['do'], Fault>} */
const FAULTS = {
  single: 'single', list: 'getting', personal: 'personal', undo: 'undo', signIn: 'signing', redeem: 'signing',
  signOut: 'signing',
};
const CLOSED_BY_USER = 12006; // of the dialog's events
const BLOCKED = [12009, 12011]; // the user, or the browser, did not let the dialog open

/** One pane's work on one meeting. */
export class Actions {
  /**
   * @param {Item} item
   * @param {Api} api
   * @param {Identity} identity
   * @param {Mailbox} room  the equipment mailbox
   * @param {(line: string) => void} log
   */
  constructor(item, api, identity, room, log) {
    this.item = item;
    this.api = api;
    this.identity = identity;
    this.room = room;
    this.log = log;
    /** As long as the pane lives, a click gets the alias that the click before it got. */
    this.key = crypto.randomUUID();
    this.vmrs = /** @type {PersonalVmr[]} */ ([]);
    this.placeholder = /** @type {{html: string, text: string}|null} */ (null);
    this.unfinished = /** @type {Plan|null} */ (null);
    this.placed = /** @type {Placed|null} */ (null);
    this.noting = Promise.resolve(); // the note about it, on its way
    this.location = '';
  }

  /**
   * Whether the meeting has its VMR already, as the pane opens. A click looks again, and tells of a failure.
   * @returns {Promise<{already: boolean, removable: boolean}>}
   */
  async look() {
    const body = await this.item.readBody().catch(() => null);
    if (!body || !hasTag(body)) return { already: false, removable: false };
    return { already: true, removable: (await this.#already(body)).removable };
  }

  /** Get a placeholder while the back end is there, for when it is not (SPEC X4). */
  async prepare() {
    try {
      this.placeholder = await this.api.placeholder(await this.identity.token(false));
    } catch (error) {
      this.log(`No placeholder: ${error instanceof Error ? error.message : error}`);
    }
  }

  /**
   * @param {Effect} effect
   * @returns {Promise<Finished>}
   */
  async run(effect) {
    try {
      return await this.#perform(effect);
    } catch (error) {
      this.log(`Failed: ${effect.do}: ${error instanceof Error ? error.message : error}`);
      return outcome(effect, error, this.identity.attempt.page);
    }
  }

  /**
   * @param {Effect} effect
   * @returns {Promise<Finished>}
   */
  #perform(effect) {
    switch (effect.do) {
      case 'single':
        return this.#addSingleUse();
      case 'list':
        return this.#list();
      case 'personal':
        return this.#addPersonal(this.vmrs[effect.index]);
      case 'signIn':
        return this.#signIn();
      case 'redeem':
        return this.#redeem(effect.code);
      case 'signOut':
        return this.#signOut();
      case 'undo':
        return this.#undo();
    }
  }

  /** @returns {Promise<Finished>} */
  async #addSingleUse() {
    const body = await this.item.readBody();
    if (this.unfinished && holds(body, this.unfinished.block.mark)) return this.#place(this.unfinished);
    if (hasTag(body)) return this.#already(body);
    return this.#place(await this.#singleUse());
  }

  /** @returns {Promise<Plan>} */
  async #singleUse() {
    try {
      const details = await this.#asUser((token) => this.api.meetingDetails(token, this.key));
      return { block: allocated(details), outcome: 'added', hint: '' };
    } catch (error) {
      const isOutage = error instanceof ApiError && error.isOutage;
      if (!isOutage || !this.placeholder) throw error;
      return { block: promised(this.placeholder, this.room), outcome: 'promised', hint: '' };
    }
  }

  /** @returns {Promise<Finished>} */
  async #list() {
    this.vmrs = await this.#asUser((token) => this.api.personalVmrs(token));
    const body = await this.item.readBody();
    const isThere = hasTag(body) || this.vmrs.some((vmr) => holds(body, personal(vmr, body.format).mark));
    if (isThere && !this.unfinished) return this.#already(body);
    return { outcome: 'listed', vmrs: this.vmrs, signedIn: this.identity.session !== '' };
  }

  /**
   * @param {PersonalVmr} vmr
   * @returns {Promise<Finished>}
   */
  async #addPersonal(vmr) {
    const body = await this.item.readBody();
    const block = personal(vmr, body.format);
    if (hasTag(body) && !holds(body, block.mark)) return this.#already(body);
    return this.#place({ block, outcome: 'added', hint: words.personalSuccess });
  }

  /** @returns {Promise<Finished>} */
  async #signIn() {
    await this.identity.signIn();
    return { outcome: 'signedIn' };
  }

  /**
   * @param {string} code
   * @returns {Promise<Finished>}
   */
  async #redeem(code) {
    await this.identity.redeem(code);
    return { outcome: 'signedIn' };
  }

  /** @returns {Promise<Finished>} */
  async #signOut() {
    await this.identity.signOut();
    return { outcome: 'signInNeeded' };
  }

  /**
   * The meeting has a VMR. It can be removed when a note tells what has to go, and the body can do without it.
   * @param {Body} body
   * @returns {Promise<{outcome: 'already', removable: boolean}>}
   */
  async #already(body) {
    const placed = placedBy(await this.item.recall().catch(() => ''));
    const isOurs = placed !== null && holds(body, placed.block.mark) && isSeparable(body, placed);
    this.placed = isOurs ? placed : null;
    return { outcome: 'already', removable: isOurs };
  }

  /**
   * @param {Plan} plan
   * @returns {Promise<Finished>}
   */
  async #place(plan) {
    this.unfinished = plan;
    this.placed = await place(this.item, plan.block, this.location);
    this.unfinished = null;
    this.location ||= this.placed.location;
    this.#note(noted(this.placed));
    const about = { kept: words.locationKept, failed: words.locationFailed, set: '', '': '' };
    const hint = [plan.hint, about[this.placed.locationResult]].filter(Boolean).join(' ');
    return { outcome: plan.outcome, hint };
  }

  /**
   * Nothing depends on it but taking the VMR out of the meeting another day, so nobody need wait for it.
   * @param {string} text
   */
  #note(text) {
    this.noting = this.noting.then(() => this.item.remember(text)).catch((error) => this.log(`No note: ${error.message}`));
  }

  /** @returns {Promise<Finished>} */
  async #undo() {
    if (this.placed) await takeBack(this.item, this.placed);
    this.placed = null;
    this.#note('');
    await this.noting;
    return { outcome: 'undone', hint: words.removed };
  }

  /**
   * @template T
   * @param {(token: string) => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async #asUser(ask) {
    const token = await this.identity.token(true);
    try {
      return await ask(token);
    } catch (error) {
      throw error instanceof ApiError && error.status === 401 ? this.identity.refused(error) : error;
    }
  }
}

/**
 * @param {Effect} effect
 * @param {unknown} error
 * @param {string} page  of a sign-in that has begun
 * @returns {Finished}
 */
function outcome(effect, error, page) {
  const isDismissed = error instanceof OutlookError && error.code === CLOSED_BY_USER;
  if (error instanceof SignInNeeded || isDismissed) return { outcome: 'signInNeeded', page };
  return { outcome: 'failed', fault: FAULTS[effect.do], hint: hint(error), page };
}

/** @param {unknown} error */
function hint(error) {
  if (error instanceof PlaceError && !error.restored) return words.notRestored;
  if (error instanceof OutlookError && BLOCKED.includes(error.code)) return words.popupBlocked;
  if (!(error instanceof ApiError)) return '';
  const reference = error.correlationId ? `${words.reference} ${error.correlationId}` : '';
  return [error.message, reference].filter(Boolean).join(' ');
}
