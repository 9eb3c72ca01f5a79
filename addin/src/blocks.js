// @ts-check
/** What goes into a meeting, by what the back end says. Pure. */

import { textOf } from './html.js';
import { findTag } from './text.js';

/** @import {MeetingDetails, PersonalVmr} from './api.js' */
/** @import {Block, Mailbox} from './insert.js' */

/**
 * What an alias brings.
 * @param {MeetingDetails} details
 * @returns {Block}
 */
export function allocated(details) {
  return {
    html: details.instructions,
    text: details.instructions_text,
    mark: details.alias_id,
    mailbox: { name: details.room_name, address: details.room_email },
    location: details.location,
  };
}

/**
 * What stands in until there is an alias (SPEC X4).
 * @param {{html: string, text: string}} placeholder
 * @param {Mailbox} room
 * @returns {Block}
 */
export function promised({ html, text }, room) {
  return { html, text, mark: findTag(text), mailbox: room, location: room.name };
}

/**
 * A personal VMR's block bears no tag: all of its text is its mark. Nobody is invited (SPEC P3).
 * @param {PersonalVmr} vmr
 * @param {'html'|'text'} format  of the body that it is for
 * @returns {Block}
 */
export function personal({ instructions: html, instructions_text: text, location }, format) {
  return { html, text, mark: format === 'html' ? textOf(html) : text, location };
}
