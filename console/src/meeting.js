/** One meeting: its room and when it is open, the decisions on its messages, and the available actions. */

import { STATUS, call, list } from './api.js';
import { html, useState } from './ui.js';
import { idOf, namesOf } from './integration_choice.js';
import { roomOf } from './meetings.js';
import { Asked, Heading, Moment, Problem, now, useAsked } from './parts.js';

const PATH = `${STATUS}meeting/`;

/** @param {{ id: string }} props */
export function Meeting({ id }) {
  const asked = useAsked(async () => {
    const [{ data }, { data: schema }] = await Promise.all([call(`${PATH}${id}/`), call(`${PATH}schema/`)]);
    const query = { transaction_uuid__in: data.operations.join(','), order_by: '-creation_time', limit: 100 };
    const [{ objects: decided }, names] = await Promise.all([
      data.operations.length ? list(`${STATUS}scheduling_operation/`, query) : { objects: [] },
      namesOf([data.exchange_connector]),
    ]);
    return { meeting: data, decided, integration: names.get(data.exchange_connector), can: Object.keys(schema.x.actions) };
  }, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ { meeting, decided, integration, can }) => html`
      <${Heading} title=${meeting.subject || meeting.name || meeting.alias} />
      <dl class="facts">
        <dt>Room</dt><dd><span class=${meeting.door.open ? 'state open' : 'state'}>${roomOf(meeting)}</span>
          ${meeting.door.next_change && html` until <${Moment} utc=${meeting.door.next_change} />`}</dd>
        <dt>Alias</dt><dd>${meeting.alias} · ${meeting.numeric_alias}</dd>
        <dt>Name</dt><dd>${meeting.name}</dd>
        ${meeting.organizer && html`<dt>${meeting.given_to ? 'Owner' : 'Organizer'}</dt><dd dir="auto">${meeting.organizer}${meeting.given_to && ', set by an admin'}</dd>`}
        ${integration && html`<dt>Integration</dt><dd><a href="#/integrations/${idOf(meeting.exchange_connector)}">${integration}</a></dd>`}
        <dt>Tag</dt><dd><code>${meeting.tag}</code></dd>
      </dl>
      <${Actions} key=${`${meeting.state} ${meeting.organizer}`} meeting=${meeting} can=${can} again=${asked.again} />
      <section aria-labelledby="times">
        <h2 id="times">Times</h2>
        <${Times} occurrences=${meeting.occurrences} />
      </section>
      <section aria-labelledby="decided">
        <h2 id="decided">Decisions on its messages</h2>
        ${decided.length === 0 && html`<p>No decisions are on record.</p>`}
        <ul class="cards">${decided.map(operation)}</ul>
      </section>
    `}
  <//>`;
}

/** @param {{ meeting: any, can: string[], again: () => void }} props `can`: the actions that this account may take */
function Actions({ meeting, can, again }) {
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [said, setSaid] = useState('');
  const act = async (/** @type {string} */ action, /** @type {string} */ question, /** @type {any} */ body = {}) => {
    if (!confirm(question)) return;
    setFailure(null);
    try {
      await call(`${PATH}${meeting.id}/${action}/`, { method: 'POST', body });
      setSaid(action === 'resend' ? 'The e-mail is on its way.' : '');
      again();
    } catch (error) {
      setFailure(error);
    }
  };
  const may = (/** @type {string} */ action, /** @type {string} */ state) => can.includes(action) && meeting.state === state;
  const owner = meeting.organizer || 'its organizer';
  return html`
    ${failure && html`<${Problem} error=${failure} />`}
    ${said && html`<p class="well" role="status">${said}</p>`}
    <div class="actions">
      ${may('close', 'scheduled') && html`<button type="button" onClick=${() => act('close', 'Close this room? Nobody can join until it is reopened here, whatever the organizer sends.')}>Close the room</button>`}
      ${may('reopen', 'held') && html`<button type="button" onClick=${() => act('reopen', 'Reopen this room? People can join again at the meeting’s times.')}>Reopen the room</button>`}
      ${may('resend', 'scheduled') && html`<button type="button" onClick=${() => act('resend', `Send the joining instructions to ${owner} again?`)}>Send the instructions again</button>`}
      <a class="button" href="#/changes/meeting/${meeting.id}">History</a>
    </div>
    ${may('transfer', 'scheduled') && html`<${Give} meeting=${meeting} act=${act} />`}
  `;
}

