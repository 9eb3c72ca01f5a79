import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { PlaceError, place, takeBack } from '../../../addin/src/insert.js';
import { FakeItem, timeout } from './fakes.js';

const ROOM = { name: 'VMR', address: 'vmr@example.com' };
const TAG = 'PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#';
const block = { html: `<p>${TAG}</p>`, text: `Join ${TAG}`, mark: TAG, mailbox: ROOM, location: 'VMR' };
const BODY = `Join ${TAG}\n\nAgenda`;

let item;
beforeEach(() => {
  item = new FakeItem();
});

test('the body is written first, then the mailbox, then the location', async () => {
  const placed = await place(item, block);
  assert.deepEqual(item.writes, ['prependBody', 'addAttendees', 'setLocation']);
  assert.equal(item.body, BODY);
  assert.deepEqual(item.attendees, [ROOM.address]);
  assert.deepEqual(item.places, ['VMR']);
  assert.equal(placed.locationResult, 'set');
});

test('existing text, attendees and locations are left unchanged', async () => {
  Object.assign(item, { body: BODY, attendees: ['VMR@Example.com'], places: ['VMR'] });
  const placed = await place(item, block);
  assert.deepEqual(item.writes, []);
  assert.equal(placed.invited, false);
  assert.equal(placed.locationResult, '');
});

test('a prepend that reports success but does nothing is repeated', async () => {
  item.faults.prependBody = () => {};
  await place(item, block);
  assert.equal(item.body, BODY);
});

test('a prepend that reports failure but took effect is not repeated', async () => {
  item.faults.prependBody = () => {
    item.body = BODY;
    throw new Error('9002');
  };
  await place(item, block);
  assert.deepEqual(item.writes, ['prependBody', 'addAttendees', 'setLocation']);
});

test('an unanswered prepend is not repeated, because it may still take effect', async () => {
  item.faults.prependBody = timeout();
  await assert.rejects(place(item, block), (error) => error instanceof PlaceError && error.step === 'body');
  assert.deepEqual(item.writes, ['prependBody']);
  assert.deepEqual(item.attendees, []);
});

test('the next attempt finds the text that was prepended late, and continues from there', async () => {
  item.faults.prependBody = timeout();
  await assert.rejects(place(item, block));
  item.body = BODY;
  await place(item, block);
  assert.equal(item.body, BODY);
  assert.deepEqual(item.attendees, [ROOM.address]);
});

test('no attendee is added when the body cannot be changed', async () => {
  Object.assign(item.faults, { prependBody: () => {}, replaceBody: () => {} });
  await assert.rejects(place(item, block), { step: 'body', restored: true });
  assert.equal(item.body, 'Agenda');
  assert.deepEqual(item.attendees, []);
  assert.deepEqual(item.places, []);
});

test('a body that loses its tag is restored', async () => {
  let writes = 0;
  item.faults.prependBody = () => {};
  item.faults.replaceBody = () => {
    writes += 1;
    item.body = writes === 1 ? 'mangled' : 'Agenda';
  };
  await assert.rejects(place(item, block), { step: 'body', restored: true });
  assert.equal(item.body, 'Agenda');
});

test('the body is restored when the mailbox cannot be invited', async () => {
  item.faults.addAttendees = new Error('9002');
  await assert.rejects(place(item, block), { step: 'mailbox', restored: true });
  assert.equal(item.body, 'Agenda');
  assert.deepEqual(item.places, []);
});

test('an attendee whom Outlook reports as added but does not list counts as a failure', async () => {

});

test('the error says so if the body could not be restored either', async () => {
  item.faults.addAttendees = new Error('9002');
  item.faults.replaceBody = new Error('9002');
  await assert.rejects(place(item, block), { step: 'mailbox', restored: false });
  assert.equal(item.body, BODY);
});

test('the pane waits for attendees who are resolved late', async () => {
  let reads = 0;
  item.faults.readAttendees = () => ((reads += 1) > 3 ? [ROOM] : []);
  const placed = await place(item, block);
  assert.equal(placed.invited, true);
});

test('an error reported by a call that took effect is ignored', async () => {
  item.faults.addAttendees = () => {
    item.attendees.push(ROOM.address);
    throw new Error('9002');
  };
  assert.equal((await place(item, block)).invited, true);
});

