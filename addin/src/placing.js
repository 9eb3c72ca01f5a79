// @ts-check
/** One pane's changes to one meeting: what it has inserted, the note about that, and how to remove it. */

import { allocated, formerly, succeeding } from './blocks.js';
import { RewriteNeeded, eraseBody, hasPictures, isSeparable } from './body.js';
import { place, takeBack } from './insert.js';
import { isAt } from './location.js';
import { noted } from './memory.js';
import { placedHint } from './outcomes.js';
import { failureOf } from './patience.js';
import { holds } from './text.js';
import { words } from './fixed_words.js';

/** @import {MeetingDetails} from './api.js' */
/** @import {Block, Item, Mailbox, Placed} from './insert.js' */
/** @import {Body} from './text.js' */

/** @typedef {{block: Block, outcome: 'added'|'promised'}} Plan */
/** @typedef {{outcome: 'added'|'promised', hint: string}} Done */

/** The meeting's side of the pane's work. */
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
    this.noting = Promise.resolve(); // the note about it, on its way
    this.location = ''; // that was set here
    this.isMailboxInDoubt = false; // it was added, but was not listed when it had to be removed
  }

  /**
   * @param {Plan} plan
   * @param {boolean} [mayRewrite]  the user has agreed that the whole text is rewritten
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
   * Give the meeting a room of its own instead of another meeting's, whose instructions it has. The new ones are
   * inserted first: of two tags, the server uses the one that is not taken.
   * @param {Body} body  before
   * @param {string} tag  of the other room
   * @param {MeetingDetails} details  of the new one
   * @param {Mailbox} room  the equipment mailbox
   * @param {boolean} mayRewrite
   * @returns {Promise<Done>}
   */
  async replace(body, tag, details, room, mayRewrite) {
    const isAtRoom = await isAt(this.item, details.location);
    const former = this.placed && holds(body, this.placed.block.mark) ? this.placed : null;
    // The mailbox came with the other room's instructions, as did the location.
    this.isMailboxInDoubt ||= isAtRoom || Boolean(former?.invited);
    const done = await this.place({ block: succeeding(allocated(details, room), former), outcome: 'added' }, mayRewrite);
    const placed = /** @type {Placed} */ (this.placed);
    const failure = await failureOf(this.#eraseFormer(former ?? formerly(details, tag, placed)));
    this.placed = { ...placed, invited: true, location: isAtRoom ? details.location : placed.location };
    this.#note(noted(this.placed));
    return failure ? { ...done, hint: [done.hint, words.formerStays].filter(Boolean).join(' ') } : done;
  }

  /**
   * Ask before anything is changed, if the next step rewrites the whole of a text with pictures.
   * @param {Body} body
   * @param {boolean} mayRewrite
   * @throws {RewriteNeeded}
   */
  askForPictures(body, mayRewrite) {
    if (hasPictures(body) && !mayRewrite) throw new RewriteNeeded();
  }

  /**
   * Remove what was placed, and wait for the note to be deleted.
   * @param {boolean} [mayRewrite]
   * @returns {Promise<boolean>} false when the mailbox may still be there
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
    if (!isSeparable(body, former)) throw new Error('The former instructions cannot be identified.');
    await eraseBody(this.item, former, true);
  }

  /**
   * Only needed for removing the VMR from the meeting later, so nobody has to wait for it.
   * @param {string} text
   */
  #note(text) {
    const write = () => this.item.remember(text);
    this.noting = this.noting.then(write).catch((error) => this.log(`No note: ${error.message}`));
  }
}
