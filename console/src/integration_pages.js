/** An integration's own overview, and the sign-in of its service account. */

import { CONFIGURATION, call } from './api.js';
import { html, useState } from './ui.js';
import { Command } from './command.js';
import { Asked, Heading, Moment, Problem, useAsked } from './parts.js';
import { Statistics } from './overview_charts.js';
import { Tabs, signsIn } from './tabs.js';

const PATH = `${CONFIGURATION}ms_exchange_connector/`;

/** @param {{ id: string }} props */
export function IntegrationOverview({ id }) {
  const asked = useAsked(async () => (await call(`${PATH}${id}/`)).data, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ integration) => html`
      <${Heading} title=${integration.name} />
      <${Tabs} id=${id} now="Overview" signsIn=${signsIn(integration)} />
      <${Statistics} id=${id} />
    `}
  <//>`;
}

/** @param {{ id: string }} props */
export function ServiceAccount({ id }) {
  const asked = useAsked(async () => (await call(`${PATH}${id}/`)).data, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ integration) => html`
      <${Heading} title=${integration.name} />
      <${Tabs} id=${id} now="Service account" signsIn />
      <section aria-labelledby="sign-in">
        <h2 id="sign-in">Sign in to the service account</h2>
        ${signsIn(integration) ? html`<${Link} id=${id} integration=${integration} />` : html`<p>This integration’s service account does not sign in: its authentication method is not OAUTH.</p>`}
      </section>
    `}
  <//>`;
}

/** @param {{ id: string, integration: any }} props */
function Link({ id, integration }) {
  const [link, setLink] = useState(/** @type {any} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const make = async () => {
    setFailure(null);
    try {
      setLink((await call(`${PATH}${id}/sign_in/`, { method: 'POST', body: {} })).data);
    } catch (error) {
      setFailure(error);
    }
  };
  return html`
    <p>Needed after the first save, and again after a change of any setting with a †, of the account’s password or of its multi-factor authentication.</p>
    <ol class="steps">
      <li>Sign out of all Microsoft accounts on your device, the Azure portal included; or use a private window.</li>
      <li>Make a sign-in link. It can be used once, within an hour, and makes earlier ones void.
        <p><button type="button" onClick=${make}>Make a sign-in link</button></p>
        ${failure && html`<${Problem} error=${failure} />`}
        ${link && html`<${Command} label="Sign-in link" text=${link.sign_in_link} />
          <p class="about">Until <${Moment} utc=${link.expires} />. The redirect URI must be registered as <code>${link.redirect_uri}</code>.</p>`}
      </li>
      <li>Open the link in a new tab, and sign in as <strong>${integration.username || 'the service account'}</strong>.</li>
      <li>Where you may <em>consent on behalf of your organization</em>, do not: consent is only needed for the service account. Choose <em>Accept</em>.</li>
      <li>You are returned to this deployment, and read “Successfully signed in”. <a href="#/integrations/${id}">Examine the integration</a> then.</li>
    </ol>
  `;
}
