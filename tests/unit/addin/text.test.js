import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findTag, hasTag, holds, letters } from '../../../addin/src/text.js';

const TAG = 'PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#';
const PROMISE = `TOK:-${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(2)}#`;

const html = (text, raw = text) => ({ format: 'html', text, raw });
const plain = (raw) => ({ format: 'text', text: raw, raw });

const SURVIVORS = {
  'unchanged': TAG,
  'in the middle of words': `before${TAG}after`,
  'in capitals': TAG.toUpperCase(),
  'without its closing #': TAG.slice(0, -1),
  'wrapped over lines': TAG.replace('4f50', '4f\r\n  50'),
  'with non-breaking spaces': TAG.replaceAll('-', '-\u00a0'),
  'with zero-width characters': TAG.replaceAll('-', '\u200b-\u00ad'),
  'with typographic dashes': TAG.replaceAll('-', '\u2013'),
  'in full-width letters': TAG.replace('PXPS:', '\uff30\uff38\uff30\uff33\uff1a'),
  'percent-encoded': encodeURIComponent(TAG),
  'percent-encoded twice': encodeURIComponent(encodeURIComponent(TAG)),
  'a promise': PROMISE,
  'a promise in small letters': PROMISE.toLowerCase(),
};

for (const [name, text] of Object.entries(SURVIVORS)) {
  test(`a tag is found: ${name}`, () => {
    assert.ok(hasTag(plain(text)));
    assert.ok(hasTag(html(text)));
  });
}

test('a tag is found in a rewritten link, where it is invisible to readers', () => {
  assert.ok(hasTag(html('Join', `<a href="https://safelinks.example/?url=${encodeURIComponent(TAG)}">Join</a>`)));
});

for (const text of ['', 'PXPS:-', 'PXPS:-0b1c2d3e', 'TOK:-ABC#', 'tok: tick', '100 % sure, 50 %off', '%zz']) {
  test(`no tag is found in ${JSON.stringify(text)}`, () => {
    assert.equal(hasTag(plain(text)), false);
    assert.equal(findTag(text), '');
  });
}

test('promised tags from this version and from an older one are found in full', () => {
  for (const length of [64, 88]) {
    const promise = `TOK:-${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(3).slice(0, length)}`;
    assert.equal(findTag(`Later ${promise}# and more`), promise);
  }
});

test('the first tag is returned without its closing #', () => {
  assert.equal(findTag(`Instructions will follow. ${PROMISE}`), PROMISE.slice(0, -1));
});

test('a block is found in a body however it was restyled', () => {
  const mark = 'Join my room: https://vmr.example.com/?conference=alice — PIN 1234';
  const restyled = 'join  my room\u00a0:\nhttps://vmr.example.com/ ?conference=alice - PIN\u20091234';
  assert.ok(holds(plain(`Agenda ${restyled} Bye`), mark));
  assert.equal(holds(plain(restyled.replace('1234', '9999')), mark), false);
});

test('a block without text is not found in any body', () => {
  assert.equal(holds(plain('anything'), ' — '), false);
});

test('letters of every script are compared', () => {
  assert.equal(letters('Größe: ＡＢ 会議室, مرحبا!'), 'größeab会議室مرحبا');
});
