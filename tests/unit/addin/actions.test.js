import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Actions } from '../../../addin/src/actions.js';
import { ApiError } from '../../../addin/src/api.js';
import { NoIdentity, SignInNeeded } from '../../../addin/src/identity.js';
import { OutlookError } from '../../../addin/src/office.js';
import { words } from '../../../addin/src/fixed_words.js';
import { FakeItem, timeout } from './fakes.js';

const TAG = 'PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#';
const PROMISE = `TOK:-${'A'.repeat(64)}#`;
const ROOM = { name: 'VMR', address: 'vmr@example.com' };
const DETAILS = {
  room_name: 'VMR', room_email: ROOM.address, alias_id: TAG, instructions: '', instructions_text: `Join ${TAG}`, location: 'VMR',
};
const VMR = { name: 'Mine', description: '', instructions: '', instructions_text: 'Join my room, 1234', location: 'https://x/' };

let item, api, identity, actions;

beforeEach(() => {
  item = new FakeItem();
  api = {
    keys: [],
    meetingDetails: async (_, key) => (api.keys.push(key), DETAILS),
    personalVmrs: async () => [VMR],
    placeholder: async () => ({ html: '', text: `Later ${PROMISE}` }),
    tagState: async () => ({ state: 'reserved', starts_here: false, alias: '1@example.com' }),
  };
  identity = {
    attempt: { page: '' },
    redeem: async () => {},
    token: async () => 'token',
    session: '',
    signIn: async () => {},
    signOut: async () => {},
    refused: (error) => error,
  };
  actions = new Actions(item, api, identity, ROOM, () => {});
});

const fails = (error) => async () => {
  throw error;
};
const run = async (effect, more) => {
  const { outcome, fault, hint } = await actions.run({ do: effect, ...more });
  return [outcome, fault, hint].filter((part) => part !== undefined);
};

const looked = async (pane) => {
  const { already, removable } = await pane.look();
  return { already, removable };
};

test('a single-use VMR is added', async () => {
  assert.deepEqual(await run('single'), ['added', '']);
  assert.equal(item.body, `Join ${TAG}\n\nAgenda`);
});

for (const tag of [TAG, PROMISE]) {
  test(`a meeting that has ${tag.slice(0, 5)} needs no lookup of its tag`, async () => {
    item.body = `Hello ${tag}`;
    assert.deepEqual(await run('single'), ['already', '']);
    assert.deepEqual([api.keys, item.writes], [[], []]);
    assert.deepEqual(await looked(actions), { already: true, removable: false });
  });
}

test('the idempotency key stays the same while the pane is open', async () => {
  await run('single');
  await run('undo');
  await run('single');
  assert.equal(api.keys.length, 2);
  assert.equal(new Set(api.keys).size, 1);
  assert.match(api.keys[0], /^[0-9a-f-]{36}$/);
});

test('during an outage the promise is inserted and the mailbox is still invited', async () => {
  await actions.prepare();
  api.meetingDetails = fails(new ApiError(503));
  assert.deepEqual(await run('single'), ['promised', '']);
  assert.equal(item.body, `Later ${PROMISE}\n\nAgenda`);
  assert.deepEqual(item.attendees, [ROOM.address]);
  assert.deepEqual(item.places, ['VMR']);
});

test('an outage without a promise is an error, and the meeting stays unchanged', async () => {
  api.meetingDetails = fails(new ApiError(0));
  assert.deepEqual(await run('single'), ['failed', 'single', '']);
  assert.deepEqual(item.writes, []);
});

test('when the server refuses a request, the user sees the reason', async () => {
  await actions.prepare();
  api.meetingDetails = fails(new ApiError(403, { message: 'Not here.', correlation_id: 'c-1' }));
  assert.deepEqual(await run('single'), ['failed', 'single', `Not here. ${words.reference} c-1`]);
  assert.deepEqual(item.writes, []);
});

test('the last placeholder is kept when no new one can be loaded', async () => {
  await actions.prepare();
  api.placeholder = fails(new ApiError(0));
  await actions.prepare();
  assert.match(actions.placeholder.text, /TOK/);
});

test('an interrupted attempt is resumed without requesting another alias', async () => {
  item.faults.prependBody = timeout();
  assert.equal((await run('single'))[0], 'failed');
  item.body = `Join ${TAG}\n\nAgenda`; // the unanswered call took effect
  assert.deepEqual(await run('single'), ['added', '']);
  assert.equal(api.keys.length, 1);
  assert.deepEqual(item.attendees, [ROOM.address]);
});

