/**
 * Signs admins in with a user name and password, or with Entra. The credentials are stored in this tab (sessionStorage)
 * and never in a cookie.
 */

import { call, useSession, STATUS } from './api.js';

const KEPT = 'vmr-console';

/** @typedef {{ sign_in: 'password' | 'entra', version: string, entra?: Entra }} Config */
/** @typedef {{ authority: string, client_id: string, scope: string, library: string }} Entra */

/** @returns {Config} how admins sign in to this deployment; it is part of the page */
export function config() {
  return JSON.parse(document.getElementById('config')?.textContent ?? '');
}

/**
 * Resume an earlier session, if it is still valid.
 * @param {Config} how @param {() => void} expired
 * @returns {Promise<boolean>}
 */
export async function resume(how, expired) {
  if (how.entra) return resumeEntra(how.entra, expired);
  const kept = sessionStorage.getItem(KEPT);
  if (kept) start(kept, expired);
  return kept !== null;
}

/**
 * @param {string} user @param {string} password @param {() => void} expired
 * Throws ApiError if they are wrong.
 */
export async function withPassword(user, password, expired) {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const header = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  start(header, () => {});
  await call(`${STATUS}alarm/?limit=1`);
  sessionStorage.setItem(KEPT, header);
  start(header, expired);
}

/** @param {Entra} entra @param {() => void} expired */
export async function withEntra(entra, expired) {
  const application = await msal(entra);
  const { account } = await application.loginPopup({ scopes: [entra.scope] });
  application.setActiveAccount(account);
  follow(application, entra, expired);
}

export function signOut() {
  sessionStorage.clear();
  useSession({ headers: async () => ({}), expired: () => {} });
}

/** @param {string} header @param {() => void} expired */
function start(header, expired) {
  useSession({
    headers: async () => ({ Authorization: header }),
    expired: () => {
      sessionStorage.removeItem(KEPT);
      expired();
    },
  });
}

/** @param {Entra} entra @param {() => void} expired */
async function resumeEntra(entra, expired) {
  const application = await msal(entra);
  const [account] = application.getAllAccounts();
  if (!account) return false;
  application.setActiveAccount(account);
  follow(application, entra, expired);
  return true;
}

/** @param {any} application @param {Entra} entra @param {() => void} expired */
function follow(application, entra, expired) {
  useSession({
    headers: async () => {
      const { accessToken } = await application.acquireTokenSilent({ scopes: [entra.scope] });
      return { Authorization: `Bearer ${accessToken}` };
    },
    expired,
  });
}

/** @param {Entra} entra @returns {Promise<any>} Microsoft's library, loaded when it is needed */
async function msal(entra) {
  if (!('msal' in window)) {
    await new Promise((loaded, failed) => {
      const script = document.createElement('script');
      script.src = entra.library;
      script.onload = loaded;
      script.onerror = () => failed(new Error('The sign-in library could not be loaded. Try again.'));
      document.head.append(script);
    });
  }
  const library = /** @type {any} */ (window).msal;
  const application = new library.PublicClientApplication({
    auth: { clientId: entra.client_id, authority: entra.authority, redirectUri: `${location.origin}/console` },
    cache: { cacheLocation: 'sessionStorage' },
  });
  await application.initialize();
  return application;
}
