// @ts-check
/** What the pane does for the user. Every action ends in one event for the state machine; none throws. */

import { ApiError } from './api.js';
import { allocated, formerly, personal, promised } from './blocks.js';
import { RewriteNeeded, eraseBody, hasPictures, isSeparable } from './body.js';
import { NOTHING, find } from './finding.js';
import { SignInNeeded } from './identity.js';
import { place, takeBack } from './insert.js';
import { noted } from './memory.js';
import { OutlookError } from './office.js';
import { hintOf, placedHint } from './outcomes.js';
import { failureOf } from './patience.js';
import { hasTag, holds, tagOf } from './text.js';
import { words } from './words.js';

/** @import {Api, PersonalVmr} from './api.js' */
/** @import {Finding} from './finding.js' */
/** @import {Identity} from './identity.js' */
/** @import {Block, Item, Mailbox, Placed} from './insert.js' */
/** @import {Effect, Fault, Finished} from './state.js' */
/** @import {Body} from './text.js' */

/** @typedef {{block: Block, outcome: 'added'|'promised', hint: string}} Plan */

/** @type {Record<Effect['do'], Fault>} */
const FAULTS = {
  single: 'single', complete: 'single', replace: 'single', list: 'getting', personal: 'personal', undo: 'undo',
  signIn: 'signing', redeem: 'signing', signOut: 'signing',
};
const CLOSED_BY_USER = 12006; // of the dialog's events

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
    this.isMailboxInDoubt = false; // it was added here, and could not be seen when it was to be removed
  }

  /**
   * Whether the meeting has its VMR already, as the pane opens. A click looks again, and tells of a failure.
   * @returns {Promise<Finding>}
   */
  async look() {
    const body = await this.item.readBody().catch(() => null);
    return body && hasTag(body) ? this.#find(body) : NOTHING;
  }

  /** Get a placeholder while the back end is there, for when it is not (X4). */
  async prepare() {
    try {
      const { placeholder, aliases } = await this.api.ownConfig(await this.identity.token(false));
      this.placeholder = placeholder;
      this.room.aliases = aliases;
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
      return outcome(effect, error, this.identity.attempt.page, this.room.name || this.room.address);
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
    if (this.unfinished && holds(body, this.unfinished.block.mark)) return this.#place(this.unfinished, mayRewrite);
    if (hasTag(body)) return this.#already(body);
    return this.#place(await this.#singleUse(), mayRewrite);
  }

  /** @returns {Promise<Plan>} */
  async #singleUse() {
    try {
      return { block: allocated(await this.#details(), this.room.aliases), outcome: 'added', hint: '' };
    } catch (error) {
      const isOutage = error instanceof ApiError && error.isOutage;
      if (!isOutage || !this.placeholder) throw error;
      return { block: promised(this.placeholder, this.room), outcome: 'promised', hint: '' };
    }
  }

  /** Add the mailbox to a meeting that has all the rest. @returns {Promise<Finished>} */
  async #complete() {
    const mark = tagOf(await this.item.readBody());
    if (!mark) return this.#addSingleUse();
    const block = { html: '', text: '', mark, mailbox: this.room, location: this.room.name };
    return this.#place({ block, outcome: 'added', hint: '' });
  }

  /**
   * Give the meeting a room of its own instead of another meeting's, whose instructions it has. The new ones go in
   * first: of two tags, the server takes the one that is free.
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #replace(mayRewrite = false) {
    const body = await this.item.readBody();
    const tag = tagOf(body);
    if (!tag) return this.#addSingleUse(mayRewrite);
    if (hasPictures(body) && !mayRewrite) throw new RewriteNeeded();
    const details = await this.#details();
    const finished = await this.#place({ block: allocated(details, this.room.aliases), outcome: 'added', hint: '' }, mayRewrite);
    if (this.placed) {
      // The mailbox came with the other room's instructions, and goes with this one's.
      this.placed = { ...this.placed, invited: true };
      this.#note(noted(this.placed));
    }
    const isGone = this.placed && !(await failureOf(this.#eraseFormer(formerly(details, tag, this.placed))));
    return isGone ? finished : { ...finished, hint: [finished.hint, words.formerStays].filter(Boolean).join(' ') };
  }

  /** @param {Placed} former */
  async #eraseFormer(former) {
    if (!isSeparable(await this.item.readBody(), former)) throw new Error('The former instructions cannot be told apart.');
    await eraseBody(this.item, former, true);
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
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #addPersonal(vmr, mayRewrite) {
    const body = await this.item.readBody();
    const block = personal(vmr, body.format);
    if (hasTag(body) && !holds(body, block.mark)) return this.#already(body);
    return this.#place({ block, outcome: 'added', hint: '' }, mayRewrite);
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
    this.placed = placed;
    return finding;
  }

  /** @param {string} tag */
  async #tagState(tag) {
    try {
      return await this.api.tagState(await this.identity.token(false), tag, await this.item.start());
    } catch (error) {
      this.log(`Whose tag it is, is not known: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  }

  /**
   * @param {Plan} plan
   * @param {boolean} [mayRewrite]
   * @returns {Promise<{outcome: 'added'|'promised', hint: string}>}
   */
  async #place(plan, mayRewrite = false) {
    this.unfinished = plan;
    const permissions = { ourLocation: this.location, mayRewrite, isInDoubt: this.isMailboxInDoubt };
    this.placed = await place(this.item, plan.block, permissions);
    this.unfinished = null;
    this.location ||= this.placed.location;
    this.#note(noted(this.placed));
    return { outcome: plan.outcome, hint: placedHint(this.placed, this.item.isOccurrence) };
  }

  /**
   * Nothing depends on it but taking the VMR out of the meeting another day, so nobody need wait for it.
   * @param {string} text
   */
  #note(text) {
    this.noting = this.noting.then(() => this.item.remember(text)).catch((error) => this.log(`No note: ${error.message}`));
  }

  /**
   * @param {boolean} [mayRewrite]
   * @returns {Promise<Finished>}
   */
  async #undo(mayRewrite = false) {
    const isGone = !this.placed || (await takeBack(this.item, this.placed, { mayRewrite }));
    this.isMailboxInDoubt = !isGone;
    this.placed = null;
    this.#note('');
    await this.noting;
    return { outcome: 'undone', hint: isGone ? words.removed : words.mailboxStays(this.room.name || this.room.address) };
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
 * @param {string} page  of a sign-in that has begun
 * @param {string} mailbox  its name
 * @returns {Finished}
 */
function outcome(effect, error, page, mailbox) {
  const isDismissed = error instanceof OutlookError && error.code === CLOSED_BY_USER;
  if (error instanceof SignInNeeded || isDismissed) return { outcome: 'signInNeeded', page };
  if (error instanceof RewriteNeeded) return { outcome: 'rewrite', effect };
  return { outcome: 'failed', fault: FAULTS[effect.do], hint: hintOf(error, mailbox), page };
}
