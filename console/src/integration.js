/** One integration: all its settings, their errors, and its templates as people will see them. */

import { CONFIGURATION, call } from './api.js';
import { html, useEffect, useRef, useState } from './ui.js';
import { Conflict } from './conflict.js';
import { Connection } from './connection.js';
import { copied } from './copy.js';
import { Deletion } from './deletion.js';
import { Doctor } from './doctor.js';
import { Setting, isLong } from './fields.js';
import { Icon } from './icon.js';
import { Asked, Heading, Problem, useAsked } from './parts.js';
import { Preview } from './preview.js';
import { Contents, SectionOf, mayOnlyRead, sections } from './sections.js';
import { Tabs, signsIn } from './tabs.js';

const PATH = `${CONFIGURATION}ms_exchange_connector/`;

/** @param {{ id: string, from?: string }} props `from`: the integration that the new one is copied from */
export function Integration({ id, from }) {
  const isNew = id === 'new';
  const source = isNew ? from : id;
  const [saved, setSaved] = useState(/** @type {any} */ (null)); // the result of the last save, after which the form is rendered again
  const asked = useAsked(async () => {
    const own = (/** @type {string} */ rest) => (source ? call(`${PATH}${source}/${rest}`) : null);
    const [{ data: schema }, found, secrets] = await Promise.all([call(`${PATH}schema/`), own(''), own('secrets/')]);
    const fields = /** @type {[string, import('./fields.js').Field][]} */ (Object.entries(schema.fields));
    const defaults = Object.fromEntries(fields.filter(([, field]) => !field.x.secret).map(([name, field]) => [name, field.default]));
    const copy = isNew && found ? copied(schema, found.data, secrets?.data ?? {}) : null;
    const values = isNew ? defaults : found?.data;
    return { schema, saved: values, etag: isNew ? '' : (found?.etag ?? ''), secrets: isNew ? {} : (secrets?.data ?? {}), copy };
  }, [id, from]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ found) => html`<${Form} key=${found.etag} id=${id} ...${found} again=${asked.again} said=${saved} say=${setSaved} />`}
  <//>`;
}

/**
 * @param {{ id: string, schema: any, saved: any, etag: string, secrets: Record<string, boolean>,
 *   copy: import('./copy.js').Copy | null, again: () => void, said: any, say: (saved: any) => void }} props
 */