test('the error message says that the body could not be restored', async () => {
  item.faults.addAttendees = new Error('9002');
  item.faults.replaceBody = new Error('9002');
  assert.deepEqual(await run('single'), ['failed', 'single', words.notRestored]);
});

test("the user's own location is kept, and the pane shows this", async () => {
  item.places = ['Room 1'];
  assert.deepEqual(await run('single'), ['added', words.locationKept]);
});

test('a personal VMR adds its text and location, and invites nobody', async () => {
  assert.equal((await run('list'))[0], 'listed');
  assert.deepEqual(await run('personal', { index: 0 }), ['added', '']);
  assert.equal(item.body, 'Join my room, 1234\n\nAgenda');
  assert.deepEqual([item.attendees, item.places], [[], ['https://x/']]);
});

test('signing out is offered only to a user who has signed in here', async () => {
  assert.equal((await actions.run({ do: 'list' })).signedIn, false);
  identity.session = 'session';
  assert.equal((await actions.run({ do: 'list' })).signedIn, true);
  assert.deepEqual(await run('signOut'), ['signInNeeded']);
  identity.signOut = fails(new ApiError(503));
  assert.deepEqual(await run('signOut'), ['failed', 'signing', '']);
});

for (const body of ['Join my\n room; 1234', TAG]) {
  test(`no personal VMR is offered for a meeting that has one: ${body}`, async () => {
    item.body = body;
    assert.deepEqual(await run('list'), ['already', '']);
  });
}

test('a list that cannot be loaded is an error', async () => {
  api.personalVmrs = fails(new ApiError(500));
  assert.deepEqual(await run('list'), ['failed', 'getting', '']);
});

test('a personal VMR that Outlook does not accept is an error', async () => {
  await run('list');
  Object.assign(item.faults, { prependBody: new Error('9002'), replaceBody: new Error('9002') });
  assert.deepEqual(await run('personal', { index: 0 }), ['failed', 'personal', '']);
});

for (const effect of ['single', 'list']) {
  test(`the user is asked to sign in when there is no identity: ${effect}`, async () => {
    identity.token = fails(new SignInNeeded());
    assert.deepEqual(await run(effect), ['signInNeeded']);
  });

  test(`a refused identity is reported to the identity chain: ${effect}`, async () => {
    api.meetingDetails = api.personalVmrs = fails(new ApiError(401));
    identity.refused = () => new SignInNeeded();
    assert.deepEqual(await run(effect), ['signInNeeded']);
  });
}

test('it is an error if there is neither an identity nor a sign-in', async () => {
  identity.token = fails(new NoIdentity('none'));
  assert.deepEqual(await run('single'), ['failed', 'single', '']);
});

test('the user signs in', async () => {
  assert.deepEqual(await run('signIn'), ['signedIn']);
});

test('a typed code signs the user in, or its refusal is shown and another code can be typed', async () => {
  identity.redeem = async (code) => assert.equal(code, 'K7QX2-M9PAT');
  assert.deepEqual(await run('redeem', { code: 'K7QX2-M9PAT' }), ['signedIn']);
  identity.redeem = fails(new ApiError(401, { message: 'No longer valid.' }));
  identity.attempt.page = 'https://vmr.example.com/sign-in';
  const { outcome, fault, hint, page } = await actions.run({ do: 'redeem', code: 'x' });
  assert.deepEqual([outcome, fault, hint, page], ['failed', 'signing', 'No longer valid.', identity.attempt.page]);
});

test('when the dialog fails, its page can be opened in the browser', async () => {
  identity.signIn = fails(new OutlookError('dialog', 12006, 'x'));
  identity.attempt.page = 'https://vmr.example.com/sign-in';
  assert.equal((await actions.run({ do: 'signIn' })).page, identity.attempt.page);
});

/** Opens another pane on the same meeting. */
const reopened = () => new Actions(item, api, identity, ROOM, () => {});

test('a pane opened later removes what was inserted, and nothing else', async () => {
  item.attendees = ['bob@example.com'];
  await run('single');
  await actions.noting;
  item.body = `Hello!\n${item.body}`;
  actions = reopened();
  assert.deepEqual(await looked(actions), { already: true, removable: true });
  assert.deepEqual(await run('undo'), ['undone', words.removed]);
  assert.deepEqual([item.body, item.attendees, item.places], ['Hello!\nAgenda', ['bob@example.com'], []]);
  await actions.noting;
  assert.equal(item.note, '');
});

