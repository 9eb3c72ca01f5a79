// @ts-check
/** One pane's changes to one meeting: what it has inserted, the note about it, and how to remove it. */

import { allocated, formerly, succeeding } from './blocks.js';
import { RewriteNeeded, eraseBody, hasPictures, isSeparable } from './body.js';
import { place, takeBack } from './insert.js';
import { isAt } from './location.js';
import { noted } from './memory.js';
import { placedHint } from './outcomes.js';
import { failureOf } from './waiting.js';
import { holds } from './text.js';
import { words } from './fixed_words.js';

/** @import {MeetingDetails} from './api.js' */
/** @import {Block, Item, Mailbox, Placed} from './insert.js' */
/** @import {Body} from './text.js' */

/** @typedef {{block: Block, outcome: 'added'|'promised'}} Plan */
/** @typedef {{outcome: 'added'|'promised', hint: string}} Done */

/** The part of the pane's work that concerns the meeting. */
export class Placing {
  /**
   * @param {Item} item
   * @param {(line: string) => void} log
   */
  constructor(item, log) {
    this.item = item;
    this.log = log;
    this.unfinished = /** @type {Plan|null} */ (null);
    this.placed = /** @type {Placed|null} */ (null);
    this.noting = Promise.resolve(); // resolves once the note about the VMR is saved
    this.location = ''; // the location that was set here
    this.isMailboxInDoubt = false; // the mailbox was added, but was not listed when it had to be removed
  }

  /**
   * @param {Plan} plan
   * @param {boolean} [mayRewrite]  the user has agreed to rewriting the whole text
   * @returns {Promise<Done>}
   */
  async place(plan, mayRewrite = false) {
    this.unfinished = plan;
    const permissions = { ourLocation: this.location, mayRewrite, isInDoubt: this.isMailboxInDoubt };
    this.placed = await place(this.item, plan.block, permissions);
    this.unfinished = null;
    this.location ||= this.placed.location;
    this.#note(noted(this.placed));
    return { outcome: plan.outcome, hint: placedHint(this.placed, this.item.isOccurrence) };
  }

  /**
   * Give the meeting a room of its own if it contains the instructions for another meeting's room. The new instructions
   * are inserted first. If there are two tags, the server uses the one that is not taken.
   * @param {Body} body  the current body
   * @param {string} tag  the other room's tag
   * @param {MeetingDetails} details  the details of the new room
   * @param {Mailbox} room  the equipment mailbox
   * @param {boolean} mayRewrite
   * @returns {Promise<Done>}
   */
  async replace(body, tag, details, room, mayRewrite) {
    const isAtRoom = await isAt(this.item, details.location);
    const former = this.placed && holds(body, this.placed.block.mark) ? this.placed : null;
    // The mailbox and the location came with the other room's instructions.
    this.isMailboxInDoubt ||= isAtRoom || Boolean(former?.invited);
    const done = await this.place({ block: succeeding(allocated(details, room), former), outcome: 'added' }, mayRewrite);
    const placed = /** @type {Placed} */ (this.placed);
    const failure = await failureOf(this.#eraseFormer(former ?? formerly(details, tag, placed)));
    this.placed = { ...placed, invited: true, location: isAtRoom ? details.location : placed.location };
    this.#note(noted(this.placed));
    return failure ? { ...done, hint: [done.hint, words.formerStays].filter(Boolean).join(' ') } : done;
  }

  /**
   * Require the user's consent, before any change, if the next step would rewrite text that contains pictures.
   * @param {Body} body
   * @param {boolean} mayRewrite
   * @throws {RewriteNeeded}
   */
  askForPictures(body, mayRewrite) {
    if (hasPictures(body) && !mayRewrite) throw new RewriteNeeded();
  }

  /**
   * Remove what was placed and wait for the note to be deleted.
   * @param {boolean} [mayRewrite]
   * @returns {Promise<boolean>} false if the mailbox may still be there
   */
  async undo(mayRewrite = false) {
    const isGone = !this.placed || (await takeBack(this.item, this.placed, { mayRewrite }));
    this.isMailboxInDoubt = !isGone;
    this.placed = null;
    this.#note('');
    await this.noting;
    return isGone;
  }

  /** @param {Placed} former */
  async #eraseFormer(former) {
    const body = await this.item.readBody();
    if (!isSeparable(body, former)) throw new Error('The previous instructions cannot be identified.');
    await eraseBody(this.item, former, true);
  }

  /**
   * Save a note. It is only needed to remove the VMR later, so nothing waits for it to be saved.
   * @param {string} text
   */
  #note(text) {
    const write = () => this.item.remember(text);
    this.noting = this.noting.then(write).catch((error) => this.log(`No note: ${error.message}`));
  }
}
