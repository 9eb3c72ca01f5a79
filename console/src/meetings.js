/** Past and upcoming meetings, which can be searched by details that a user asking for help may know. */

import { STATUS, list } from './api.js';
import { html } from './ui.js';
import { Choice, idOf, integrationNames, namesOf, uriOf } from './integration_choice.js';
import { daysAfter, isDay, midnight, today } from './days.js';
import { useFilters } from './filters.js';
import { Asked, Heading, Moment, Pages, Problem, Search, useAsked } from './parts.js';

/** @typedef {import('./filters.js').Filters} Filters */

const LIMIT = 50;
const WHEN = { upcoming: 'Current and upcoming', past: 'Past', day: 'On a day' };
const STATES = { '': 'Any', scheduled: 'Scheduled', closed: 'Closed', held: 'Closed by an admin' };
const NONE = { text: '', when: 'upcoming', day: '', state: '', integration: '', offset: '0' };
const ANY = [{ value: '', text: 'Any integration' }];
const COLUMNS = ['Meeting', 'Start', 'Alias', 'Organizer', 'Room'];

export function Meetings() {
  const [filters, set] = useFilters(NONE, valid);
  const names = useAsked(integrationNames, []);
  const asked = useAsked(() => page(filters), [JSON.stringify(filters)]);
  const change = (/** @type {Filters} */ changes) => set({ offset: '0', ...changes });
  const chosen = (/** @type {string} */ name) => (/** @type {any} */ event) => change({ [name]: event.target.value });
  const again = () => {
    asked.again();
    if (names.error) names.again();
  };
  const isFiltered = JSON.stringify({ ...filters, offset: '0' }) !== JSON.stringify(NONE);
  return html`
    <${Heading} title="Meetings" />
    <div class="tools">
      <${Search} label="Subject, organizer, alias or tag" value=${filters.text} change=${(/** @type {string} */ text) => change({ text })} />
      <${Choice} label="Integration" names=${names.value} others=${ANY} value=${filters.integration && uriOf(filters.integration)}
        change=${(/** @type {string} */ uri) => change({ integration: uri && idOf(uri) })} />
      <${Options} label="When" options=${WHEN} value=${filters.when} change=${(/** @type {any} */ e) => change({ when: e.target.value, day: e.target.value === 'day' ? today() : '' })} />
      <${Options} label="State" options=${STATES} value=${filters.state} change=${chosen('state')} />
    </div>
    ${isFiltered && html`<div class="tools more">
      ${filters.when === 'day' && html`<${Day} day=${filters.day} change=${(/** @type {string} */ day) => change({ day })} />`}
      <button type="button" class="clear" onClick=${() => set(NONE)}>Clear all filters</button>
    </div>`}
    ${names.error && !asked.error && html`<${Problem} error=${names.error} again=${names.again} />`}
    <${Asked} asked=${{ ...asked, again }}>
      ${(/** @type {any} */ { objects, total, examined, named }) => html`
        ${examined !== undefined && html`<p class="note" role="note">Only the ${searched(filters.when, examined)} were searched. ${filters.integration ? '' : 'Choose an integration to search only its meetings. '}Complete aliases and tags are always found.</p>`}
        ${objects.length === 0 && html`<div class="empty"><p>No matching meetings. Meetings that got no room are listed among the operations: <code>vmr operations list</code>.</p></div>`}
        ${objects.length > 0 && html`<div class="table"><table class="stacked" role="table">
          <thead role="rowgroup"><tr role="row">${COLUMNS.map((each) => html`<th scope="col" role="columnheader">${each}</th>`)}</tr></thead>
          <tbody role="rowgroup">${objects.map((/** @type {any} */ each) => row(each, named.get(each.exchange_connector)))}</tbody>
        </table></div>`}
        <${Pages} offset=${Number(filters.offset)} limit=${LIMIT} total=${total} go=${(/** @type {number} */ offset) => set({ offset: String(offset) })} />
      `}
    <//>
  `;
}

/** @param {Filters} filters from a URL @returns {Filters} the filters with valid values */
function valid({ text, when, day, state, integration, offset }) {
  const known = Object.hasOwn(WHEN, when) ? when : NONE.when;
  return {
    text,
    when: known,
    day: known !== 'day' ? '' : isDay(day) ? day : today(),
    state: Object.hasOwn(STATES, state) ? state : '',
    integration: /^\d{1,9}$/.test(integration) ? integration : '',
    offset: /^\d{1,9}$/.test(offset) ? offset : '0',
  };
}

/** @param {Filters} filters @returns a page of meetings, with the names of their integrations if there are several */
async function page({ text, when, day, state, integration, offset }) {
  const time = when === 'day' ? { start__gte: midnight(day), start__lt: midnight(day, 1) } : { is_over: when === 'past' };
  const order_by = when === 'past' ? '-start' : 'start';
  const found = await list(`${STATUS}meeting/`, { ...time, order_by, text, state, exchange_connector: integration, limit: LIMIT, offset });
  const uris = [...new Set(found.objects.map((each) => each.exchange_connector))];
  return { ...found, named: await namesOf(uris.length > 1 ? uris : []) };
}

/** @param {string} when @param {number} number */
function searched(when, number) {
  const some = `${number.toLocaleString()} meetings`;
  if (when === 'day') return `first ${some} of the day`;
  return when === 'past' ? `latest ${some}` : `next ${some}`;
}

/** @param {{ label: string, options: Record<string, string>, value: string, change: (event: any) => void }} props */
function Options({ label, options, value, change }) {
  return html`<label><span>${label}</span>
    <select value=${value} onChange=${change}>
      ${Object.entries(options).map(([name, text]) => html`<option value=${name} selected=${name === value}>${text}</option>`)}
    </select>
  </label>`;
}

/** @param {{ day: string, change: (day: string) => void }} props */
function Day({ day, change }) {
  return html`<div class="day" role="group" aria-label="Day">
    <label><span>Day</span><input type="date" required value=${day} onChange=${(/** @type {any} */ e) => isDay(e.target.value) && change(e.target.value)} /></label>
    <button type="button" onClick=${() => change(daysAfter(day, -1))}>Previous day</button>
    <button type="button" disabled=${day === today()} onClick=${() => change(today())}>Today</button>
    <button type="button" onClick=${() => change(daysAfter(day, 1))}>Next day</button>
  </div>`;
}

/** @param {any} each @param {string | undefined} integration the integration's name, if it is to be shown */
function row(each, integration) {
  return html`<tr key=${each.id} role="row">
    <th scope="row" role="rowheader"><a href="#/meetings/${each.id}">${each.subject || each.name || each.alias}</a>${integration && html`<p class="about">${integration}</p>`}</th>
    <td role="cell" data-label="Start"><${Moment} utc=${each.start} /></td>
    <td role="cell" data-label="Alias">${each.alias}</td>
    <td role="cell" data-label="Organizer">${each.organizer || '–'}</td>
    <td role="cell" data-label="Room"><span class=${each.door.open ? 'state open' : 'state'}>${roomOf(each)}</span></td>
  </tr>`;
}

/** @param {any} meeting */
export function roomOf(meeting) {
  if (meeting.state === 'held') return 'closed by an admin';
  return meeting.door.open ? 'open' : 'closed';
}
