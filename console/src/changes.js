/** The history of admins' changes: who, when and what, newest first. */

import { CONFIGURATION, STATUS, call } from './api.js';
import { html, useState } from './ui.js';
import { midnight } from './days.js';
import { Asked, Heading, Moment, Search, useAsked } from './parts.js';

const LIMIT = 50;
const WORDS = /** @type {Record<string, string>} */ ({
  create: 'created', change: 'changed', delete: 'deleted', close: 'closed the room of', reopen: 'reopened the room of',
  resend: 'resent the instructions for', transfer: 'changed the owner of', icon: 'replaced the icon of',
  sign_in: 'created a sign-in link for', manifest_installed: 'confirmed the installed manifest of',
});

/**
 * @param {{ integration?: string, meeting?: string }} props the id of the integration or meeting whose changes are
 *   shown
 */
export function Changes({ integration = '', meeting = '' }) {
  const target = meeting && `${STATUS}meeting/${meeting}/`;
  const [filters, setFilters] = useState(/** @type {Record<string, string>} */ ({}));
  const [behind, setBehind] = useState(/** @type {string[]} */ ([])); // the markers of the newer pages, for going back
  const asked = useAsked(() => page({ ...filters, exchange_connector: integration, target }, behind[behind.length - 1]), [filters, behind]);
  const one = integration ? `${CONFIGURATION}ms_exchange_connector/${integration}/` : target;
  const named = useAsked(async () => (one ? nameOf((await call(one)).data) : ''), [one]);
  const filter = (/** @type {string} */ name) => (/** @type {string} */ value) => {
    setFilters((before) => ({ ...before, [name]: value }));
    setBehind([]);
  };
  const day = (/** @type {string} */ name, /** @type {string} */ label, /** @type {number} */ later) => html`<label>
    <span>${label}</span>
    <input type="date" onChange=${(/** @type {any} */ e) => filter(name)(midnight(e.target.value, later))} />
  </label>`;
  return html`
    <${Heading} title=${one ? `History of ${named.value ?? (integration ? 'an integration' : 'a meeting')}` : 'History'}>
      ${one && html`<a class="button" href="#/changes">All changes</a>`}
    <//>
    <div class="tools">
      <${Search} label="What was changed" value="" change=${filter('name__icontains')} />
      <${Search} label="Admin or application (full name)" value="" change=${filter('who')} />
      ${day('when__gte', 'From', 0)}
      ${day('when__lt', 'To', 1)}
    </div>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { objects, older }) => html`
        ${objects.length === 0 && html`<div class="empty"><p>${older ? 'No matches among the latest changes; there may be older ones.' : 'No matching changes. Changes are kept for a year.'}</p></div>`}
        ${objects.length > 0 && html`<div class="table"><table class="stacked" role="table">
          <thead role="rowgroup"><tr role="row">${['When', 'Who', 'What', 'Fields'].map((each) => html`<th scope="col" role="columnheader">${each}</th>`)}</tr></thead>
          <tbody role="rowgroup">${objects.map(row)}</tbody>
        </table></div>`}
        <nav class="pages" aria-label="Pages">
          <button type="button" disabled=${behind.length === 0} onClick=${() => setBehind(behind.slice(0, -1))}>Newer</button>
          <button type="button" disabled=${!older} onClick=${() => setBehind([...behind, older])}>Older</button>
        </nav>
      `}
    <//>
  `;
}

/** @param {any} shown an integration, or a meeting */
function nameOf(shown) {
  return shown.subject || shown.name || shown.alias;
}

/** @param {Record<string, string>} filters @param {string | undefined} mark */
async function page(filters, mark) {
  const given = Object.entries({ ...filters, id__lt: mark ?? '' }).filter(([, value]) => value !== '');
  const { data } = await call(`${STATUS}change/?${new URLSearchParams([...given, ['limit', String(LIMIT)]])}`);
  const older = data.meta.next ? (new URL(data.meta.next, location.origin).searchParams.get('id__lt') ?? '') : '';
  return { objects: data.objects, older };
}

/** @param {any} each */
function row(each) {
  const [shown, more] = [each.fields.slice(0, 4).join(', '), each.fields.length - 4];
  return html`<tr key=${each.id} role="row">
    <th scope="row" role="rowheader"><a href="#/changes/${each.id}"><${Moment} utc=${each.when} /></a></th>
    <td role="cell" data-label="Who" dir="auto">${each.who}</td>
    <td role="cell" data-label="What">${verb(each)} <strong dir="auto">${each.name || kindOf(each)}</strong>
      <p class="about">${kindOf(each)}${each.reverts && ', reverts a change'}${each.state === 'begun' && html` · <span class="fault">not confirmed</span>`}</p></td>
    <td role="cell" data-label="Fields">${each.action === 'change' ? `${shown}${more > 0 ? ` and ${more} more` : ''}` : '–'}</td>
  </tr>`;
}

/** @param {any} change */
export function verb(change) {
  return WORDS[change.action] ?? change.action;
}

/** @param {any} change the kind of the changed object, according to its URI */
export function kindOf(change) {
  const name = change.target.split('/v1/')[1]?.split('/')[0] ?? '';
  return name === 'ms_exchange_connector' ? 'integration' : name.replaceAll('_', ' ');
}
