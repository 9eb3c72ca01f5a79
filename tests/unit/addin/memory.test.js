import assert from 'node:assert/strict';
import { test } from 'node:test';

import { noted, placedBy } from '../../../addin/src/memory.js';

const TAG = 'PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#';
const PART = `Join ${TAG}\n\n`;
const mailbox = { name: 'VMR', address: 'vmr@example.com' };
const placed = {
  block: { html: '', text: PART, mark: TAG, mailbox, location: 'VMR' }, format: 'text', part: PART, invited: true,
  location: 'VMR', locationResult: 'set',
};

test('a note tells what is needed to take a block out', () => {
  const { block, part, invited, location } = placedBy(noted(placed));
  assert.deepEqual([block.mark, part, invited, location, block.mailbox.address], [TAG, PART, true, 'VMR', mailbox.address]);
});

test('what was there before is in no note', () => {
  const { block, invited, location } = placedBy(noted({ ...placed, invited: false, location: '' }));
  assert.deepEqual([block.mailbox, invited, location], [undefined, false, '']);
});

test('a note that Outlook would not keep is none', () => {
  assert.equal(noted({ ...placed, part: 'x'.repeat(2_400) }), '');
});

for (const note of ['', 'null', '[]', '7', '{}', '{', '{"mark":7}', '{"mark":"a","mailbox":{}}', '{"seen":[],"mark":"a"}']) {
  test(`no note: ${note}`, () => assert.equal(placedBy(note), null));
}
