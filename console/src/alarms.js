/** Current alarms with their causes and remedies, and past alarms. */

import { STATUS, call, list } from './api.js';
import { html, useState } from './ui.js';
import { Asked, Moment, Pages, Problem, useAsked } from './parts.js';

const HISTORY = '/api/admin/history/v1/';
const LIMIT = 20;

export function Alarms() {
  const asked = useAsked(() => list(`${STATUS}alarm/`, { limit: 100, order_by: '-time_raised' }), []);
  return html`<section aria-labelledby="alarms">
    <h2 id="alarms">Alarms</h2>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { objects, total }) => html`
        ${objects.length === 0 && html`<p class="well">No alarms: all is well.</p>`}
        <ul class="cards">${objects.map((/** @type {any} */ each) => html`<${Alarm} key=${each.id} alarm=${each} again=${asked.again} />`)}</ul>
        ${total > objects.length && html`<p>And ${total - objects.length} earlier ones.</p>`}
      `}
    <//>
    <${Former} />
  </section>`;
}

/** @param {{ alarm: any, again: () => void }} props */
function Alarm({ alarm, again }) {
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const acknowledge = async () => {
    try {
      await call(`${STATUS}alarm/${alarm.id}/acknowledge/`, { method: 'POST', body: { acknowledged: !alarm.acknowledged } });
      again();
    } catch (error) {
      setFailure(error);
    }
  };
  return html`<li class=${alarm.acknowledged ? 'card' : 'card alarm'}>
    <h3>${nameOf(alarm)}</h3>
    <p class="about">${alarm.level} · <a href="#/integrations/${idOf(alarm)}">${alarm.instance}</a> · since <${Moment} utc=${alarm.time_raised} />${alarm.acknowledged && ' · acknowledged'}</p>
    <p>${alarm.details}</p>
    <p class="remedy">${alarm.remedy}</p>
    ${failure && html`<${Problem} error=${failure} />`}
    <button type="button" onClick=${acknowledge}>${alarm.acknowledged ? 'Mark as new again' : 'Acknowledge'}<span class="unseen">: ${nameOf(alarm)}, ${alarm.instance}</span></button>
  </li>`;
}

function Former() {
  const [open, setOpen] = useState(false);
  return html`<details class="former" onToggle=${(/** @type {any} */ e) => setOpen(e.target.open)}>
    <summary>Past alarms</summary>
    ${open && html`<${FormerList} />`}
  </details>`;
}

function FormerList() {
  const [offset, setOffset] = useState(0);
  const asked = useAsked(() => list(`${HISTORY}alarm/`, { limit: LIMIT, offset, order_by: '-time_raised' }), [offset]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ { objects, total }) => html`
      ${objects.length === 0 && html`<p>No past alarms.</p>`}
      ${objects.length > 0 && html`<div class="table"><table>
        <thead><tr><th scope="col">Alarm</th><th scope="col">Integration</th><th scope="col">From</th><th scope="col">Until</th><th scope="col">Cause</th></tr></thead>
        <tbody>${objects.map(
          (/** @type {any} */ each) => html`<tr>
            <th scope="row">${nameOf(each)}</th>
            <td><a href="#/integrations/${idOf(each)}">${each.instance}</a></td>
            <td><${Moment} utc=${each.time_raised} /></td>
            <td><${Moment} utc=${each.time_lowered} /></td>
            <td>${each.details}</td>
          </tr>`,
        )}</tbody>
      </table></div>`}
      <${Pages} offset=${offset} limit=${LIMIT} total=${total} go=${setOffset} />
    `}
  <//>`;
}

/** @param {any} alarm */
function nameOf(alarm) {
  return alarm.name.replaceAll('_', ' ');
}

/** @param {any} alarm */
function idOf(alarm) {
  return alarm.exchange_connector.split('/').at(-2);
}
