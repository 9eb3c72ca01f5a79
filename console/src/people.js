/** Lists of personal VMRs and users, with search, import and export. */

import { list } from './api.js';
import { html, useState } from './ui.js';
import { Choice, integrationNames, namesOf } from './integration_choice.js';
import { Asked, Heading, Pages, Problem, Search, useAsked } from './parts.js';
import { KINDS, OWNER, asText, everyRecord, mayWrite, pathOf, schemaOf } from './records.js';
import { Import } from './import.js';
import { fileOf } from './transfer.js';

const LIMIT = 50;
const ALL = 'all'; // selects records that belong to all integrations
const EVERY = [{ value: ALL, text: 'All integrations' }];
const ANY = [{ value: '', text: 'Any' }, ...EVERY];

/** @typedef {import('./records.js').Kind} Kind */

/** @param {{ kind: Kind }} props */
export function People({ kind }) {
  const [search, setSearch] = useState(kind.searches[0]?.filter ?? '');
  const [text, setText] = useState('');
  const [owner, setOwner] = useState('');
  const [offset, setOffset] = useState(0);
  const filters = { [search]: text, ...ownedBy(owner) };
  const known = useAsked(async () => ({ schema: await schemaOf(kind), integrations: await integrationNames() }), [kind]);
  const asked = useAsked(async () => {
    const found = await list(pathOf(kind), { ...kind.only, ...filters, order_by: kind.key, limit: LIMIT, offset });
    return { ...found, named: await namesOf(found.objects.map((each) => each[OWNER])) };
  }, [kind, search, text, owner, offset]);
  const first = (/** @type {(value: any) => void} */ set) => (/** @type {any} */ value) => {
    set(value);
    setOffset(0);
  };
  return html`
    <${Heading} title=${kind.title}>
      ${known.value && mayWrite(known.value.schema) && html`<a class="button" href="#/people/${kind.path}/new">New ${kind.one}</a>`}
    <//>
    <${Kinds} now=${kind} />
    <div class="tools">
      <${Search} label=${`Search by ${kind.searches.find((each) => each.filter === search)?.label.toLowerCase()}`} value=${text} change=${first(setText)} />
      <label><span>Search in</span>
        <select value=${search} onChange=${(/** @type {any} */ e) => first(setSearch)(e.target.value)}>
          ${kind.searches.map(({ filter, label }) => html`<option value=${filter}>${label}</option>`)}
        </select>
      </label>
      <${Choice} label="Belongs to" names=${known.value?.integrations} others=${ANY} value=${owner} change=${first(setOwner)} />
    </div>
    <${Asked} asked=${known}>${(/** @type {any} */ value) => html`<${Files} kind=${kind} filters=${filters} known=${value} again=${asked.again} />`}<//>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { objects, total, named }) => html`
        ${objects.length === 0 && html`<p>${text || owner ? `No matching ${kind.one}s.` : `There are no ${kind.one}s yet.`}</p>`}
        ${objects.length > 0 && html`<${Rows} kind=${kind} objects=${objects} named=${named} />`}
        <${Pages} offset=${offset} limit=${LIMIT} total=${total} go=${setOffset} />
      `}
    <//>
  `;
}

/** @param {{ now: Kind }} props */
function Kinds({ now }) {
  return html`<nav class="tabs" aria-label="People"><ul>
    ${KINDS.map((kind) => html`<li><a href="#/people/${kind.path}" aria-current=${kind === now ? 'page' : null}>${kind.title}</a></li>`)}
  </ul></nav>`;
}

/** @param {{ kind: Kind, objects: any[], named: Map<string, string> }} props */
function Rows({ kind, objects, named }) {
  const [first, ...others] = kind.columns;
  const cell = (/** @type {string} */ label, /** @type {string} */ text) => html`<td role="cell" data-label=${label}>${text || '–'}</td>`;
  return html`<div class="table people"><table class="stacked" role="table">
    <thead role="rowgroup"><tr role="row">${[...kind.columns.map(({ label }) => label), 'Belongs to'].map((each) => html`<th scope="col" role="columnheader">${each}</th>`)}</tr></thead>
    <tbody role="rowgroup">${objects.map(
      (each) => html`<tr key=${each.id} role="row">
        <th scope="row" role="rowheader"><a href="#/people/${kind.path}/${each.id}">${asText(each[first.name])}</a></th>
        ${others.map(({ name, label }) => cell(label, asText(each[name])))}
        ${cell('Belongs to', each[OWNER] ? (named.get(each[OWNER]) ?? each[OWNER]) : 'all integrations')}
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** @param {{ label: string, value: string, change: (value: string) => void, integrations: import('./integration_choice.js').Names, id?: string, disabled?: boolean }} props
 * `value`: an integration's URI, "" for records that belong to all of them */
export function Owner({ label, value, change, integrations, id, disabled }) {
  const own = (/** @type {string} */ chosen) => change(chosen === ALL ? '' : chosen);
  return html`<${Choice} label=${label} names=${integrations} others=${EVERY} value=${value || ALL} change=${own} id=${id} disabled=${disabled} />`;
}

/** @param {string} owner an integration's URI, ALL, or "" @returns {Record<string, string>} */
function ownedBy(owner) {
  if (owner === ALL) return { [`${OWNER}__isnull`]: 'true' };
  return owner ? { [OWNER]: owner } : {};
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
      <p>The file contains everything that matches the search above, from all pages.${kind.path === 'vmrs' ? ' It includes PINs if you are allowed to see them.' : ''}</p>
      <p class="actions">
        <button type="button" onClick=${() => save('csv')}>Export as CSV</button>
        <button type="button" onClick=${() => save('json')}>Export as JSON</button>
        <span role="status">${state.told}</span>
      </p>
      ${state.failure && html`<${Problem} error=${state.failure} />`}
    </details>
  </div>`;
}
