/** The result of a save: whether Exchange responds and what has to be done next. */

import { STATUS, list } from './api.js';
import { html } from './ui.js';
import { Problem, useAsked } from './parts.js';

/** @param {{ saved: any }} props the integration; Exchange is contacted before a save returns */
export function Connection({ saved }) {
  const asked = useAsked(() => list(`${STATUS}alarm/`, { exchange_connector: saved.resource_uri, limit: 20 }), [saved]);
  const raised = asked.value?.objects ?? [];
  return html`<div class="saved">
    <p class="well">Saved.</p>
    ${asked.error && html`<${Problem} error=${asked.error} again=${asked.again} />`}
    ${asked.value && raised.length === 0 && html`<p>${saved.enable_dynamic_vmrs ? 'Exchange was contacted and responded. There are no alarms.' : 'There are no alarms.'}</p>`}
    ${raised.length > 0 && html`<ul class="cards">
      ${raised.map((/** @type {any} */ each) => html`<li class="card alarm">
        <h3>${each.name.replaceAll('_', ' ')}</h3>
        <p>${each.details}</p>
        <p class="remedy">${each.remedy}</p>
      </li>`)}
    </ul>`}
    ${saved.manifest_reinstall_needed && html`<p>The add-in’s manifest has changed and must be reinstalled.</p>`}
  </div>`;
}
