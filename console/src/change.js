/** One change: its fields before and after, and reverting it. */

import { STATUS, call } from './api.js';
import { html, useState } from './ui.js';
import { kindOf, verb } from './changes.js';
import { Asked, Heading, Moment, Problem, useAsked } from './parts.js';
import { Version, isSame } from './values.js';

const PATH = `${STATUS}change/`;
const PLACES = /** @type {Record<string, string>} */ ({ ms_exchange_connector: 'integrations', meeting: 'meetings' });

/** @param {{ id: string }} props */
export function Change({ id }) {
  const asked = useAsked(async () => {
    const [{ data }, own] = await Promise.all([call(`${PATH}${id}/`), call(`${PATH}schema/`)]);
    const list = data.target.replace(/[0-9]+\/$/, '');
    const schema = await call(`${list}schema/`).catch(() => null); // only for labels
    return { change: data, fields: schema?.data.fields ?? {}, mayRevert: 'revert' in own.data.x.actions };
  }, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ { change, fields, mayRevert }) => html`
      <${Heading} title="${change.who} ${verb(change)} ${change.name || kindOf(change)}" />
      <dl class="facts">
        <dt>When</dt><dd><${Moment} utc=${change.when} /></dd>
        <dt>Who</dt><dd dir="auto">${change.who}</dd>
        <dt>What</dt><dd><${Target} change=${change} /></dd>
        ${change.reverts && html`<dt>Reverts</dt><dd><a href="#/changes/${idIn(change.reverts)}">an earlier change</a></dd>`}
        ${change.state === 'begun' && html`<dt>State</dt><dd class="fault">Not confirmed: the change is in progress or was interrupted. The intended changes are below.</dd>`}
        ${change.state === 'erased' && html`<dt>State</dt><dd>Personal data has been removed from this record.</dd>`}
      </dl>
      ${change.revertible && mayRevert && html`<${Revert} change=${change} fields=${fields} />`}
      <section aria-labelledby="fields">
        <h2 id="fields">Before and after</h2>
        ${change.fields.length === 0 && html`<p>No settings were changed.</p>`}
        ${change.fields.map((/** @type {string} */ name) => html`<${Field} key=${name} name=${name} change=${change} field=${fields[name]} />`)}
      </section>
    `}
  <//>`;
}

/** @param {{ name: string, change: any, field: any }} props */
function Field({ name, change, field }) {
  const [from, to] = [change.from ?? {}, change.to ?? {}];
  const isSecret = from[name] === 'changed' && to[name] === 'changed' && isSame(from[name], to[name]);
  return html`<section class="panel" aria-labelledby="field-${name}">
    <h3 id="field-${name}">${field?.x?.label ?? name} <code class="about">${name}</code></h3>
    ${isSecret
      ? html`<p>Changed. Its values are not stored.</p>`
      : html`<div class="versions">
          <${Version} label="Before" value=${from[name]} field=${field} against=${to[name] ?? ''} absent=${!(name in from)} />
          <${Version} label="After" value=${to[name]} field=${field} against=${from[name] ?? ''} absent=${!(name in to)} />
        </div>`}
  </section>`;
}

/** @param {{ change: any }} props */
function Target({ change }) {
  const kind = change.target.split('/v1/')[1]?.split('/')[0] ?? '';
  const name = change.name || kindOf(change);
  const place = PLACES[kind];
  const owner = change.exchange_connector && idIn(change.exchange_connector);
  return html`${verb(change)} ${place && change.action !== 'delete' ? html`<a href="#/${place}/${idIn(change.target)}" dir="auto">${name}</a>` : html`<span dir="auto">${name}</span>`} (${kindOf(change)})
    ${owner && html` · <a href="#/changes/of/${owner}">history of its integration</a>`}`;
}

/**
 * @param {{ change: any, fields: any }} props asks for confirmation and, if needed, for secrets that the history does
 *   not contain
 */
function Revert({ change, fields }) {
  const [state, setState] = useState(/** @type {{ busy?: boolean, error?: any, done?: any }} */ ({}));
  const [secrets, setSecrets] = useState(/** @type {Record<string, string>} */ ({}));
  const revert = async (/** @type {boolean} */ force) => {
    if (!confirm(question(change))) return;
    setState({ busy: true });
    try {
      const { data } = await call(`${PATH}${change.id}/revert/`, { method: 'POST', body: { fields: secrets, force } });
      setState({ done: data });
    } catch (error) {
      setState({ error });
    }
  };
  if (state.done) return html`<${Done} change=${state.done} fields=${fields} />`;
  const faults = /** @type {[string, string[]][]} */ (Object.entries(state.error?.faults ?? {}));
  const label = (/** @type {string} */ name) => fields[name]?.x?.label ?? name;
  return html`<div class="revert">
    ${state.error && html`<${Problem} error=${faults.length ? new Error('Not reverted: the earlier values cannot be saved.') : state.error} />`}
    ${faults.map(([name, messages]) => html`<div class="setting wrong">
      ${fields[name]?.x?.secret
        ? html`<label for="again-${name}">${label(name)}</label><input id="again-${name}" type="password" autocomplete="off" value=${secrets[name] ?? ''}
            onInput=${(/** @type {any} */ e) => setSecrets({ ...secrets, [name]: e.target.value })} />`
        : html`<strong>${label(name)}</strong>`}
      <p class="fault">${messages.join(' ')}</p>
    </div>`)}
    <div class="actions">
      <button type="button" disabled=${state.busy} onClick=${() => revert(false)}>${state.busy ? 'Reverting …' : 'Revert this change'}</button>
      ${state.error?.status === 409 && html`<button type="button" class="danger" onClick=${() => revert(true)}>Revert it anyway</button>`}
    </div>
  </div>`;
}

/** @param {{ change: any, fields: any }} props */
function Done({ change, fields }) {
  const lost = change.not_restored.map((/** @type {string} */ name) => fields[name]?.x?.label ?? name).join(', ');
  return html`<div class="note" role="status">
    <p class="well">Reverted by <a href="#/changes/${change.id}">another change</a>.</p>
    ${lost && html`<p>The history does not contain these settings, so set them again: ${lost}.</p>`}
    <p><${Target} change=${change} /></p>
  </div>`;
}

/** @param {any} change */
function question(change) {
  const name = change.name || kindOf(change);
  if (change.action === 'create') return `Revert the creation of ${name} by deleting it?`;
  if (change.action === 'delete') return `Create ${name} again as it was before it was deleted? Its secrets, and the meetings and VMRs that were deleted with it, are not restored.`;
  return `Revert this change to ${name}?`;
}

/** @param {string} uri */
function idIn(uri) {
  return uri.split('/').filter(Boolean).pop();
}
