/** One setting of an integration, as an admin edits it. Everything about it comes from the API's schema. */

import { html } from './ui.js';
import { choice, holds, words } from './conditions.js';
import { Secret } from './secret.js';

/**
 * @typedef {{ type: string, help_text: string, readonly: boolean, nullable: boolean, default?: any,
 *   valid_choices?: any[], x: { label: string, help: string, required: boolean, secret: boolean, section: string,
 *   condition: any, condition_text: string, manifest: boolean, sign_in: boolean, syntax: string, variables?: string[],
 *   destination?: string, choices?: Record<string, string>, limits: Record<string, any> } }} Field
 */

/** The maximum length, in characters, of a default that the help text shows. */
const SHOWN_DEFAULT_MAX_LENGTH = 80;

/**
 * @param {{ name: string, field: Field, fields: Record<string, Field>, value: any, values: Record<string, any>,
 *   faults: string[], isNew: boolean, isSet: boolean, readOnly: boolean, change: (value: any) => void }} props
 */
export function Setting({ name, field, fields, value, values, faults, isNew, isSet, readOnly, change }) {
  const required = holds(field.x.condition, values);
  const about = `${name}-help${faults.length ? ` ${name}-faults` : ''}`;
  const shared = { id: name, name, 'aria-describedby': about, 'aria-invalid': faults.length > 0 ? 'true' : null, disabled: readOnly };
  const label = html`${field.x.label}<${Marks} field=${field} />${required && html`<span class="required"> required</span>`}`;
  const control = input(field, value, shared, change);
  const classes = ['setting', faults.length ? 'wrong' : '', isWide(field, value) ? 'wide' : ''];
  return html`<div class=${classes.filter(Boolean).join(' ')}>
    ${field.x.secret
      ? html`<${Secret} label=${label} field=${field} value=${value} shared=${shared} isSet=${!isNew && isSet} change=${change} />`
      : field.type === 'boolean'
        ? html`<label class="switch" for=${name}>${control}<span>${label}</span></label>`
        : html`<label for=${name}>${label}</label>${control}`}
    ${faults.length > 0 && html`<p class="fault" id="${name}-faults">${faults.join(' ')}</p>`}
    <p class="help" id="${name}-help">${field.x.help} ${limits(field)}
      ${field.x.condition && !required && html`<span class="when"> Required when ${words(field.x.condition, fields)}.</span>`}
    </p>
  </div>`;
}

/** @param {{ field: Field }} props */
function Marks({ field }) {
  return html`${field.x.manifest && html`<abbr class="mark" title="changing this requires reinstalling the manifest"> *</abbr>`}
  ${field.x.sign_in && html`<abbr class="mark" title="changing this ends the service account’s sign-in"> †</abbr>`}`;
}

/** @param {Field} field @returns a description of the limits and the default */
function limits(field) {
  const { minimum, maximum, maxLength } = field.x.limits ?? {};
  const said = [];
  if (minimum !== undefined && maximum !== undefined) said.push(`${minimum} to ${maximum}.`);
  else if (maxLength && !field.x.variables && field.type === 'string' && !field.valid_choices) said.push(`At most ${maxLength} characters.`);
  const standard = field.valid_choices ? choice(field, field.default) : String(field.default ?? '');
  const isShort = standard && standard.length <= SHOWN_DEFAULT_MAX_LENGTH && field.type !== 'related';
  if (field.type === 'boolean') said.push(`Default: ${field.default ? 'on' : 'off'}.`);
  else if (isShort) said.push(`Default: ${standard.replace(/[.]$/, '')}.`);
  return said.join(' ');
}

/** @param {Field} field @param {any} value @param {any} shared @param {(value: any) => void} change */
function input(field, value, shared, change) {
  const typed = (/** @type {any} */ event) => change(event.target.value);
  if (field.type === 'boolean') {
    return html`<input type="checkbox" ...${shared} checked=${value} onChange=${(/** @type {any} */ e) => change(e.target.checked)} />`;
  }
  if (field.valid_choices) {
    return html`<select ...${shared} value=${value} onChange=${typed}>
      ${field.valid_choices.map((each) => html`<option value=${each} selected=${each === value}>${choice(field, each)}</option>`)}
    </select>`;
  }
  if (field.type === 'integer') {
    const { minimum, maximum } = field.x.limits ?? {};
    return html`<input type="number" ...${shared} min=${minimum} max=${maximum} value=${value} onInput=${(/** @type {any} */ e) => change(e.target.value === '' ? null : Number(e.target.value))} />`;
  }
  if (field.type === 'related') {
    const lines = (value ?? []).map((/** @type {any} */ each) => each.domain ?? each).join('\n');
    return html`<textarea rows="3" spellcheck="false" ...${shared} value=${lines} onInput=${(/** @type {any} */ e) => change(e.target.value.split('\n'))}></textarea>`;
  }
  if (isLong(field, value)) {
    const rows = Math.min(16, Math.max(3, String(value ?? '').split('\n').length + 1));
    return html`<textarea rows=${rows} spellcheck="false" class="code" ...${shared} value=${value ?? ''} onInput=${typed}></textarea>`;
  }
  return html`<input type="text" ...${shared} value=${value ?? ''} onInput=${typed} />`;
}

/** @param {Field} field @param {any} value */
export function isLong(field, value) {
  return Boolean(field.x.variables) || String(value ?? '').includes('\n') || (field.x.limits?.maxLength ?? 0) > 1000;
}

/** @param {Field} field @param {any} value */
function isWide(field, value) {
  return !field.x.secret && (isLong(field, value) || field.type === 'related');
}