test('a pane opened later finds and removes a personal VMR', async () => {
  await run('list');
  await run('personal', { index: 0 });
  await actions.noting;
  actions = reopened();
  const { outcome, removable } = await actions.run({ do: 'list' });
  assert.deepEqual([outcome, removable], ['already', true]);
  await run('undo');
  assert.deepEqual([item.body, item.places], ['Agenda', []]);
});

for (const [why, spoil] of [
  ['the note is lost', () => (item.note = '')],
  ['the note cannot be read', () => (item.faults.recall = new Error('9020'))],
  ['the block was edited', () => (item.body = item.body.replace('Join', 'Dial'))],
  ['the block occurs twice', () => (item.body += item.body)],
  ['the note describes another VMR', () => (item.body = `Join ${TAG.replace('0b1c', 'ffff')}\n\nAgenda`)],
]) {
  test(`a pane opened later offers to remove nothing when ${why}`, async () => {
    await run('single');
    await actions.noting;
    spoil();
    assert.deepEqual(await looked(reopened()), { already: true, removable: false });
  });
}

test('a note that cannot be stored causes no error', async () => {
  item.faults.remember = new Error('9020');
  assert.deepEqual(await run('single'), ['added', '']);
  assert.deepEqual(await run('undo'), ['undone', words.removed]);
});

for (const [code, expected] of [
  [12006, ['signInNeeded']],
  [12009, ['failed', 'signing', words.popupBlocked]],
  [12011, ['failed', 'signing', words.popupBlocked]],
  [12002, ['failed', 'signing', '']],
]) {
  test(`a sign-in dialog ends with ${code}`, async () => {
    identity.signIn = fails(new OutlookError('dialog', code, 'x'));
    assert.deepEqual(await run('signIn'), expected);
  });
}

test('a failed undo is an error', async () => {
  await run('single');
  item.faults.replaceBody = new Error('9002');
  assert.deepEqual(await run('undo'), ['failed', 'undo', '']);
});

const FOREIGN = { state: 'scheduled', starts_here: false, alias: '1@example.com' };

for (const [name, state, facts, owner] of [
  ['no meeting with it has been sent', { ...FOREIGN, state: 'reserved' }, {}, 'ours'],
  ['it is booked, and this meeting was never sent', { ...FOREIGN, starts_here: true }, { isNew: true }, 'foreign'],
  ['it is booked for this time', { ...FOREIGN, starts_here: true }, { isNew: false }, 'ours'],
  ['it is booked for another time', FOREIGN, { isNew: false }, 'unsure'],
  ['it is booked for another time, and Outlook does not show whether this meeting was sent', FOREIGN, { isNew: null }, 'unsure'],
  ['its room is closed, and this meeting was never sent', { ...FOREIGN, state: 'closed' }, { isNew: true }, 'foreign'],
  ['it is unknown to the server', { ...FOREIGN, state: 'unknown' }, { isNew: false }, 'foreign'],
  ['the meeting is an occurrence of the series', FOREIGN, { isNew: false, isOccurrence: true }, 'ours'],
]) {
  test(`the owner of the tag when ${name}`, async () => {
    item.body = `Join ${TAG}`;
    item.isNew = async () => facts.isNew;
    item.isOccurrence = facts.isOccurrence ?? false;
    api.tagState = async (token, tag, start) => {
      assert.deepEqual([token, tag, start], ['token', TAG.slice(0, -1), '2026-12-01T10:00:00.000Z']);
      return state;
    };
    assert.equal((await actions.look()).owner, owner);
  });
}

test('the pane shows the VMR for one date of a series, and can add a separate VMR for that date', async () => {
  Object.assign(item, { body: `Join ${TAG.replace('0b1c', 'ffff')}`, attendees: [ROOM.address], isOccurrence: true });
  const series = { state: 'scheduled', starts_here: true, alias: '77@example.com', one_date: false };
  api.tagState = async () => series;
  assert.match((await actions.look()).hint, /with the series' VMR, 77@example.com\./);
  api.tagState = async () => ({ ...series, one_date: true });
  assert.match((await actions.look()).hint, /with its own VMR, 77@example.com\./);
  assert.deepEqual(await run('replace'), ['added', words.onlyThisDate]);
  assert.equal(item.body, `Join ${TAG}\n\n`);
});

test('a tag whose state cannot be looked up counts as this meeting\'s own', async () => {
  item.body = `Join ${TAG}`;
  api.tagState = fails(new ApiError(503));
  assert.equal((await actions.look()).owner, 'ours');
});

test('the pane opens even if the state of a tag is slow to load', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  item.body = `Join ${TAG}`;
  const isAsked = new Promise((asked) => {
    api.tagState = () => (asked(), new Promise(() => {}));
  });
  const looking = actions.look();
  await isAsked;
  context.mock.timers.tick(5_000);
  assert.equal((await looking).owner, 'ours');
});

