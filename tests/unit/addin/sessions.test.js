import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Sessions } from '../../../addin/src/sessions.js';

const place = (storage) => Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true });
afterEach(() => delete globalThis.localStorage);

/** An in-memory Storage. */
const memory = () => {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
};

test('a session is available to its owner alone, until it is forgotten', () => {
  place(memory());
  const alice = new Sessions('alice', assert.fail);
  assert.equal(alice.load(), '');
  alice.save('token');
  assert.equal(new Sessions('alice', assert.fail).load(), 'token');
  assert.equal(new Sessions('bob', assert.fail).load(), '');
  alice.save('');
  assert.equal(alice.load(), '');
});

test('a browser without storage causes no error', () => {
  Object.defineProperty(globalThis, 'localStorage', {
    get: () => {
      throw new Error('denied');
    },
    configurable: true,
  });
  const lines = [];
  const sessions = new Sessions('alice', (line) => lines.push(line));
  sessions.save('token');
  assert.equal(sessions.load(), '');
  assert.match(lines.join(), /not kept: denied/);
});
