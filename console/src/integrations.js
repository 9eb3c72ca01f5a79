/** All integrations, with what is wrong with them. */

import { CONFIGURATION, STATUS, list } from './api.js';
import { html, useState } from './ui.js';
import { Asked, Heading, Pages, Search, kindOf, useAsked } from './parts.js';

const LIMIT = 20;

export function Integrations() {
  const [text, setText] = useState('');
  const [order, setOrder] = useState('name');
  const [offset, setOffset] = useState(0);
  const asked = useAsked(
    () => list(`${CONFIGURATION}ms_exchange_connector/`, { name__icontains: text, order_by: order, limit: LIMIT, offset }),
    [text, order, offset],
  );
  const alarms = useAsked(() => list(`${STATUS}alarm/`, { limit: 1000 }), []);
  const raised = (/** @type {string} */ uri) =>
    (alarms.value?.objects ?? []).filter((each) => each.exchange_connector === uri).length;
  const search = (/** @type {string} */ wanted) => {
    setText(wanted);
    setOffset(0);
  };
  return html`
    <${Heading} title="Integrations"><a class="button" href="#/integrations/new">New integration</a><//>
    <div class="tools">
      <${Search} label="Search by name" value=${text} change=${search} />
      <label>
        <span>Order</span>
        <select value=${order} onChange=${(/** @type {any} */ e) => setOrder(e.target.value)}>
          <option value="name">Name</option>
          <option value="room_mailbox_email_address">Mailbox</option>
          <option value="-id">Newest first</option>
        </select>
      </label>
    </div>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { objects, total }) => html`
        ${objects.length === 0 && html`<p>${text ? 'No integration has such a name.' : 'There is no integration yet.'}</p>`}
        ${objects.length > 0 && html`<div class="table"><table>
          <thead><tr><th scope="col">Name</th><th scope="col">Mailbox</th><th scope="col">Exchange</th><th scope="col">Health</th></tr></thead>
          <tbody>
            ${objects.map((/** @type {any} */ each) => row(each, raised(each.resource_uri)))}
          </tbody>
        </table></div>`}
        <${Pages} offset=${offset} limit=${LIMIT} total=${total} go=${setOffset} />
      `}
    <//>
  `;
}

/** @param {any} each @param {number} alarms */
function row(each, alarms) {
  return html`<tr>
    <th scope="row"><a href="#/integrations/${each.id}">${each.name}</a></th>
    <td>${each.room_mailbox_email_address}</td>
    <td>${kindOf(each)}</td>
    <td>${alarms ? html`<span class="state bad">${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}</span>` : html`<span class="state open">well</span>`}</td>
  </tr>`;
}