test("replacing a copied meeting's VMR replaces the instructions, and Remove removes everything", async () => {
  const old = TAG.replace('0b1c', 'ffff');
  Object.assign(item, { body: `Join 99 ${old}\n\nAgenda`, attendees: [ROOM.address], places: ['VMR'] });
  Object.assign(api, { meetingDetails: async () => ({ ...DETAILS, numeric_alias: '77', instructions_text: `Join 77 ${TAG}` }) });
  assert.deepEqual(await run('replace'), ['added', '']);
  assert.equal(item.body, `Join 77 ${TAG}\n\nAgenda`);
  assert.deepEqual(item.attendees, [ROOM.address]);
  await run('undo');
  assert.deepEqual([item.body, item.attendees], ['Agenda', []]);
});

test('old instructions that have been edited are kept, and the pane says so', async () => {
  const old = TAG.replace('0b1c', 'ffff');
  item.body = `Dial ${old}\n\nAgenda`;
  assert.deepEqual(await run('replace'), ['added', words.formerStays]);
  assert.equal(item.body, `Join ${TAG}\n\nDial ${old}\n\nAgenda`);
});

test('a scheduled meeting counts as sent to the mailbox even if the attendee list lacks it', async () => {
  Object.assign(item, { body: `Join ${TAG}`, attendees: ['bob@example.com'], isNew: async () => false });
  api.tagState = async () => ({ state: 'scheduled', starts_here: true, alias: '1@example.com', one_date: false });
  assert.deepEqual((({ owner, incomplete }) => [owner, incomplete])(await actions.look()), ['ours', false]);
});

test('a meeting with a tag but without the mailbox is completed', async () => {
  Object.assign(item, { body: `Join ${TAG}`, attendees: ['bob@example.com'] });
  assert.equal((await actions.look()).incomplete, true);
  assert.deepEqual(await run('complete'), ['added', '']);
  assert.deepEqual(item.attendees, ['bob@example.com', ROOM.address]);
  assert.equal(item.body, `Join ${TAG}`);
});

for (const [name, attendees] of [
  ['more attendees than Outlook lists', Array.from({ length: 500 }, (_, at) => `p${at}@example.com`)],
  ['attendees without addresses', ['/o=x/cn=someone']],
]) {
  test(`an incomplete attendee list does not prove that the mailbox is missing: ${name}`, async () => {
    Object.assign(item, { body: `Join ${TAG}`, attendees });
    assert.equal((await actions.look()).incomplete, false);
  });
}

test('attendees who could not be added back are named, and everything else is removed', async () => {
  await run('single');
  item.attendees.push(...Array.from({ length: 150 }, (_, at) => `p${at}@example.com`));
  item.faults.addAttendees = new Error('9002');
  const [outcome, fault, hint] = await run('undo');
  assert.deepEqual([outcome, fault], ['failed', 'undo']);
  assert.match(hint, /p100@example\.com; .*p149@example\.com$/);
  assert.equal(item.attendees.length, 100);
  assert.equal(item.body, 'Agenda');
});

test('adding attendees is retried after a failure, and no attendee is added twice', async () => {
  await run('single');
  item.attendees.push(...Array.from({ length: 150 }, (_, at) => `p${at}@example.com`));
  let calls = 0;
  item.faults.addAttendees = () => {
    calls += 1;
    if (calls === 1) throw new Error('9002');
    item.attendees.push(...Array.from({ length: 50 }, (_, at) => `p${100 + at}@example.com`));
  };
  assert.equal((await run('undo'))[0], 'undone');
  assert.deepEqual([calls, new Set(item.attendees).size, item.attendees.length], [2, 150, 150]);
});

test('if the body cannot be changed, the mailbox is invited again because the tag is still there', async () => {
  await run('single');
  item.faults.replaceBody = new Error('9002');
  assert.equal((await run('undo'))[0], 'failed');
  assert.deepEqual(item.attendees, [ROOM.address]);
});
