// @ts-check
/** Turns the back end's responses into blocks to insert into a meeting. Pure. */

import { asKnown } from './attendees.js';
import { piecesOf } from './html.js';
import { ANYTHING, findTag, pieces } from './text.js';

/** @import {MeetingDetails, PersonalVmr} from './api.js' */
/** @import {Block, Mailbox, Placed} from './insert.js' */

/**
 * The block for an alias.
 * @param {MeetingDetails} details
 * @param {Mailbox} room  what the pane knows about the mailbox
 * @returns {Block & {mailbox: Mailbox}}
 */
export function allocated(details, room) {
  return {
    html: details.instructions,
    text: details.instructions_text,
    mark: details.alias_id,
    mailbox: asKnown({ name: details.room_name, address: details.room_email }, room),
    location: details.location,
  };
}

/**
 * The block that is used until an alias is available (X4).
 * @param {{html: string, text: string}} placeholder
 * @param {Mailbox} room
 * @returns {Block}
 */
export function promised({ html, text }, room) {
  return { html, text, mark: findTag(text), mailbox: room, location: room.name };
}

/**
 * A personal VMR's block. It has no tag, so it is identified by its text, split into pieces because clients turn list
 * numbers into text (docs/facts/outlook-addin.md). No mailbox is invited (P3).
 * @param {PersonalVmr} vmr
 * @param {'html'|'text'} format  format of the body into which the block will be inserted
 * @returns {Block}
 */
export function personal({ instructions: html, instructions_text: text, location }, format) {
  return { html, text, mark: format === 'html' ? piecesOf(html) : pieces(text.split('\n')), location };
}

/**
 * A block that replaces an earlier one and takes over the known addresses of its mailbox.
 * @param {Block & {mailbox: Mailbox}} block
 * @param {Placed|null} former
 */
export function succeeding(block, former) {
  return { ...block, mailbox: { ...block.mailbox, aliases: former?.block.mailbox?.aliases ?? [] } };
}

/**
 * The block with another of this integration's tags, for removal. Except for the tag and the alias, it has the same
 * text as a new block.
 * @param {MeetingDetails} details
 * @param {string} tag
 * @param {Pick<Placed, 'format'|'seen'>} placed  the new block
 * @returns {Placed}
 */
export function formerly(details, tag, { format, seen }) {
  const names = [details.alias, details.numeric_alias].filter(Boolean);
  const known = seen.replaceAll(details.alias_id, tag);
  const former = names.reduce((text, name) => text.replaceAll(name, ANYTHING), known);
  // A block can only be removed if its beginning and end are known.
  const isBounded = !former.startsWith(ANYTHING) && !former.endsWith(ANYTHING);
  const nothing = { part: '', invited: false, mailboxSeen: true, location: '', locationResult: /** @type {const} */ ('') };
  return { block: { mark: tag }, format, seen: isBounded ? former : '', ...nothing };
}