/** @param {{ meeting: any, act: (action: string, question: string, body: any) => void }} props */
function Give({ meeting, act }) {
  const [address, setAddress] = useState('');
  const give = (/** @type {any} */ event) => {
    event.preventDefault();
    act('transfer', `Make ${address} the owner of this meeting?`, { organizer: address.trim() });
  };
  return html`<details class="give">
    <summary>Change the owner</summary>
    <p class="help">The new owner is shown as the meeting’s organizer, owns the room on a Management Node, and gets the instructions when
      they are sent again. In Exchange, the meeting still belongs to the original organizer, and only they can move or cancel it.</p>
    <form onSubmit=${give}>
      <label><span>The new owner’s address</span><input type="email" required autocomplete="off" value=${address} onInput=${(/** @type {any} */ e) => setAddress(e.target.value)} /></label>
      <button>Change owner</button>
      ${meeting.given_to && html`<button type="button" onClick=${() => act('transfer', 'Make the organizer the owner again?', { organizer: '' })}>Make the organizer the owner again</button>`}
    </form>
  </details>`;
}

/** The number of occurrences that are shown at first. */
const DRAWN = 12;

/** @param {{ occurrences: any[] }} props shows a line for each: the join window and the meeting within it */
function Times({ occurrences }) {
  const present = now();
  const next = occurrences.findIndex((each) => each.closes > present);
  const first = next < 0 ? Math.max(0, occurrences.length - DRAWN) : next;
  const [drawn, others] = [occurrences.slice(first, first + DRAWN), [...occurrences.slice(0, first), ...occurrences.slice(first + DRAWN)]];
  const row = (/** @type {any} */ each) => html`<${Line} key=${each.start} times=${each} present=${present} />`;
  return html`<ol class="timeline">${drawn.map(row)}</ol>
    ${others.length > 0 && html`<details><summary>${others.length} more, earlier or later</summary><ol class="timeline">${others.map(row)}</ol></details>`}`;
}

/** @param {{ times: any, present: string }} props */
function Line({ times, present }) {
  const at = (/** @type {string} */ utc) => Date.parse(`${utc}Z`);
  const [from, to] = [at(times.opens), at(times.closes)];
  const x = (/** @type {string} */ utc) => (100 * (at(utc) - from)) / Math.max(1, to - from);
  const isOpen = times.opens <= present && present < times.closes;
  return html`<li class=${times.closes <= present ? 'over' : null}>
    <span><${Moment} utc=${times.start} /> to <${Moment} utc=${times.end} short /></span>
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="window" x="0" y="3" width="100" height="4" rx="1" />
      <rect class="held" x=${x(times.start)} y="1" width=${Math.max(0.5, x(times.end) - x(times.start))} height="8" rx="1" />
      ${isOpen && html`<line class="now" x1=${x(present)} x2=${x(present)} y1="0" y2="10" />`}
    </svg>
    <p class="about">People can join from <${Moment} utc=${times.opens} short /> to <${Moment} utc=${times.closes} short />${isOpen && ': now'}</p>
  </li>`;
}

/** @param {any} each */
function operation(each) {
  const outcome = each.is_pending ? 'under way' : each.success ? 'done' : 'failed';
  return html`<li class=${each.success || each.is_pending ? 'card' : 'card alarm'}>
    <h3>${each.what}: ${each.decision}</h3>
    <p class="about"><${Moment} utc=${each.creation_time} /> · ${outcome} · <code>${each.transaction_uuid}</code></p>
    ${each.reason && html`<p>${each.reason}</p>`}
    ${each.error_description && html`<p class="fault">${each.error_description}</p>`}
  </li>`;
}
