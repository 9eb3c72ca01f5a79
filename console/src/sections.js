/** The form's sections. Those in use are expanded, and the others are collapsed. */

import { html } from './ui.js';
import { holds, words } from './conditions.js';

/**
 * @typedef {import('./fields.js').Field} Field
 * @typedef {{ name: string, title: string, about: string, condition: any, fields: string[] }} Section
 */

/** Names of the fields that are not shown in a form. */
const LEFT_OUT = new Set(['id', 'uuid', 'resource_uri', 'private_key', 'public_key']);

/** The section for values that the service sets itself. */
const RECORD = 'Record';

/** @param {any} schema @returns {(Section & { settings: [string, Field][] })[]} in the form's order */
export function sections(schema) {
  const all = /** @type {Section[]} */ (schema.x.sections);
  const isReader = mayOnlyRead(schema);
  const shown = (/** @type {string} */ name) => schema.fields[name] && !LEFT_OUT.has(name) && (isReader || !schema.fields[name].readonly);
  return all
    .filter((each) => each.name !== RECORD)
    .map((each) => ({ ...each, settings: each.fields.filter(shown).map((name) => /** @type {[string, Field]} */ ([name, schema.fields[name]])) }))
    .filter((each) => each.settings.length > 0);
}

/** @param {any} schema @returns {boolean} whether the account that requested the schema is read-only */
export function mayOnlyRead(schema) {
  return !schema.allowed_detail_http_methods.includes('patch');
}

/**
 * @param {{ section: Section & { settings: [string, Field][] }, fields: Record<string, Field>, values: Record<string, any>,
 *   needed: (name: string) => boolean, setting: (name: string, field: Field) => any }} props
 *   `needed`: whether a field is shown regardless of the conditions, because it has a fault or was changed
 */
export function SectionOf({ section, fields, values, needed, setting }) {
  const inUse = !section.condition || holds(section.condition, values);
  const isShown = (/** @type {[string, Field]} */ [name, field]) => needed(name) || (inUse && isRelevant(name, field, values));
  const [shown, others] = [section.settings.filter(isShown), section.settings.filter((each) => !isShown(each))];
  return html`<fieldset id=${idOf(section)} class=${inUse ? null : 'unused'}>
    <legend tabindex="-1">${section.title}</legend>
    ${section.about && html`<p class="about">${section.about}</p>`}
    ${!inUse && html`<p class="about">Not in use at present. Used when ${words(section.condition, fields)}.</p>`}
    ${shown.length > 0 && html`<div class="grid">${shown.map(([name, field]) => setting(name, field))}</div>`}
    ${others.length > 0 &&
    html`<details class="others">
      <summary>${others.length} ${others.length === 1 ? 'setting' : 'settings'} not in use with these choices</summary>
      <div class="grid">${others.map(([name, field]) => setting(name, field))}</div>
    </details>`}
  </fieldset>`;
}

/** @param {string} name @param {Field} field @param {Record<string, any>} values */
function isRelevant(name, field, values) {
  if (holds(field.x.condition, values)) return true;
  if (field.x.secret) return false;
  if (!field.x.condition) return true;
  const value = values[name];
  return !(value === null || value === undefined || value === '' || value === field.default || (Array.isArray(value) && !value.length));
}

/** @param {Section} section */
export function idOf(section) {
  return `section-${section.name}`;
}

/** @param {{ all: (Section & { settings: [string, Field][] })[], faults: Record<string, string[]>, changes: Record<string, any> }} props */
export function Contents({ all, faults, changes }) {
  const go = (/** @type {any} */ event, /** @type {Section} */ section) => {
    event.preventDefault();
    const legend = /** @type {HTMLElement | null} */ (document.querySelector(`#${idOf(section)} > legend`));
    legend?.focus();
    legend?.scrollIntoView();
  };
  return html`<nav class="contents" aria-label="Sections">
    <ul>
      ${all.map((each) => {
        const wrong = each.settings.filter(([name]) => faults[name]).length;
        const changed = each.settings.filter(([name]) => name in changes).length;
        return html`<li>
          <a href="#${idOf(each)}" onClick=${(/** @type {any} */ e) => go(e, each)}>${each.title}</a>
          ${wrong > 0 && html`<span class="state bad"> ${wrong} invalid</span>`}
          ${wrong === 0 && changed > 0 && html`<span class="state"> ${changed} changed</span>`}
        </li>`;
      })}
    </ul>
  </nav>`;
}
