/** One setting of an integration as a person edits it. Everything about it comes from the API's schema. */

import { html } from './ui.js';

/**
 * @typedef {{ type: string, help_text: string, readonly: boolean, nullable: boolean, default?: any,
 *   valid_choices?: string[], x: { label: string, help: string, required: boolean, secret: boolean, section: string,
 *   condition: any, condition_text: string, manifest: boolean, sign_in: boolean, syntax: string, variables?: string[],
 *   limits: Record<string, any> } }} Field
 */

/** Names of the fields that are of no use in a form. */
const LEFT_OUT = new Set(['id', 'uuid', 'resource_uri', 'private_key', 'public_key']);

/** @param {Record<string, Field>} fields @returns {[string, [string, Field][]][]} by section, in the form's order */
export function sections(fields) {
  /** @type {Map<string, [string, Field][]>} */
  const found = new Map();
  for (const [name, field] of Object.entries(fields)) {
    if (field.readonly || LEFT_OUT.has(name) || !field.x?.section) continue;
    found.set(field.x.section, [...(found.get(field.x.section) ?? []), [name, field]]);
  }
  return [...found];
}

/** @param {any} condition as conditions of settings are in the schema @param {Record<string, any>} values */
export function holds(condition, values) {
  if (!condition) return false;
  if (condition.all) return condition.all.every((/** @type {any} */ part) => holds(part, values));
  if (condition.any) return condition.any.some((/** @type {any} */ part) => holds(part, values));
  const value = values[condition.field];
  const isEmpty = value === null || value === undefined || value === '';
  if (condition.operator === 'is set') return !isEmpty;
  if (condition.operator === 'is empty') return isEmpty;
  const matches = condition.values.includes(value);
  return condition.operator === 'is not' ? !matches : matches;
}

/** @param {{ name: string, field: Field, value: any, values: Record<string, any>, faults: string[], isNew: boolean,
 *   change: (value: any) => void }} props */
export function Setting({ name, field, value, values, faults, isNew, change }) {
  const required = holds(field.x.condition, values);
  const marks = `${field.x.manifest ? ' *' : ''}${field.x.sign_in ? ' †' : ''}`;
  const about = `${name}-help${faults.length ? ` ${name}-faults` : ''}`;
  const shared = { id: name, name, 'aria-describedby': about, 'aria-invalid': faults.length > 0 ? 'true' : null };
  return html`<div class=${faults.length ? 'setting wrong' : 'setting'}>
    <label for=${name}>${field.x.label}${marks}${required && html`<span class="required"> required</span>`}</label>
    ${input(field, value, shared, isNew, change)}
    ${faults.length > 0 && html`<p class="fault" id="${name}-faults">${faults.join(' ')}</p>`}
    <p class="help" id="${name}-help">
      ${field.x.help}${field.x.condition_text && !required && html`<span class="when"> Required when ${field.x.condition_text}.</span>`}
    </p>
  </div>`;
}

/** @param {Field} field @param {any} value @param {any} shared @param {boolean} isNew @param {(value: any) => void} change */
function input(field, value, shared, isNew, change) {
  const typed = (/** @type {any} */ event) => change(event.target.value);
  if (field.x.secret) return secret(value, shared, isNew, change);
  if (field.type === 'boolean') {
    return html`<input type="checkbox" ...${shared} checked=${value} onChange=${(/** @type {any} */ e) => change(e.target.checked)} />`;
  }
  if (field.valid_choices) {
    return html`<select ...${shared} value=${value} onChange=${typed}>
      ${field.valid_choices.map((each) => html`<option value=${each} selected=${each === value}>${each}</option>`)}
    </select>`;
  }
  if (field.type === 'integer') {
    return html`<input type="number" ...${shared} value=${value} onInput=${(/** @type {any} */ e) => change(e.target.value === '' ? null : Number(e.target.value))} />`;
  }
  if (field.type === 'related') {
    const lines = (value ?? []).map((/** @type {any} */ each) => each.domain ?? each).join('\n');
    const entries = (/** @type {any} */ e) => change(e.target.value.split('\n').map((/** @type {string} */ line) => line.trim()).filter(Boolean));
    return html`<textarea rows="3" ...${shared} onChange=${entries}>${lines}</textarea>`;
  }
  if (isLong(field, value)) return html`<textarea rows="8" spellcheck="false" class="code" ...${shared} value=${value ?? ''} onInput=${typed}></textarea>`;
  return html`<input type="text" ...${shared} value=${value ?? ''} onInput=${typed} />`;
}

/** @param {Field} field @param {any} value */
export function isLong(field, value) {
  return Boolean(field.x.variables) || String(value ?? '').includes('\n') || (field.x.limits?.maxLength ?? 0) > 1000;
}

/** A secret can be set, replaced or cleared, and is never shown. */
function secret(/** @type {any} */ value, /** @type {any} */ shared, /** @type {boolean} */ isNew, /** @type {(value: any) => void} */ change) {
  const clear = () => change('');
  return html`<div class="secret">
    <input type="password" autocomplete="off" ...${shared} value=${value ?? ''} placeholder=${isNew ? '' : 'unchanged'} onInput=${(/** @type {any} */ e) => change(e.target.value === '' ? undefined : e.target.value)} />
    ${!isNew && html`<button type="button" onClick=${clear}>${value === '' ? 'will be cleared' : 'Clear'}</button>`}
  </div>`;
}
