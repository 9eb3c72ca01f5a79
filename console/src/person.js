/** One personal VMR or user: a form to change, create or delete it. */

import { call } from './api.js';
import { html, useRef, useState } from './ui.js';
import { integrationNames } from './integration_choice.js';
import { Conflict } from './conflict.js';
import { Setting } from './fields.js';
import { Asked, Heading, Problem, useAsked } from './parts.js';
import { Owner } from './people.js';
import { OWNER, comparable, mayWrite, pathOf, schemaOf, writable } from './records.js';

/** @typedef {import('./records.js').Kind} Kind */

const BELONGS = 'Belongs to';

/** @param {{ kind: Kind, id: string }} props */
export function Person({ kind, id }) {
  const isNew = id === 'new';
  const asked = useAsked(async () => {
    const [schema, integrations, saved] = await Promise.all([schemaOf(kind), integrationNames(), isNew ? null : call(`${pathOf(kind)}${id}/`)]);
    return { schema, integrations, saved: saved?.data, etag: saved?.etag };
  }, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ found) => html`<${Form} kind=${kind} id=${id} ...${found} />`}
  <//>`;
}

/** @param {{ kind: Kind, id: string, schema: any, integrations: import('./integration_choice.js').Names, saved?: any, etag?: string }} props */
function Form({ kind, id, schema, integrations, saved: first, etag: tag }) {
  const [{ saved, etag }, setBase] = useState({ saved: first, etag: tag }); // the state to which the changes apply
  const isNew = !saved;
  const path = isNew ? pathOf(kind) : `${pathOf(kind)}${id}/`;
  const fields = Object.fromEntries(Object.entries(writable(schema)).map(([name, field]) => [name, chosen(field)]));
  const before = saved ?? Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default ?? null]));
  const [changes, setChanges] = useState(/** @type {Record<string, any>} */ ({}));
  const [state, setState] = useState(/** @type {{ failure?: any, busy?: boolean, told?: string }} */ ({}));
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const readOnly = !mayWrite(schema);
  const values = { ...before, ...changes };
  const change = (/** @type {string} */ name, /** @type {any} */ value) =>
    setChanges((all) => {
      const { [name]: _, ...others } = all;
      return comparable(value) === comparable(before[name]) ? others : { ...others, [name]: value };
    });
  const save = async (/** @type {Record<string, any>} */ changes, /** @type {string | undefined} */ etag) => {
    setState({ busy: true });
    try {
      const now = await call(path, { method: isNew ? 'POST' : 'PATCH', body: sent(changes, fields), etag });
      setChanges({});
      setState({ told: 'Saved.' });
      if (isNew) location.hash = `#/people/${kind.path}/${now.data.id}`;
      else setBase({ saved: now.data, etag: now.etag });
    } catch (failure) {
      setState({ failure });
    }
    place.current?.focus();
  };
  const submit = (/** @type {any} */ event) => {
    event.preventDefault();
    save(changes, etag);
  };
  const merge = (/** @type {any} */ theirs, /** @type {string} */ now, /** @type {Record<string, any>} */ kept) => {
    setBase({ saved: theirs, etag: now });
    setChanges(kept);
    setState({});
    if (Object.keys(kept).length) save(kept, now);
  };
  const remove = async () => {
    if (!confirm(`Delete ${saved[kind.key]}? ${kind.path === 'vmrs' ? 'Its aliases become available again, and invitations that contain them stop working.' : 'The user is signed out.'}`)) return;
    try {
      await call(path, { method: 'DELETE', etag });
      location.hash = `#/people/${kind.path}`;
    } catch (failure) {
      setState({ failure });
    }
  };
  const faults = state.failure?.faults ?? {};
  const owner = { ...schema.fields[OWNER], x: { ...schema.fields[OWNER].x, label: BELONGS } };
  const names = Object.keys(fields);
  const main = kind.main.filter((name) => fields[name]);
  const more = names.filter((name) => !main.includes(name));
  const setting = (/** @type {string} */ name) => html`<${Setting} key=${name} name=${name} field=${fields[name]} fields=${fields} values=${values}
    value=${name === 'aliases' ? (values[name] ?? []).map((/** @type {any} */ each) => each.alias ?? each) : values[name]}
    isNew=${isNew} isSet=${false} readOnly=${readOnly} faults=${faults[name] ?? []} change=${(/** @type {any} */ value) => change(name, value)} />`;
  const dirty = Object.keys(changes).length > 0;
  return html`
    <${Heading} title=${isNew ? `New ${kind.one}` : String(saved[kind.key])}>
      ${!isNew && !readOnly && html`<button type="button" onClick=${remove}>Delete</button>`}
    <//>
    <p><a href="#/people/${kind.path}">All ${kind.title.toLowerCase().replace('vmrs', 'VMRs')}</a></p>
    <form class="settings" onSubmit=${submit} novalidate>
      <div ref=${place} tabindex="-1" aria-live="polite">
        ${state.failure?.status === 412 && html`<${Conflict} key=${etag} path=${path} what=${kind.one} by=${{ target: path }}
            fields=${{ ...fields, [OWNER]: owner }} saved=${saved} changes=${changes} merge=${merge} />`}
        ${state.failure && state.failure.status !== 412 && html`<${Problem} error=${state.failure} />${others(faults, names)}`}
        ${state.told && html`<p class="well">${state.told}</p>`}
      </div>
      <fieldset>
        <legend>${kind.one}</legend>
        ${main.map(setting)}
        <div class="setting">
          <${Owner} label=${BELONGS} id=${OWNER} value=${values[OWNER] ?? ''} integrations=${integrations} disabled=${readOnly} change=${(/** @type {string} */ value) => change(OWNER, value || null)} />
          ${faults[OWNER] && html`<p class="fault">${faults[OWNER].join(' ')}</p>`}
        </div>
      </fieldset>
      <details open=${more.some((name) => name in faults)}><summary>More fields</summary><fieldset><legend>More</legend>${more.map(setting)}</fieldset></details>
      ${!readOnly && html`<div class="bar">
        <button disabled=${!dirty || state.busy}>${state.busy ? 'Saving …' : isNew ? 'Create' : 'Save'}</button>
        <button type="button" disabled=${!dirty || state.busy} onClick=${() => setChanges({})}>Discard changes</button>
        <span role="status">${dirty ? `${Object.keys(changes).length} changed` : ''}</span>
      </div>`}
    </form>
  `;
}

/** @param {any} field a choice may be left empty if the field may be null */
function chosen(field) {
  const choices = field.type !== 'boolean' && field.nullable && field.valid_choices ? ['', ...field.valid_choices] : field.valid_choices;
  return { ...field, valid_choices: field.type === 'boolean' ? undefined : choices };
}

/** @param {Record<string, any>} changes @param {Record<string, any>} fields */
function sent(changes, fields) {
  return Object.fromEntries(
    Object.entries(changes).map(([name, value]) => {
      if (Array.isArray(value)) return [name, value.map((each) => (typeof each === 'string' ? each.trim() : each)).filter(Boolean)];
      return [name, value === '' && fields[name]?.nullable ? null : value];
    }),
  );
}

/** @param {Record<string, string[]>} faults @param {string[]} names the fields that are shown; faults of other fields are listed */
function others(faults, names) {
  const found = Object.entries(faults).filter(([name]) => !names.includes(name) && name !== OWNER);
  return found.length > 0 && html`<ul class="faults">${found.map(([name, messages]) => html`<li>${name}: ${messages.join(' ')}</li>`)}</ul>`;
}
