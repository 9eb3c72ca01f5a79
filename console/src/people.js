/** Personal VMRs and users: lists that are searched, brought in from files, and taken out into files. */

import { CONFIGURATION, list } from './api.js';
import { html, useState } from './ui.js';
import { Asked, Heading, Pages, Problem, Search, useAsked } from './parts.js';
import { KINDS, OWNER, asText, everyRecord, mayWrite, pathOf, schemaOf } from './records.js';
import { Import } from './import.js';
import { fileOf } from './transfer.js';

const LIMIT = 50;
const ALL = 'all'; // what belongs to all integrations
const MOST_INTEGRATIONS = 1000; // in a choice

/** @typedef {import('./records.js').Kind} Kind */

/** @param {{ kind: Kind }} props */
export function People({ kind }) {
  const [search, setSearch] = useState(kind.searches[0]?.filter ?? '');
  const [text, setText] = useState('');
  const [owner, setOwner] = useState('');
  const [offset, setOffset] = useState(0);
  const filters = { [search]: text, ...ownedBy(owner) };
  const known = useAsked(async () => ({ schema: await schemaOf(kind), integrations: await integrationsByName() }), [kind]);
  const asked = useAsked(
    () => list(pathOf(kind), { ...kind.only, ...filters, order_by: kind.key, limit: LIMIT, offset }),
    [kind, search, text, owner, offset],
  );
  const first = (/** @type {(value: any) => void} */ set) => (/** @type {any} */ value) => {
    set(value);
    setOffset(0);
  };
  return html`
    <${Heading} title=${kind.title}>
      ${known.value && mayWrite(known.value.schema) && html`<a class="button" href="#/people/${kind.path}/new">New ${kind.one}</a>`}
    <//>
    <${Choice} now=${kind} />
    <div class="tools">
      <${Search} label=${`Search by ${kind.searches.find((each) => each.filter === search)?.label.toLowerCase()}`} value=${text} change=${first(setText)} />
      <label><span>Search in</span>
        <select value=${search} onChange=${(/** @type {any} */ e) => first(setSearch)(e.target.value)}>
          ${kind.searches.map(({ filter, label }) => html`<option value=${filter}>${label}</option>`)}
        </select>
      </label>
      <${Owner} label="Belongs to" value=${owner} any change=${first(setOwner)} integrations=${known.value?.integrations ?? []} />
    </div>
    <${Asked} asked=${known}>${(/** @type {any} */ value) => html`<${Files} kind=${kind} filters=${filters} known=${value} again=${asked.again} />`}<//>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { objects, total }) => html`
        ${objects.length === 0 && html`<p>${text || owner ? `No such ${kind.one}.` : `There is no ${kind.one} yet.`}</p>`}
        ${objects.length > 0 && html`<${Rows} kind=${kind} objects=${objects} integrations=${known.value?.integrations ?? []} />`}
        <${Pages} offset=${offset} limit=${LIMIT} total=${total} go=${setOffset} />
      `}
    <//>
  `;
}

/** @param {{ now: Kind }} props */
export function Choice({ now }) {
  return html`<nav class="tabs" aria-label="People"><ul>
    ${KINDS.map((kind) => html`<li><a href="#/people/${kind.path}" aria-current=${kind === now ? 'page' : null}>${kind.title}</a></li>`)}
  </ul></nav>`;
}

/** @param {{ kind: Kind, objects: any[], integrations: any[] }} props */
function Rows({ kind, objects, integrations }) {
  const names = new Map(integrations.map((each) => [each.resource_uri, each.name]));
  return html`<div class="table people"><table>
    <thead><tr>${kind.columns.map(({ label }) => html`<th scope="col">${label}</th>`)}<th scope="col">Belongs to</th></tr></thead>
    <tbody>${objects.map(
      (each) => html`<tr key=${each.id}>
        ${kind.columns.map(({ name }, n) =>
          n === 0
            ? html`<th scope="row"><a href="#/people/${kind.path}/${each.id}">${asText(each[name])}</a></th>`
            : html`<td>${asText(each[name])}</td>`,
        )}
        <td>${each[OWNER] ? (names.get(each[OWNER]) ?? each[OWNER]) : 'all integrations'}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** @param {{ label: string, value: string, change: (value: string) => void, integrations: any[], any?: boolean, id?: string }} props */
export function Owner({ label, value, change, integrations, any = false, id }) {
  return html`<label class="owner"><span>${label}</span>
    <select id=${id} value=${value} onChange=${(/** @type {any} */ e) => change(e.target.value)}>
      ${any && html`<option value="">Any integration or all</option>`}
      <option value=${any ? ALL : ''} selected=${value === (any ? ALL : '')}>All integrations</option>
      ${integrations.map((each) => html`<option value=${each.resource_uri} selected=${each.resource_uri === value}>${each.name}</option>`)}
    </select>
  </label>`;
}

/** @param {string} owner a choice of Owner's @returns {Record<string, string>} */
function ownedBy(owner) {
  if (owner === ALL) return { [`${OWNER}__isnull`]: 'true' };
  return owner ? { [OWNER]: owner } : {};
}

export async function integrationsByName() {
  return (await list(`${CONFIGURATION}ms_exchange_connector/`, { order_by: 'name', limit: MOST_INTEGRATIONS })).objects;
}

/** @param {{ kind: Kind, filters: Record<string, string>, known: any, again: () => void }} props */
function Files({ kind, filters, known, again }) {
  const [state, setState] = useState(/** @type {{ told?: string, failure?: any }} */ ({}));
  const save = async (/** @type {'csv' | 'json'} */ form) => {
    setState({ told: 'Reading …' });
    try {
      const found = await everyRecord(kind, filters, (done, of) => setState({ told: `${done} of ${of} read` }));
      const type = form === 'csv' ? 'text/csv' : 'application/json';
      const url = URL.createObjectURL(new Blob([fileOf(form, found, known.schema)], { type }));
      Object.assign(document.createElement('a'), { href: url, download: `${kind.path}.${form}` }).click();
      setTimeout(() => URL.revokeObjectURL(url));
      setState({ told: `${found.length} in ${kind.path}.${form}` });
    } catch (failure) {
      setState({ failure });
    }
  };
  return html`<div class="files">
    ${mayWrite(known.schema) && html`<${Import} kind=${kind} schema=${known.schema} integrations=${known.integrations} again=${again} />`}
    <details>
      <summary>Export</summary>
      <p>What is searched for above, of all pages.${kind.path === 'vmrs' ? ' PINs are in it where you may see them.' : ''}</p>
      <p class="actions">
        <button type="button" onClick=${() => save('csv')}>Export as CSV</button>
        <button type="button" onClick=${() => save('json')}>Export as JSON</button>
        <span role="status">${state.told}</span>
      </p>
      ${state.failure && html`<${Problem} error=${state.failure} />`}
    </details>
  </div>`;
}