function Form({ id, schema, saved: first, etag: tag, secrets, copy, again, said, say }) {
  const [{ saved, etag }, setBase] = useState({ saved: first, etag: tag }); // the state to which the changes apply
  const isNew = id === 'new';
  const fields = schema.fields;
  const readOnly = mayOnlyRead(schema);
  const all = sections(schema);
  const [changes, setChanges] = useState(/** @type {Record<string, any>} */ (copy?.values ?? {}));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const summary = useRef(/** @type {HTMLElement | null} */ (null));
  const values = { ...saved, ...changes };
  const dirty = Object.keys(changes).length > 0;
  useGuard(dirty);
  const change = (/** @type {string} */ name, /** @type {any} */ value) =>
    setChanges((before) => {
      const { [name]: _, ...others } = before;
      return value === undefined || same(value, saved[name]) ? others : { ...others, [name]: value };
    });
  const save = async (/** @type {Record<string, any>} */ changes, /** @type {any} */ saved, /** @type {string} */ etag) => {
    setFailure(null);
    setBusy(true);
    say(null);
    try {
      const body = sent(changes, saved);
      const { data } = await call(isNew ? PATH : `${PATH}${id}/`, { method: isNew ? 'POST' : 'PATCH', body, etag: isNew ? undefined : etag });
      setChanges({});
      say(data);
      if (isNew) location.hash = `#/integrations/${data.id}`;
      else again();
    } catch (error) {
      setFailure(error);
      requestAnimationFrame(() => summary.current?.focus());
    } finally {
      setBusy(false);
    }
  };
  const merge = (/** @type {any} */ theirs, /** @type {string} */ now, /** @type {Record<string, any>} */ kept) => {
    setBase({ saved: theirs, etag: now });
    setChanges(kept);
    setFailure(null);
    if (Object.keys(kept).length) save(kept, theirs, now);
  };
  const submit = (/** @type {any} */ event) => {
    event.preventDefault();
    save(changes, saved, etag);
  };
  const faults = failure?.faults ?? {};
  const setting = (/** @type {string} */ name, /** @type {import('./fields.js').Field} */ field) => {
    const own = (/** @type {any} */ value) => change(name, value);
    const isTemplate = field.x.variables && isLong(field, values[name]);
    return html`<${Setting} key=${name} name=${name} field=${field} fields=${fields} value=${values[name]} values=${values} isNew=${isNew}
        isSet=${secrets[name] === true} readOnly=${readOnly} faults=${faults[name] ?? []} change=${own} />
      ${isTemplate && !readOnly && html`<${Preview} key="${name}-preview" id=${isNew ? '' : id} template=${name} field=${field} text=${values[name] ?? ''} change=${own} />`}`;
  };
  return html`
    <${Heading} title=${isNew ? 'New integration' : saved.name}>
      ${!isNew && html`<div class="actions">
        <a class="button" href="#/meetings?integration=${id}">Meetings</a>
        <a class="button" href="#/changes/of/${id}">History</a>
        ${!readOnly && html`<a class="button" href="#/integrations/copy/${id}">Duplicate</a>
          <${Deletion} id=${id} name=${saved.name} etag=${etag} />`}
      </div>`}
    <//>
    ${!isNew && html`<${Tabs} id=${id} now="Settings" signsIn=${signsIn(saved)} />`}
    ${!isNew && html`<${Doctor} id=${id} />`}
    ${copy && html`<div class="note" role="note"><p>Created as a copy of ${copy.name}. Not copied: ${[...copy.again.map((name) => fields[name].x.label), 'the icon'].join(', ')}.</p></div>`}
    <div class="beside">
      <${Contents} all=${all} faults=${faults} changes=${changes} />
      <form class="settings" onSubmit=${submit} novalidate>
        <div ref=${summary} tabindex="-1" aria-live="polite">
          ${failure?.status === 412 && html`<${Conflict} key=${etag} path="${PATH}${id}/" what="integration" field="setting" by=${{ exchange_connector: id }} fields=${fields} saved=${saved} changes=${changes} merge=${merge} />`}
          ${failure && failure.status !== 412 && html`<${Summary} failure=${failure} fields=${fields} />`}
          ${said && !failure && html`<${Connection} saved=${said} />`}
        </div>
        <p class="marks">
          ${readOnly ? 'Your account is read-only. ' : ''}* Changing this requires reinstalling the add-in’s
          manifest. † Changing this ends the service account’s sign-in.
        </p>
        ${all.map((each) => html`<${SectionOf} key=${each.name} section=${each} fields=${fields} values=${values} setting=${setting}
            needed=${(/** @type {string} */ name) => name in changes || name in faults || copy?.again.includes(name)} />`)}
        ${!readOnly && html`<div class="bar">
          <button disabled=${!dirty || busy}>${busy ? 'Saving …' : isNew ? 'Create' : 'Save'}</button>
          <button type="button" disabled=${!dirty || busy} onClick=${() => setChanges({})}>Discard changes</button>
          <span role="status">${dirty ? `${Object.keys(changes).length} changed` : ''}</span>
        </div>`}
      </form>
    </div>
    ${!isNew && html`<${Icon} id=${id} uuid=${saved.uuid} readOnly=${readOnly} />`}
  `;
}

/** @param {any} one @param {any} other a text area converts the API's line endings, which does not count as a change */
function same(one, other) {
  return one === other || (typeof one === 'string' && typeof other === 'string' && plain(one) === plain(other));
}

/** @param {string} text */
function plain(text) {
  return text.replaceAll('\r\n', '\n');
}

/** @param {Record<string, any>} changes @param {any} saved @returns {Record<string, any>} the changes, with the API's line endings */
function sent(changes, saved) {
  const one = (/** @type {string} */ name, /** @type {any} */ value) => {
    if (Array.isArray(value)) return value.map((line) => (typeof line === 'string' ? line.trim() : line)).filter(Boolean);
    return typeof value === 'string' && String(saved[name] ?? '').includes('\r\n') ? plain(value).replaceAll('\n', '\r\n') : value;
  };
  return Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, one(name, value)]));
}

/** @param {{ failure: any, fields: any }} props all faults, with links to their fields */
function Summary({ failure, fields }) {
  const label = (/** @type {string} */ name) => fields[name]?.x?.label ?? name;
  const focus = (/** @type {any} */ event, /** @type {string} */ name) => {
    event.preventDefault();
    document.getElementById(name)?.focus();
  };
  const named = Object.entries(failure.faults ?? {});
  return html`<${Problem} error=${failure} />
    ${named.length > 0 && html`<ul class="faults">
      ${named.map(([name, messages]) => html`<li><a href="#${name}" onClick=${(/** @type {any} */ e) => focus(e, name)}>${label(name)}</a>: ${/** @type {any} */ (messages).join(' ')}</li>`)}
    </ul>`}`;
}

/** @param {boolean} dirty if true, the admin is asked before changes are lost */
function useGuard(dirty) {
  useEffect(() => {
    if (!dirty) return undefined;
    const here = location.hash;
    const unload = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
    const leave = (/** @type {Event} */ event) => {
      if (location.hash === here || confirm('Leave and lose your changes?')) return;
      event.stopImmediatePropagation();
      history.replaceState(null, '', here);
    };
    addEventListener('beforeunload', unload);
    addEventListener('hashchange', leave, { capture: true });
    return () => {
      removeEventListener('beforeunload', unload);
      removeEventListener('hashchange', leave, { capture: true });
    };
  }, [dirty]);
}
