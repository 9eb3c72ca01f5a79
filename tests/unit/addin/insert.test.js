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

test('body first, then mailbox, then location', async () => {
  const placed = await place(item, block);
  assert.deepEqual(item.writes, ['prependBody', 'addAttendees', 'setLocation']);
  assert.equal(item.body, BODY);
  assert.deepEqual(item.attendees, [ROOM.address]);
  assert.deepEqual(item.places, ['VMR']);
  assert.equal(placed.locationResult, 'set');
});

test('what is there already is left as it is', async () => {
  Object.assign(item, { body: BODY, attendees: ['VMR@Example.com'], places: ['VMR'] });
  const placed = await place(item, block);
  assert.deepEqual(item.writes, []);
  assert.equal(placed.invited, false);
  assert.equal(placed.locationResult, '');
});

test('a prepend that says yes and does nothing is made good', async () => {
  item.faults.prependBody = () => {};
  await place(item, block);
  assert.equal(item.body, BODY);
});

test('a prepend that fails and did it all the same is not repeated', async () => {
  item.faults.prependBody = () => {
    item.body = BODY;
    throw new Error('9002');
  };
  await place(item, block);
  assert.deepEqual(item.writes, ['prependBody', 'addAttendees', 'setLocation']);
});

test('an unanswered prepend is not written again: it may still come', async () => {
  item.faults.prependBody = timeout();
  await assert.rejects(place(item, block), (error) => error instanceof PlaceError && error.step === 'body');
  assert.deepEqual(item.writes, ['prependBody']);
  assert.deepEqual(item.attendees, []);
});

test('the late prepend is found by the next try, which goes on from there', async () => {
  item.faults.prependBody = timeout();
  await assert.rejects(place(item, block));
  item.body = BODY;
  await place(item, block);
  assert.equal(item.body, BODY);
  assert.deepEqual(item.attendees, [ROOM.address]);
});

test('nobody is invited when the body takes nothing', async () => {
  Object.assign(item.faults, { prependBody: () => {}, replaceBody: () => {} });
  await assert.rejects(place(item, block), { step: 'body', restored: true });
  assert.equal(item.body, 'Agenda');
  assert.deepEqual(item.attendees, []);
  assert.deepEqual(item.places, []);
});

test('a body that comes back without its mark is put back as it was', async () => {
  let writes = 0;
  item.faults.prependBody = () => {};
  item.faults.replaceBody = () => {
    writes += 1;
    item.body = writes === 1 ? 'mangled' : 'Agenda';
  };
  await assert.rejects(place(item, block), { step: 'body', restored: true });
  assert.equal(item.body, 'Agenda');
});

test('a mailbox that cannot be invited takes the body back', async () => {
  item.faults.addAttendees = new Error('9002');
  await assert.rejects(place(item, block), { step: 'mailbox', restored: true });
  assert.equal(item.body, 'Agenda');
  assert.deepEqual(item.places, []);
});

test('an attendee that is said to be added and is not counts as failed', async () => {

});

test('when the body cannot be taken back either, that is said', async () => {
  item.faults.addAttendees = new Error('9002');
  item.faults.replaceBody = new Error('9002');
  await assert.rejects(place(item, block), { step: 'mailbox', restored: false });
  assert.equal(item.body, BODY);
});

test('attendees that are resolved late are waited for', async () => {
  let reads = 0;
  item.faults.readAttendees = () => ((reads += 1) > 3 ? [ROOM] : []);
  const placed = await place(item, block);
  assert.equal(placed.invited, true);
});

test('an error from a call that worked is not an error', async () => {
  item.faults.addAttendees = () => {
    item.attendees.push(ROOM.address);
    throw new Error('9002');
  };
  assert.equal((await place(item, block)).invited, true);
});

