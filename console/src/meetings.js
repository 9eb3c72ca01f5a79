/** Scheduled meetings, to come and past, found by whatever a caller knows of one. */

import { STATUS, list } from './api.js';
import { html, useState } from './ui.js';
import { Asked, Heading, Moment, Pages, Search, useAsked } from './parts.js';

const LIMIT = 50;

export function Meetings() {
  const [text, setText] = useState('');
  const [when, setWhen] = useState('upcoming');
  const [state, setState] = useState('');
  const [offset, setOffset] = useState(0);
  const filters = when === 'upcoming' ? { is_over: false, order_by: 'start' } : { is_over: true, order_by: '-start' };
  const asked = useAsked(() => list(`${STATUS}meeting/`, { ...filters, text, state, limit: LIMIT, offset }), [text, when, state, offset]);
  const first = (/** @type {(value: any) => void} */ set) => (/** @type {any} */ value) => {
    set(value);
    setOffset(0);
  };
  return html`
    <${Heading} title="Meetings" />
    <div class="tools">
      <${Search} label="Subject, organizer, alias or tag" value=${text} change=${first(setText)} />
      <label><span>When</span>
        <select value=${when} onChange=${(/** @type {any} */ e) => first(setWhen)(e.target.value)}>
          <option value="upcoming">On and to come</option>
          <option value="past">Past</option>
        </select>
      </label>
      <label><span>State</span>
        <select value=${state} onChange=${(/** @type {any} */ e) => first(setState)(e.target.value)}>
          <option value="">Any</option>
          <option value="scheduled">Scheduled</option>
          <option value="closed">Closed</option>
          <option value="held">Closed by an admin</option>
        </select>
      </label>
    </div>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ { objects, total }) => html`
        ${objects.length === 0 && html`<p>No such meeting. A meeting that got no room is among the operations: <code>vmr operations list</code>.</p>`}
        ${objects.length > 0 && html`<div class="table"><table>
          <thead><tr><th scope="col">Meeting</th><th scope="col">Start</th><th scope="col">Alias</th><th scope="col">Organizer</th><th scope="col">Room</th></tr></thead>
          <tbody>${objects.map(row)}</tbody>
        </table></div>`}
        <${Pages} offset=${offset} limit=${LIMIT} total=${total} go=${setOffset} />
      `}
    <//>
  `;
}

/** @param {any} each */
function row(each) {
  return html`<tr>
    <th scope="row"><a href="#/meetings/${each.id}">${each.subject || each.name || each.alias}</a></th>
    <td><${Moment} utc=${each.start} /></td>
    <td>${each.alias}</td>
    <td>${each.organizer}</td>
    <td><span class=${each.door.open ? 'state open' : 'state'}>${roomOf(each)}</span></td>
  </tr>`;
}

/** @param {any} meeting */
export function roomOf(meeting) {
  if (meeting.state === 'held') return 'closed by an admin';
  return meeting.door.open ? 'open' : 'closed';
}
