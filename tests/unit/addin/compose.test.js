import assert from 'node:assert/strict';
import { test } from 'node:test';

import { content, insertedPart, prepended, withoutLines, withoutPart } from '../../../addin/src/compose.js';

const block = { html: '<p>Join</p>', text: 'Join' };

test('inserted HTML is wrapped in one element and separated by an empty line', () => {
  assert.equal(content(block, 'html'), '<div><p>Join</p><div><br></div></div>');
  assert.equal(content(block, 'text'), 'Join\n\n');
});

const BODIES = {
  'a fragment': ['<p>x</p>', 'NEW<p>x</p>'],
  'a document': ['<html><body><p>x</p></body></html>', '<html><body>NEW<p>x</p></body></html>'],
  'a body with attributes': ['<BODY title="a>b" dir=ltr>x</BODY>', '<BODY title="a>b" dir=ltr>NEWx</BODY>'],
  'a body that is mentioned': ['<p>&lt;body&gt;</p>', 'NEW<p>&lt;body&gt;</p>'],
  nothing: ['', 'NEW'],
};

for (const [name, [raw, expected]] of Object.entries(BODIES)) {
  test(`a block comes first in ${name}`, () => {
    assert.equal(prepended({ format: 'html', raw, text: '' }, 'NEW'), expected);
  });
}

test('plain text is not searched for markup', () => {
  assert.equal(prepended({ format: 'text', raw: 'about <body> tags', text: '' }, 'NEW'), 'NEWabout <body> tags');
});

test('inserted text can be removed exactly, wherever it was inserted', () => {
  // Every way to split repetitive text whose prefixes and suffixes overlap.
  const texts = ['', 'a', 'aaaa', '<div>a</div>', '<div><div></div></div>', 'abab', '\n\n'];
  for (const before of texts) {
    for (const inserted of texts.filter(Boolean)) {
      for (let at = 0; at <= before.length; at += 1) {
        const after = before.slice(0, at) + inserted + before.slice(at);
        const part = insertedPart(before, after);
        assert.equal(part.length, inserted.length);
        const rest = withoutPart(after, part);
        assert.ok(rest === null || rest === before, `${after} without ${part} became ${rest}`);
      }
    }
  }
});

test('changes in two places are not mistaken for one insertion', () => {
  assert.equal(insertedPart('<p>old</p>', '<div>new</div><p>other</p>'), '');
});

test('a part that occurs twice, or not at all, is not removed', () => {
  assert.equal(withoutPart('xx', 'x'), null);
  assert.equal(withoutPart('abc', 'x'), null);
  assert.equal(withoutPart('abc', ''), null);
  assert.equal(withoutPart('abc', 'b'), 'ac');
});

const SEEN = 'Jointheroom:\nhttps://x/\nPXPS#';
for (const [name, raw, expected] of [
  ['unchanged', 'Join the room:\nhttps://x/\nPXPS#\n\nAgenda', 'Agenda'],
  ['with CR LF', 'Join the room:\r\nhttps://x/\r\nPXPS#\r\n\r\nAgenda\r\n', 'Agenda\r\n'],
  ['with extra empty lines and trailing spaces', 'Join the room: \n\nhttps://x/ \n\n\nPXPS# \n \nAgenda', 'Agenda'],
  ['wrapped', 'Join\n the room:\nhttps://x/\nPXPS#\nAgenda', 'Agenda'],
  ['below text written later', 'Hello!\nJoin the room:\nhttps://x/\nPXPS#\n\nAgenda', 'Hello!\nAgenda'],
  ['at the end', 'Hello!\nJoin the room:\nhttps://x/\nPXPS#', 'Hello!\n'],
  ['with numbered lines', '1. Join the room:\n2. https://x/\n3. PXPS#\n\nAgenda', 'Agenda'],
  ['on a line with other text', 'See Join the room: https://x/ PXPS now', 'See  now'],
  ['edited', 'Join another room:\nhttps://x/\nPXPS#\n\nAgenda', null],
  ['after other words on the line', 'Please join the room:\nhttps://x/\nPXPS#\n\nAgenda', 'Please \n\nAgenda'],
  ['twice', 'Jointheroom https://x/ PXPS Jointheroom https://x/ PXPS', null],
]) {
  test(`removing a block from plain text that is ${name}`, () => assert.equal(withoutLines(raw, SEEN), expected));
}
