// @ts-check
/** The pane's actions. Each one ends in exactly one event for the state machine and never throws. */

import { ApiError } from './api.js';
import { allocated, personal, promised } from './blocks.js';
import { RewriteNeeded } from './body.js';
import { NOTHING, find } from './finding.js';
import { SignInNeeded } from './identity.js';
import { OutlookError } from './office.js';
import { hintOf } from './outcomes.js';
import { inTime } from './waiting.js';
import { Placing } from './placing.js';
import { hasTag, holds, tagOf } from './text.js';
import { words } from './fixed_words.js';

/** @import {Api, PersonalVmr} from './api.js' */
/** @import {Finding} from './finding.js' */
/** @import {Identity} from './identity.js' */
/** @import {Item, Mailbox} from './insert.js' */
/** @import {Plan} from './placing.js' */
/** @import {Effect, Fault, Finished} from './state.js' */
/** @import {Body} from './text.js' */

/** @type {Record<Effect['do'], Fault>} */
const FAULTS = {
  single: 'single', complete: 'single', replace: 'single', list: 'getting', personal: 'personal', undo: 'undo',
  signIn: 'signing', redeem: 'signing', signOut: 'signing',
};
const TAG_STATE_TIMEOUT = 5_000; // milliseconds; the pane must not take long to open
const CLOSED_BY_USER = 12006; // Office.js's code for a dialog that the user has closed

/** One pane's actions on one meeting. */
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
    /** The same key, and therefore the same alias, is used for repeated clicks as long as the pane is open. */
    this.key = crypto.randomUUID();
    this.vmrs = /** @type {PersonalVmr[]} */ ([]);
    this.placeholder = /** @type {{html: string, text: string}|null} */ (null);
    this.placing = new Placing(item, log);
  }

  /** A promise that resolves once the note has been saved with the meeting. */
  get noting() {
    return this.placing.noting;
  }

  /**
   * Whether the meeting already has its VMR when the pane opens. Errors are ignored, because a click repeats the check
   * and reports them.
   * @returns {Promise<Finding>}
   */
  async look() {
    const body = await this.item.readBody().catch(() => null);
    return body && hasTag(body) ? this.#find(body) : NOTHING;
  }

  /** Fetch a placeholder while the back end is available, for use when it is not (X4). */
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
      return outcome(effect, error, this.identity.attempt.page, this.#mailboxName);
    }
  }

  /**
   * @param {Effect} effect
   * @returns {Promise<Finished>}
   */
  #perform(effect) {
    switch (effect.do) {
      case 'single':
        return this.#addSingleUse(effect.rewrite);
      case 'complete':
        return this.#complete();
      case 'replace':
        return this.#replace(effect.rewrite);
      case 'list':
        return this.#list();
      case 'personal':
        return this.#addPersonal(this.vmrs[effect.index], effect.rewrite);
      case 'signIn':
        return this.#signedIn(this.identity.signIn());
      case 'redeem':
        return this.#signedIn(this.identity.redeem(effect.code));
      case 'signOut':
        return this.#signOut();
      case 'undo':
        return this.#undo(effect.rewrite);
    }
  }

  /**
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #addSingleUse(mayRewrite) {
    const body = await this.item.readBody();
    const { unfinished } = this.placing;
    if (unfinished && holds(body, unfinished.block.mark)) return this.placing.place(unfinished, mayRewrite);
    if (hasTag(body)) return this.#already(body);
    return this.placing.place(await this.#singleUse(), mayRewrite);
  }

  /** @returns {Promise<Plan>} */
  async #singleUse() {
    try {
      return { block: allocated(await this.#details(), this.room), outcome: 'added' };
    } catch (error) {
      const isOutage = error instanceof ApiError && error.isOutage;
      if (!isOutage || !this.placeholder) throw error;
      return { block: promised(this.placeholder, this.room), outcome: 'promised' };
    }
  }

  /** Add only the mailbox. The meeting has everything else. @returns {Promise<Finished>} */
  async #complete() {
    const mark = tagOf(await this.item.readBody());
    if (!mark) return this.#addSingleUse();
    const block = { html: '', text: '', mark, mailbox: this.room, location: this.room.name };
    return this.placing.place({ block, outcome: 'added' });
  }

  /**
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #replace(mayRewrite = false) {
    const body = await this.item.readBody();
    const tag = tagOf(body);
    if (!tag) return this.#addSingleUse(mayRewrite);
    this.placing.askForPictures(body, mayRewrite);
    return this.placing.replace(body, tag, await this.#details(), this.room, mayRewrite);
  }

  /** @returns {Promise<Finished>} */
  async #list() {
    this.vmrs = await this.#asUser((token) => this.api.personalVmrs(token));
    const body = await this.item.readBody();
    const isThere = hasTag(body) || this.vmrs.some((vmr) => holds(body, personal(vmr, body.format).mark));
    if (isThere && !this.placing.unfinished) return this.#already(body);
    return { outcome: 'listed', vmrs: this.vmrs, signedIn: this.identity.session !== '' };
  }

  /**
   * @param {PersonalVmr} vmr
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #addPersonal(vmr, mayRewrite) {
    const body = await this.item.readBody();
    const block = personal(vmr, body.format);
    if (hasTag(body) && !holds(body, block.mark)) return this.#already(body);
    return this.placing.place({ block, outcome: 'added' }, mayRewrite);
  }

  /**
   * @param {Promise<void>} work
   * @returns {Promise<Finished>}
   */
  async #signedIn(work) {
    await work;
    return { outcome: 'signedIn' };
  }

  /** @returns {Promise<Finished>} */
  async #signOut() {
    await this.identity.signOut();
    return { outcome: 'signInNeeded' };
  }

  /**
   * @param {Body} body
   * @returns {Promise<Finished>}
   */
  async #already(body) {
    return { outcome: 'already', ...(await this.#find(body)) };
  }

  /** @param {Body} body */
  async #find(body) {
    const { finding, placed } = await find(this.item, body, this.room, (tag) => this.#tagState(tag));
    this.placing.placed = placed;
    return finding;
  }

  /** @param {string} tag */
  async #tagState(tag) {
    const ask = async () => this.api.tagState(await this.identity.token(false), tag, await this.item.start());
    try {
      return await inTime(ask(), TAG_STATE_TIMEOUT);
    } catch (error) {
      this.log(`The owner of the tag is unknown: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  }

  /**
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #undo(mayRewrite) {
    const isGone = await this.placing.undo(mayRewrite);
    return { outcome: 'undone', hint: isGone ? words.removed : words.mailboxStays(this.#mailboxName) };
  }

  get #mailboxName() {
    return this.room.name || this.room.address;
  }

  #details() {
    return this.#asUser((token) => this.api.meetingDetails(token, this.key));
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
 * @param {string} page  the page of a sign-in in progress
 * @param {string} mailbox  the mailbox's name
 * @returns {Finished}
 */
function outcome(effect, error, page, mailbox) {
  const isDismissed = error instanceof OutlookError && error.code === CLOSED_BY_USER;
  if (error instanceof SignInNeeded || isDismissed) return { outcome: 'signInNeeded', page };
  if (error instanceof RewriteNeeded) return { outcome: 'rewrite', effect };
  return { outcome: 'failed', fault: FAULTS[effect.do], hint: hintOf(error, mailbox), page };
}
