/** One integration: all its settings, what is wrong with them, its templates as people will see them. */

import { CONFIGURATION, call } from './api.js';
import { html, useEffect, useRef, useState } from './ui.js';
import { Doctor } from './doctor.js';
import { Setting, isLong, sections } from './fields.js';
import { Asked, Heading, Problem, useAsked } from './parts.js';
import { Preview } from './preview.js';

const PATH = `${CONFIGURATION}ms_exchange_connector/`;

/** @param {{ id: string }} props */
export function Integration({ id }) {
  const isNew = id === 'new';
  const [said, setSaid] = useState(''); // of the last save: the form begins again with what was saved
  const asked = useAsked(async () => {
    const [{ data: schema }, saved] = await Promise.all([call(`${PATH}schema/`), isNew ? null : call(`${PATH}${id}/`)]);
    const defaults = Object.fromEntries(Object.entries(schema.fields).map(([name, field]) => [name, /** @type {any} */ (field).default]));
    return { fields: schema.fields, saved: saved?.data ?? defaults, etag: saved?.etag ?? '' };
  }, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ found) => html`<${Form} key=${found.etag} id=${id} ...${found} again=${asked.again} said=${said} say=${setSaid} />`}
  <//>`;
}

/**
 * @param {{ id: string, fields: any, saved: any, etag: string, again: () => void, said: string,
 *   say: (text: string) => void }} props
 */
function Form({ id, fields, saved, etag, again, said, say }) {
  const isNew = id === 'new';
  const [changes, setChanges] = useState(/** @type {Record<string, any>} */ ({}));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const summary = useRef(/** @type {HTMLElement | null} */ (null));
  const values = { ...saved, ...changes };
  const dirty = Object.keys(changes).length > 0;
  useGuard(dirty);
  const change = (/** @type {string} */ name, /** @type {any} */ value) => {
    const { [name]: _, ...others } = changes;
    setChanges(value === undefined || value === saved[name] ? others : { ...others, [name]: value });
  };
  const save = async (/** @type {any} */ event) => {
    event.preventDefault();
    setFailure(null);
    say('');
    try {
      const { data } = await call(isNew ? PATH : `${PATH}${id}/`, { method: isNew ? 'POST' : 'PATCH', body: changes, etag: isNew ? undefined : etag });
      setChanges({});
      say(data.manifest_reinstall_needed ? 'Saved. Now install the add-in’s manifest, and say so by `vmr integrations installed`.' : 'Saved.');
      if (isNew) location.hash = `#/integrations/${data.id}`;
      else again();
    } catch (error) {
      setFailure(error);
      requestAnimationFrame(() => summary.current?.focus());
    }
  };
  const faults = failure?.faults ?? {};
  return html`
    <${Heading} title=${isNew ? 'New integration' : saved.name} />
    ${!isNew && html`<${Doctor} id=${id} />`}
    <form class="settings" onSubmit=${save} novalidate>
      <div ref=${summary} tabindex="-1" aria-live="polite">
        ${failure && html`<${Summary} failure=${failure} fields=${fields} again=${again} />`}
        ${said && !failure && html`<p class="well">${said}</p>`}
      </div>
      <p class="marks">* a change calls for installing the add-in’s manifest again. † a change ends the service account’s sign-in.</p>
      ${sections(fields).map(
        ([title, settings]) => html`<fieldset>
          <legend>${title}</legend>
          ${settings.map(
            ([name, field]) => html`<${Setting} key=${name} name=${name} field=${field} value=${values[name]} values=${values} isNew=${isNew}
                faults=${faults[name] ?? []} change=${(/** @type {any} */ value) => change(name, value)} />
              ${!isNew && field.x.variables && isLong(field, values[name]) && html`<${Preview} id=${id} template=${name} text=${values[name]} variables=${field.x.variables} original=${field.default} change=${(/** @type {string} */ text) => change(name, text)} />`}`,
          )}
        </fieldset>`,
      )}
      <div class="bar">
        <button disabled=${!dirty}>${isNew ? 'Create' : 'Save'}</button>
        <button type="button" disabled=${!dirty} onClick=${() => setChanges({})}>Discard changes</button>
        <span role="status">${dirty ? `${Object.keys(changes).length} changed` : ''}</span>
      </div>
    </form>
  `;
}

/** @param {{ failure: any, fields: any, again: () => void }} props every fault, with a link to its field */
function Summary({ failure, fields, again }) {
  const label = (/** @type {string} */ name) => fields[name]?.x?.label ?? name;
  if (failure.status === 412) {
    const theirs = failure.changed.map(label).join(', ');
    return html`<div class="problem" role="alert">
      <p>Somebody else has changed this integration meanwhile: ${theirs || 'other settings'}. Nothing of yours is lost.</p>
      <button type="button" onClick=${again}>Take over their changes, and discard mine</button>
    </div>`;
  }
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

/** @param {boolean} dirty asks before what was typed is lost */
function useGuard(dirty) {
  useEffect(() => {
    if (!dirty) return undefined;
    const here = location.hash;
    const unload = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
    const leave = (/** @type {Event} */ event) => {
      if (location.hash === here || confirm('Leave, and lose what you have changed?')) return;
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