for (const [name, location, before, ours, expected, result] of [
  ['an empty location is filled in', 'VMR', [], '', ['VMR'], 'set'],
  ["the user's own location is kept", 'VMR', ['Room 1'], '', ['Room 1'], 'kept'],
  ['our earlier location is replaced', 'New', ['VMR'], 'VMR', ['New'], 'set'],
  ['a location that is too long is not truncated', 'x'.repeat(256), [], '', [], 'failed'],
  ['nothing is set when there is no location', '', [], '', [], ''],
]) {
  test(`location: ${name}`, async () => {
    item.places = before;
    const placed = await place(item, { ...block, location }, { ourLocation: ours });
    assert.deepEqual(item.places, expected);
    assert.equal(placed.locationResult, result);
  });
}

test('a location that cannot be set does not make adding the VMR fail', async () => {
  item.faults.setLocation = new Error('9002');
  const placed = await place(item, block);
  assert.equal(placed.locationResult, 'failed');
  assert.deepEqual(item.attendees, [ROOM.address]);
});

test('a block without a mailbox invites nobody', async () => {
  await place(item, { ...block, mailbox: undefined });
  assert.deepEqual(item.attendees, []);
});

test('undo removes the inserted text and nothing else', async () => {
  item.attendees = ['bob@example.com'];
  const placed = await place(item, block);
  item.body = `Hello!\n${item.body}\nSee you`;
  item.attendees.push('carol@example.com');
  await takeBack(item, placed);
  assert.equal(item.body, 'Hello!\nAgenda\nSee you');
  assert.deepEqual(item.attendees, ['bob@example.com', 'carol@example.com']);
  assert.deepEqual(item.places, []);
});

test('undo keeps a mailbox and a location that were there before', async () => {
  Object.assign(item, { attendees: [ROOM.address], places: ['VMR'] });
  await takeBack(item, await place(item, block));
  assert.deepEqual(item.attendees, [ROOM.address]);
  assert.deepEqual(item.places, ['VMR']);
});

test('undo keeps a location that has been changed since', async () => {
  const placed = await place(item, block);
  item.places = ['Room 1'];
  await takeBack(item, placed);
  assert.deepEqual(item.places, ['Room 1']);
});

test('undo succeeds even if the user has already removed some parts', async () => {
  const placed = await place(item, block);
  Object.assign(item, { body: 'Agenda', attendees: [], places: [] });
  await takeBack(item, placed);
  assert.equal(item.body, 'Agenda');
});

test('undo removes the mailbox before the text, and reports a mailbox that Outlook does not remove', async () => {
  const placed = await place(item, block);
  item.faults.setAttendees = () => {};
  await assert.rejects(takeBack(item, placed));
  assert.equal(item.body, BODY);
});

test('undo does not change an edited block in a plain-text body', async () => {
  const placed = await place(item, block);
  item.body = item.body.replace('Join', 'Dial');
  await assert.rejects(takeBack(item, placed));
  assert.match(item.body, /Dial/);
  assert.deepEqual(item.attendees, [ROOM.address], 'a tag without the mailbox is a room that nobody knows of');
});

test('undo reports a location that Outlook does not clear', async () => {
  const placed = await place(item, block);
  item.faults.clearLocation = () => {};
  await assert.rejects(takeBack(item, placed));
  assert.deepEqual([item.body, item.attendees], ['Agenda', []]);
});

for (const listed of ['/o=Org/cn=Recipients/cn=vmr', 'Primary@corp.example.com']) {
  test(`a mailbox listed as ${listed} is recognized: it is not added twice, and can be removed`, async () => {
    const known = [ROOM.address, '/o=org/cn=recipients/cn=vmr', 'primary@corp.example.com'];
    Object.assign(item, { body: BODY, attendees: ['bob@example.com', listed] });
    const placed = await place(item, { ...block, mailbox: { ...ROOM, name: 'Other', known } });
    assert.deepEqual([item.attendees, placed.invited], [['bob@example.com', listed], false]);
    await takeBack(item, { ...placed, invited: true });
    assert.deepEqual(item.attendees, ['bob@example.com']);
  });
}
