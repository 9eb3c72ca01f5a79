// @ts-check
/** The rooms that are actually on the Management Node. They can differ from the product's records. */

import { button, make, part, replace } from './dom.js';
import { page } from './page.js';
import { said } from './time.js';

/** @import {NodeRoom} from './stack.js' */

/** @param {(alias: string) => unknown} join */
export function showRooms(join) {
  const { node } = page.seen;
  part('node').hidden = !node;
  if (!node) return;
  replace('rooms', node.rooms.map((room) => roomRow(room, join)));
  part('no-rooms').textContent = node.away
    ? 'The Management Node is not responding. Rooms that are due are created when it is back.'
    : 'The node currently has no rooms. A meeting’s room is created shortly before people may join, and deleted afterwards.';
}

/**
 * @param {NodeRoom} room
 * @param {(alias: string) => unknown} join
 */
function roomRow({ name, aliases, since, reached }, join) {
  const title = make('strong', 'title', name);
  title.title = name;
  const chip = make('span', `chip ${reached ? 'accepted' : ''}`, reached ? 'On all nodes' : 'Not on all nodes yet');
  chip.title = reached ? 'People can join.' : 'Conferencing nodes will have the room within a minute.';
  const foot = make('div', 'since', make('small', '', `There since ${said(since, page.seen.now)}`));
  if (aliases.length) foot.append(button('Join', () => join(aliases[0]), `join room ${aliases[0]}`, `Join “${name}” as a participant`));
  return make('li', '', make('div', 'head', title, chip), make('small', 'names', aliases.join(', ')), foot);
}
