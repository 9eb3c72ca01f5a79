import assert from 'node:assert/strict';
import { test } from 'node:test';

import { list } from '../../../addin/src/list.js';

const NAMES = ['Board', 'José', 'Straße', 'Team One', 'Team Two'];
const vmrs = NAMES.map((name, index) => ({ name, description: `Room ${index}` }));

/** What the list shows for five VMRs, two at a time. */
function seen(query, more = {}) {
  const { buttons, entry, hint } = list({ vmrs, shown: 2, query, signedIn: false, ...more }, 2);
  return [buttons.map(({ id }) => id), entry?.kind, hint];
}

for (const [query, expected] of [
  ['', [['vmr:0', 'vmr:1', 'more', 'back'], 'search', '2 of 5 shown.']],
  ['team', [['vmr:3', 'vmr:4', 'back'], 'search', '2 of 2 shown.']],
  ['TWO  team', [['vmr:4', 'back'], 'search', '1 of 1 shown.']],
  ['jose', [['vmr:1', 'back'], 'search', '1 of 1 shown.']],
  ['room 2', [['vmr:2', 'back'], 'search', '1 of 1 shown.']],
  ['.*', [['back'], 'search', 'No VMR has this text in its name or description.']],
]) {
  test(`searching for "${query}"`, () => assert.deepEqual(seen(query), expected));
}

test('a list of one page offers no search', () => {
  const { entry, hint } = list({ vmrs: vmrs.slice(0, 2), shown: 2, query: '', signedIn: true }, 2);
  assert.deepEqual([entry, hint], [null, '']);
});
