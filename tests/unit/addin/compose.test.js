import assert from 'node:assert/strict';
import { test } from 'node:test';

import { content, insertedPart, prepended, withoutPart } from '../../../addin/src/compose.js';

const block = { html: '<p>Join</p>', text: 'Join' };

test('HTML is kept together by one element, text apart by an empty line', () => {
  assert.equal(content(block, 'html'), '<div><p>Join</p></div>');
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

test('what was inserted can be taken out again, exactly, wherever it went', () => {
  // A small generator of its own: every cut of texts with much repetition, in which prefixes and suffixes overlap.
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

test('changes in two places are not one part', () => {
  assert.equal(insertedPart('<p>old</p>', '<div>new</div><p>other</p>'), '');
});

test('a part that is there twice, or not at all, is not guessed at', () => {
  assert.equal(withoutPart('xx', 'x'), null);
  assert.equal(withoutPart('abc', 'x'), null);
  assert.equal(withoutPart('abc', ''), null);
  assert.equal(withoutPart('abc', 'b'), 'ac');
});
