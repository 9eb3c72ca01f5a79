/** An integration's overview, and its service account's sign-in. */

import { CONFIGURATION, call } from './api.js';
import { html, useEffect, useState } from './ui.js';
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
  const asked = useAsked(async () => {
    const [integration, secrets] = await Promise.all([call(`${PATH}${id}/`), call(`${PATH}${id}/secrets/`)]);
    return { integration: integration.data, isSignedIn: secrets.data.oauth_refresh_token === true };
  }, [id]);
  useReturn(asked.again);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ { integration, isSignedIn }) => html`
      <${Heading} title=${integration.name} />
      <${Tabs} id=${id} now="Service account" signsIn />
      <section aria-labelledby="sign-in">
        <h2 id="sign-in">Sign in to the service account</h2>
        ${signsIn(integration) ? html`<${Link} id=${id} integration=${integration} isSignedIn=${isSignedIn} />` : html`<p>This integration has no service account that signs in: its authentication method is not OAUTH.</p>`}
      </section>
    `}
  <//>`;
}

/**
 * @param {() => void} again called when the admin returns from another tab, in which the account may have been signed in
 */
function useReturn(again) {
  useEffect(() => {
    const seen = () => document.visibilityState === 'visible' && again();
    addEventListener('focus', seen);
    document.addEventListener('visibilitychange', seen);
    return () => {
      removeEventListener('focus', seen);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [again]);
}

/** @param {{ id: string, integration: any, isSignedIn: boolean }} props */
function Link({ id, integration, isSignedIn }) {
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
    <p role="status"><span class=${isSignedIn ? 'chip good' : 'chip warn'}>${isSignedIn ? 'signed in' : 'not signed in'}</span>${
      isSignedIn ? `${integration.username || 'The service account'} is signed in.` : 'No invitation can be answered until the service account has signed in.'
    }</p>
    <p>The account has to sign in after the first save, and again after any change to a setting marked with †, to the account’s password or to its multi-factor authentication.</p>
    <ol class="steps">
      <li>Sign out of all Microsoft accounts on your device, including the Azure portal, or use a private window.</li>
      <li>Create a sign-in link. It can be used once, within an hour, and invalidates earlier links.
        <p><button type="button" onClick=${make}>Create a sign-in link</button></p>
        ${failure && html`<${Problem} error=${failure} />`}
        ${link && html`<${Command} label="Sign-in link" text=${link.sign_in_link} />
          <p><a class="button" href=${link.sign_in_link} target="_blank" rel="noopener noreferrer">Open it in a new tab</a></p>
          <p class="about">Valid until <${Moment} utc=${link.expires} />. The redirect URI must be registered as <code>${link.redirect_uri}</code>.</p>`}
      </li>
      <li>Open the link and sign in as <strong>${integration.username || 'the service account'}</strong>.</li>
      <li>If there is an option to <em>consent on behalf of your organization</em>, do not select it: consent is only needed for the service account. Choose <em>Accept</em>.</li>
      <li>You return to this deployment, which shows “Successfully signed in”. Then <a href="#/integrations/${id}">check the integration</a>.</li>
    </ol>
  `;
}
