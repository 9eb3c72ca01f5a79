/** What is wrong with an integration, from end to end, with the commands that fix it. */

import { CONFIGURATION, call } from './api.js';
import { html, useState } from './ui.js';
import { Problem } from './parts.js';

/** @param {{ id: string }} props */
export function Doctor({ id }) {
  const [state, setState] = useState(/** @type {any} */ (null));
  const examine = async () => {
    setState({ busy: true });
    try {
      const { data } = await call(`${CONFIGURATION}ms_exchange_connector/${id}/doctor/`);
      setState({ found: data });
    } catch (error) {
      setState({ error });
    }
  };
  return html`<section class="doctor" aria-label="Examination">
    <button type="button" disabled=${state?.busy} onClick=${examine}>${state?.busy ? 'Examining …' : 'Examine now'}</button>
    <div aria-live="polite">
      ${state?.error && html`<${Problem} error=${state.error} again=${examine} />`}
      ${state?.found && html`<p>${state.found.healthy ? 'Nothing is wrong.' : 'Something is wrong:'}</p>
        <ul class="cards">${state.found.findings.filter((/** @type {any} */ each) => !each.ok || each.warning).map(finding)}</ul>`}
    </div>
  </section>`;
}

/** @param {any} each */
function finding(each) {
  return html`<li class=${each.ok ? 'card' : 'card alarm'}>
    <h3>${each.check.replaceAll('_', ' ')}</h3>
    <p>${each.details}</p>
    <pre>${each.remedy}</pre>
    <button type="button" onClick=${() => navigator.clipboard.writeText(each.remedy)}>Copy</button>
  </li>`;
}
