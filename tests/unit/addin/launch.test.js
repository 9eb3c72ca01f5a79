import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const SOURCE = readFileSync(new URL('../../../addin/launch.js', import.meta.url), 'utf8');
const OFFER = { message: 'A room for your meeting', action: 'Open' };

/** Runs the script like classic Outlook for Windows: without window, document, modules or `onReady`. */
function run(notify) {
  const associated = {};
  const Office = {
    actions: { associate: (name, handler) => (associated[name] = handler) },
    context: { mailbox: { item: { notificationMessages: { addAsync: notify } } } },
  };
  vm.runInNewContext(`const OFFER = ${JSON.stringify(OFFER)};\n${SOURCE}`, { Office });
  return associated;
}

for (const status of ['succeeded', 'failed']) {
  test(`a new meeting gets the offer, and Outlook is told that the handler is done: ${status}`, () => {
    let completed = 0;
    let shown;
    const { onNewMeeting } = run((key, line, done) => ((shown = { key, ...line }), done({ status })));
    onNewMeeting({ completed: () => (completed += 1) });
    assert.equal(completed, 1);
    const { type, message, icon, actions } = shown;
    assert.deepEqual([type, message, icon], ['insightMessage', OFFER.message, 'icon16']);
    assert.deepEqual({ ...actions[0] }, {
      actionType: 'showTaskPane', actionText: OFFER.action, commandId: 'vmrButton', contextData: '{}',
    });
  });
}
