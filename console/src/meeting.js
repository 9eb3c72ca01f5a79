/** One meeting: its room and when it is open, the decisions on its messages, and its actions. */

import { STATUS, call, list } from './api.js';
import { html, useState } from './ui.js';
import { roomOf } from './meetings.js';
import { Asked, Heading, Moment, Problem, useAsked } from './parts.js';

const PATH = `${STATUS}meeting/`;

/** @param {{ id: string }} props */
export function Meeting({ id }) {
  const asked = useAsked(async () => {
    const { data } = await call(`${PATH}${id}/`);
    const query = { transaction_uuid__in: data.operations.join(','), order_by: '-creation_time', limit: 100 };
    const decided = data.operations.length ? (await list(`${STATUS}scheduling_operation/`, query)).objects : [];
    return { meeting: data, decided };
  }, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ { meeting, decided }) => html`
      <${Heading} title=${meeting.subject || meeting.name || meeting.alias} />
      <dl class="facts">
        <dt>Room</dt><dd><span class=${meeting.door.open ? 'state open' : 'state'}>${roomOf(meeting)}</span>
          ${meeting.door.next_change && html` until <${Moment} utc=${meeting.door.next_change} />`}</dd>
        <dt>Alias</dt><dd>${meeting.alias} · ${meeting.numeric_alias}</dd>
        <dt>Name</dt><dd>${meeting.name}</dd>
        ${meeting.organizer && html`<dt>Organizer</dt><dd>${meeting.organizer}</dd>`}
        <dt>Tag</dt><dd><code>${meeting.tag}</code></dd>
      </dl>
      <${Actions} meeting=${meeting} again=${asked.again} />
      <section aria-labelledby="times">
        <h2 id="times">Times</h2>
        <ol class="rows">${meeting.occurrences.map((/** @type {any} */ each) => html`<li><${Moment} utc=${each.start} /> to <${Moment} utc=${each.end} /></li>`)}</ol>
      </section>
      <section aria-labelledby="decided">
        <h2 id="decided">What was decided on its messages</h2>
        ${decided.length === 0 && html`<p>Nothing is on record any more.</p>`}
        <ul class="cards">${decided.map(operation)}</ul>
      </section>
    `}
  <//>`;
}

/** @param {{ meeting: any, again: () => void }} props */
function Actions({ meeting, again }) {
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const act = async (/** @type {string} */ action, /** @type {string} */ question) => {
    if (question && !confirm(question)) return;
    setFailure(null);
    try {
      await call(`${PATH}${meeting.id}/${action}/`, { method: 'POST', body: {} });
      again();
    } catch (error) {
      setFailure(error);
    }
  };
  const warning = 'Close this room? Nobody gets in any more, whatever the organizer sends, until it is reopened here.';
  return html`<div class="actions">
    ${failure && html`<${Problem} error=${failure} />`}
    ${meeting.state === 'scheduled' && html`<button type="button" onClick=${() => act('close', warning)}>Close the room</button>`}
    ${meeting.state === 'held' && html`<button type="button" onClick=${() => act('reopen', '')}>Reopen the room</button>`}
  </div>`;
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
