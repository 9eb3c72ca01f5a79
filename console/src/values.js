/** Shows values of a field side by side: before and after, or theirs and yours. */

import { html } from './ui.js';
import { choice } from './conditions.js';
import { differences } from './diff.js';

/** Text that is longer than this, or has several lines, is shown as a block. */
const LINE_MAX_LENGTH = 120;

/** @param {any} value @param {any} field from a Tastypie schema, if there is one @returns {string} human-readable text */
export function readable(value, field) {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length ? value.map((each) => readable(entry(each), undefined)).join('\n') : '–';
  if (typeof value === 'object') return JSON.stringify(value, null, 1);
  return field?.x?.choices ? choice(field, value) : String(value).replaceAll('\r\n', '\n');
}

/** @param {any} value an element in a list @returns {any} its identifying field, if it is an object */
function entry(value) {
  return value && typeof value === 'object' ? (value.domain ?? value.alias ?? value.name ?? value) : value;
}

/** @param {any} one @param {any} other */
export function isSame(one, other) {
  return readable(one, undefined) === readable(other, undefined) && (one === null) === (other === null);
}

/**
 * One version of a value. With `against`, lines that differ from it are marked.
 * @param {{ label: any, value: any, field?: any, against?: any, absent?: boolean }} props
 */
export function Version({ label, value, field, against, absent }) {
  const text = absent ? '' : readable(value, field);
  const isBlock = text.includes('\n') || text.length > LINE_MAX_LENGTH;
  return html`<div class="version">
    <div class="label">${label}</div>
    ${absent && html`<p class="about">does not exist</p>`}
    ${!absent && !isBlock && html`<p class="value" dir="auto">${text}</p>`}
    ${!absent && isBlock && html`<${Lines} text=${text} against=${against === undefined ? undefined : readable(against, field)} />`}
  </div>`;
}

/** @param {{ text: string, against?: string }} props */
function Lines({ text, against }) {
  const lines = differences(against ?? text, text).filter(({ kind }) => kind !== 'gone');
  return html`<pre class="value" tabindex="0" dir="auto" aria-label="Text">${lines.map(
    ({ kind, line }) => html`<span class=${kind === 'new' ? 'own' : null}>${kind === 'new' && html`<span class="unseen">differs: </span>`}${line}${'\n'}</span>`,
  )}</pre>`;
}
