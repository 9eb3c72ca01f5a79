import assert from 'node:assert/strict';
import { test } from 'node:test';

import { noted, placedBy } from '../../../addin/src/memory.js';

const TAG = 'PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#';
const SEEN = `Jointheroom\n${TAG}`;
const mailbox = { name: 'VMR', address: 'vmr@example.com' };
const placed = {
  block: { html: '', text: '', mark: TAG, mailbox, location: 'VMR' }, format: 'text', part: '', seen: SEEN, invited: true,
  location: 'VMR', locationResult: 'set',
};

test('a note contains what is needed to remove a block', () => {
  const { block, seen, invited, location } = placedBy(noted(placed), mailbox);
  assert.deepEqual([block.mark, seen, invited, location, block.mailbox.address], [TAG, SEEN, true, 'VMR', mailbox.address]);
});

test('a note does not mention a mailbox and location that were there before', () => {
  const { block, invited, location } = placedBy(noted({ ...placed, invited: false, location: '' }), mailbox);
  assert.deepEqual([block.mailbox, invited, location], [undefined, false, '']);
});

test('a note that Outlook would not store is not written', () => {
  assert.equal(noted({ ...placed, seen: 'x'.repeat(2_400) }), '');
});

for (const note of ['', 'null', '[]', '7', '{}', '{', '{"mark":7}', '{"mark":"a","mailbox":{}}', '{"seen":[],"mark":"a"}']) {
  test(`text that is not a note is ignored: ${note}`, () => assert.equal(placedBy(note, mailbox), null));
}

test('a note contains how Outlook listed the mailbox, so that it is recognized later', () => {
  const { block } = placedBy(noted({ ...placed, block: { ...placed.block, mailbox: { ...mailbox, aliases: ['/o=x/cn=vmr'] } } }), mailbox);
  assert.deepEqual(block.mailbox, { ...mailbox, aliases: ['/o=x/cn=vmr'] });
});

test('a note of an earlier version can still be read', () => {
  const { block, part, format } = placedBy(JSON.stringify({ part: 'Join', mark: TAG, mailbox: mailbox.address }), mailbox);
  assert.deepEqual([block.mark, part, format, block.mailbox.address], [TAG, 'Join', 'text', mailbox.address]);
});

test('a note omits the addresses known to the server, which are added when it is read', () => {
  const known = [mailbox.address, ...Array.from({ length: 19 }, (_, at) => `/o=x/cn=${at}`.padEnd(500, 'x'))];
  const note = noted({ ...placed, block: { ...placed.block, mailbox: { ...mailbox, known } } });
  assert.notEqual(note, '');
  assert.ok(!note.includes('/o=x'));
  assert.deepEqual(placedBy(note, { ...mailbox, known }).block.mailbox.known, known);
  assert.equal(placedBy(note, { name: 'VMR', address: 'other@example.com', known: [] }).block.mailbox.known, undefined);
});
