/** All integrations, with the state of each one. */

import { CONFIGURATION, STATUS, call, list } from './api.js';
import { html, useState } from './ui.js';
import { Asked, Heading, Moment, Pages, Search, kindOf, useAsked } from './parts.js';
import { mayOnlyRead } from './sections.js';

const LIMIT = 20;
const PATH = `${CONFIGURATION}ms_exchange_connector/`;

export function Integrations() {
  const [text, setText] = useState('');
  const [order, setOrder] = useState('name');
  const [offset, setOffset] = useState(0);
  const asked = useAsked(async () => {
    const found = await list(PATH, { text, order_by: order, limit: LIMIT, offset });
    return { ...found, text };
  }, [text, order, offset]);
  const ids = (asked.value?.objects ?? []).map((each) => each.id).join(',');
  const health = useAsked(async () => {
    const found = ids ? (await list(`${STATUS}connector_health/`, { id__in: ids, limit: LIMIT })).objects : [];
    return Object.fromEntries(found.map((each) => [each.id, each]));
  }, [ids]);
  const schema = useAsked(async () => (await call(`${PATH}schema/`)).data, []);
  const first = (/** @type {(value: any) => void} */ set) => (/** @type {any} */ value) => {
    set(value);
    setOffset(0);
  };
  return html`
    <${Heading} title="Integrations">
      ${schema.value && !mayOnlyRead(schema.value) && html`<a class="button primary" href="#/integrations/new">New integration</a>`}
    <//>
    <div class="tools">
      <${Search} label="Name, description, mailbox or UUID" value=${text} change=${first(setText)} />
      <label>
        <span>Order</span>
        <select value=${order} onChange=${(/** @type {any} */ e) => first(setOrder)(e.target.value)}>
          <option value="name">Name</option>
          <option value="room_mailbox_email_address">Mailbox</option>
          <option value="-id">Newest first</option>
          <option value="id">Oldest first</option>
        </select>
      </label>
    </div>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ found) => html`
        ${found.objects.length === 0 && html`<${Nothing} text=${found.text} />`}
        ${found.objects.length > 0 && html`<div class="table"><table class="stacked" role="table">
          <thead role="rowgroup"><tr role="row">${COLUMNS.map((each) => html`<th scope="col" role="columnheader">${each}</th>`)}</tr></thead>
          <tbody role="rowgroup">
            ${found.objects.map((/** @type {any} */ each) => row(each, health.error ? null : health.value?.[each.id]))}
          </tbody>
        </table></div>`}
        <${Pages} offset=${offset} limit=${LIMIT} total=${found.total} go=${setOffset} />
      `}
    <//>
  `;
}

const COLUMNS = ['Name', 'Mailbox', 'Exchange', 'Health'];

/** @param {{ text: string }} props */
function Nothing({ text }) {
  if (text) return html`<div class="empty"><p>No integration has “${text}” in its name, description, mailbox or UUID.</p></div>`;
  return html`<div class="empty">
    <h2>There are no integrations yet</h2>
    <p>An integration connects this deployment with an equipment mailbox in Exchange, and gives its users an add-in.</p>
    <p><a class="button primary" href="#/integrations/new">Create the first one</a></p>
  </div>`;
}

/** @param {any} each @param {any} health undefined until it is known, null if it cannot be determined */
function row(each, health) {
  return html`<tr key=${each.id} role="row">
    <th scope="row" role="rowheader"><a href="#/integrations/${each.id}">${each.name}</a>${each.description && html`<p class="about">${each.description}</p>`}</th>
    <td role="cell" data-label="Mailbox">${each.room_mailbox_email_address || '–'}</td>
    <td role="cell" data-label="Exchange">${kindOf(each)}</td>
    <td role="cell" data-label="Health" class="health"><${Health} health=${health} integration=${each} /></td>
  </tr>`;
}

/** @param {{ health: any, integration: any }} props */
function Health({ health, integration }) {
  if (health === null) return html`<span class="chip">unknown</span>`;
  if (health === undefined) return html`<span class="chip" aria-label="Loading">…</span>`;
  const { alarms, waiting, subscription_expires: until } = health;
  return html`
    ${alarms > 0 ? html`<a class="chip bad" href="#/">${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}</a>` : html`<span class="chip good">healthy</span>`}
    ${waiting > 0 && html`<span class="chip warn">${waiting} waiting</span>`}
    ${integration.manifest_reinstall_needed && html`<span class="chip warn">manifest to install</span>`}
    <p class="about">${health.last_message_day ? `Last message on ${day(health.last_message_day)}` : 'No message in 30 days'}${
      health.time_to_answer_p50 ? `, answered in ${seconds(health.time_to_answer_p50)}` : ''
    }</p>
    ${until && html`<p class="about">Subscribed until <${Moment} utc=${until} /></p>`}
  `;
}

/** @param {string} utc a day in the API's format */
function day(utc) {
  return new Date(`${utc}T12:00Z`).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

/** @param {number} number the seconds within which half of the answers are sent */
function seconds(number) {
  return number < 90 ? `${Math.round(number * 10) / 10} s` : `${Math.round(number / 60)} min`;
}
