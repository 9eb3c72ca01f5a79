/** The pages of one integration. */

import { html } from './ui.js';

const PAGES = [
  { name: 'Settings', path: '' },
  { name: 'Overview', path: '/overview' },
  { name: 'Add-in', path: '/addin' },
];

/** @param {{ id: string, now: string, signsIn?: boolean }} props `signsIn`: it has a service account that signs in */
export function Tabs({ id, now, signsIn = false }) {
  const pages = [...PAGES, ...(signsIn ? [{ name: 'Service account', path: '/sign-in' }] : [])];
  return html`<nav class="tabs" aria-label="Pages of the integration"><ul>
    ${pages.map(
      ({ name, path }) => html`<li><a href="#/integrations/${id}${path}" aria-current=${name === now ? 'page' : null}>${name}</a></li>`,
    )}
  </ul></nav>`;
}

/** @param {any} integration @returns {boolean} whether its service account signs in */
export function signsIn(integration) {
  return integration.authentication_method === 'OAUTH';
}
