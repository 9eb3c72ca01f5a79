/**
 * The deployment's state: alarms with their remedies, the next meetings, recent activity, and how many rooms will be
 * open in each hour.
 */

import { CONFIGURATION, STATUS, list } from './api.js';
import { Alarms } from './alarms.js';
import { Statistics } from './overview_charts.js';
import { html } from './ui.js';
import { Asked, Heading, Moment, useAsked } from './parts.js';

const NEXT = 8;

export function Overview() {
  const integrations = useAsked(() => list(`${CONFIGURATION}ms_exchange_connector/`, { limit: 1 }), []);
  const next = useAsked(() => list(`${STATUS}meeting/`, { limit: NEXT, order_by: 'start', state: 'scheduled', is_over: false }), []);
  return html`
    <${Heading} title="Overview" />
    <${Alarms} />
    <section aria-labelledby="next">
      <h2 id="next">Next meetings</h2>
      <${Asked} asked=${next}>
        ${(/** @type {any} */ { objects, total }) => html`
          ${objects.length === 0 && html`<p>No meetings are scheduled.</p>`}
          <ul class="rows">
            ${objects.map(
              (/** @type {any} */ each) => html`<li>
                <${Moment} utc=${each.start} />
                <a href="#/meetings/${each.id}">${each.subject || each.name || each.alias}</a>
                <span class=${each.door.open ? 'state open' : 'state'}>${each.door.open ? 'open' : 'closed'}</span>
              </li>`,
            )}
          </ul>
          ${total > NEXT && html`<p><a href="#/meetings">All ${total} meetings</a></p>`}
        `}
      <//>
    </section>
    <${Statistics} />
    <section aria-labelledby="integrations">
      <h2 id="integrations">Integrations</h2>
      <${Asked} asked=${integrations}>
        ${(/** @type {any} */ { total }) => html`<p><a href="#/integrations">${total} in this deployment</a></p>`}
      <//>
    </section>
  `;
}