for (const [name, location, before, ours, expected, result] of [
  ['an empty one is set', 'VMR', [], '', ['VMR'], 'set'],
  ["somebody's is kept", 'VMR', ['Room 1'], '', ['Room 1'], 'kept'],
  ['one of ours is replaced', 'New', ['VMR'], 'VMR', ['New'], 'set'],
  ['one that is too long is not cut', 'x'.repeat(256), [], '', [], 'failed'],
  ['none is none', '', [], '', [], ''],
]) {
  test(`location: ${name}`, async () => {
    item.places = before;
    const placed = await place(item, { ...block, location }, { ourLocation: ours });
    assert.deepEqual(item.places, expected);
    assert.equal(placed.locationResult, result);
  });
}

test('a location that fails does not fail the meeting', async () => {
  item.faults.setLocation = new Error('9002');
  const placed = await place(item, block);
  assert.equal(placed.locationResult, 'failed');
  assert.deepEqual(item.attendees, [ROOM.address]);
});

test('a block without mailbox invites nobody', async () => {
  await place(item, { ...block, mailbox: undefined });
  assert.deepEqual(item.attendees, []);
});

test('undo removes what was inserted and nothing else', async () => {
  item.attendees = ['bob@example.com'];
  const placed = await place(item, block);
  item.body = `Hello!\n${item.body}\nSee you`;
  item.attendees.push('carol@example.com');
  await takeBack(item, placed);
  assert.equal(item.body, 'Hello!\nAgenda\nSee you');
  assert.deepEqual(item.attendees, ['bob@example.com', 'carol@example.com']);
  assert.deepEqual(item.places, []);
});

test('undo leaves a mailbox and a location that were there before', async () => {
  Object.assign(item, { attendees: [ROOM.address], places: ['VMR'] });
  await takeBack(item, await place(item, block));
  assert.deepEqual(item.attendees, [ROOM.address]);
  assert.deepEqual(item.places, ['VMR']);
});

test('undo leaves a location that was changed since', async () => {
  const placed = await place(item, block);
  item.places = ['Room 1'];
  await takeBack(item, placed);
  assert.deepEqual(item.places, ['Room 1']);
});

test('undo is content with what the user has removed already', async () => {
  const placed = await place(item, block);
  Object.assign(item, { body: 'Agenda', attendees: [], places: [] });
  await takeBack(item, placed);
  assert.equal(item.body, 'Agenda');
});

test('undo takes the mailbox out before the body, and says when Outlook keeps it', async () => {
  const placed = await place(item, block);
  item.faults.setAttendees = () => {};
  await assert.rejects(takeBack(item, placed));
  assert.equal(item.body, BODY);
});

test('undo does not guess in a plain-text body whose block was edited', async () => {
  const placed = await place(item, block);
  item.body = item.body.replace('Join', 'Dial');
  await assert.rejects(takeBack(item, placed));
  assert.match(item.body, /Dial/);
  assert.deepEqual(item.attendees, [ROOM.address], 'a tag without the mailbox is a room that nobody knows of');
});

test('undo says when Outlook keeps the location', async () => {
  const placed = await place(item, block);
  item.faults.clearLocation = () => {};
  await assert.rejects(takeBack(item, placed));
  assert.deepEqual([item.body, item.attendees], ['Agenda', []]);
});

for (const listed of ['/o=Org/cn=Recipients/cn=vmr', 'Primary@corp.example.com']) {
  test(`a mailbox that the server knows as ${listed} is not added twice, and is removed`, async () => {
    const known = [ROOM.address, '/o=org/cn=recipients/cn=vmr', 'primary@corp.example.com'];
    Object.assign(item, { body: BODY, attendees: ['bob@example.com', listed] });
    const placed = await place(item, { ...block, mailbox: { ...ROOM, name: 'Other', known } });
    assert.deepEqual([item.attendees, placed.invited], [['bob@example.com', listed], false]);
    await takeBack(item, { ...placed, invited: true });
    assert.deepEqual(item.attendees, ['bob@example.com']);
  });
}
