import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Outlook } from '../../../addin/src/office.js';

globalThis.Office = { AsyncResultStatus: { Succeeded: 'succeeded' } };

const answers = (value) => (done) => done({ status: 'succeeded', value });
const fails = (done) => done({ status: 'failed', error: { name: 'E', code: 9, message: 'no' } });

/** An Outlook in which Alice has opened the pane for an item. */
function outlook(item, supported = () => true) {
  const office = {
    context: { mailbox: { item, userProfile: { emailAddress: 'alice@example.com' } }, requirements: { isSetSupported: supported } },
  };
  return new Outlook(office, () => {});
}

test('the user, the calendar\'s owner and the organizer are each named once', async () => {
  const item = {
    getSharedPropertiesAsync: answers({ owner: 'boss@example.com' }),
    organizer: { getAsync: answers({ emailAddress: 'boss@example.com' }) },
  };
  assert.deepEqual(await outlook(item).people(), ['alice@example.com', 'boss@example.com']);
});

test('only the user is named if Outlook does not reveal the others', async () => {
  assert.deepEqual(await outlook({}).people(), ['alice@example.com']);
  assert.deepEqual(await outlook({ getSharedPropertiesAsync: fails, organizer: { getAsync: fails } }).people(), ['alice@example.com']);
  assert.deepEqual(await outlook({ organizer: { getAsync: answers({}) } }, () => false).people(), ['alice@example.com']);
});

test('a legacy Exchange DN is no address, and an address cannot break out of its header', async () => {
  for (const emailAddress of ['/O=EXAMPLE/CN=BOSS', 'a@b.example\r\nX: y', 'boß@example.com', 'a,b@example.com']) {
    const item = { organizer: { getAsync: answers({ emailAddress }) } };
    assert.deepEqual(await outlook(item).people(), ['alice@example.com']);
  }
});
