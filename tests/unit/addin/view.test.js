import assert from 'node:assert/strict';
import { test } from 'node:test';

import { View } from '../../../addin/src/view.js';

/** A document with only the parts that an empty view needs. */
function page() {
  const element = { addEventListener: () => {} };
  return { documentElement: { dataset: {} }, getElementById: () => element };
}

for (const [background, theme] of [['#292929', 'dark'], ['#0F6CBD', 'dark'], ['#ffffff', 'light'], ['#FAF9F8', 'light']]) {
  test(`a pane on ${background} is ${theme}`, () => {
    const document = page();
    new View(document, () => {}).dress(background);
    assert.equal(document.documentElement.dataset.theme, theme);
  });
}

for (const [language, direction] of [
  ['ar-SA', 'rtl'], ['he-IL', 'rtl'], ['fa', 'rtl'], ['ur-PK', 'rtl'], ['de-DE', 'ltr'], ['arn-CL', 'ltr'], ['pt-BR', 'ltr'],
]) {
  test(`${language} is written ${direction}`, () => {
    const document = page();
    new View(document, () => {}).speak(language);
    assert.deepEqual([document.documentElement.lang, document.documentElement.dir], [language, direction]);
  });
}
