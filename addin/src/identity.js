// @ts-check
/**
 * Establishes who the user is (X5): gets a token from the configured source or, if that fails, through a sign-in
 * dialog.
 *
 * The server verifies every token, so the pane only has to find out which sources this Outlook supports.
 */

import { inTime } from './waiting.js';
import { Sessions } from './sessions.js';

/** @import {Api} from './api.js' */
/** @import {Outlook} from './office.js' */

/**
 * @typedef {object} IdentityConfig
 * @property {'exchange_token'|'nested_app'|'office_sso'|'dialog'} method
 * @property {string} [client_id]
 * @property {string} [authority]
 * @property {string} [scope]
 * @property {string} [dialog_url]  the server's page that starts the sign-in
 */

const SILENT_SIGN_IN_TIMEOUT = 15_000; // milliseconds for steps that need no user interaction

/** The user has to click "Sign In" before anything can be requested. */
export class SignInNeeded extends Error {}

/** There is no token and no way to sign in. */
export class NoIdentity extends Error {}

/** Gets tokens for one user in one pane. */
export class Identity {
  /**
   * @param {IdentityConfig} config
   * @param {Outlook} outlook
   * @param {Api} api
   * @param {(line: string) => void} log
   * @param {Sessions} [sessions]
   */
  constructor(config, outlook, api, log, sessions = new Sessions(`${config.dialog_url} ${outlook.user}`, log)) {
    this.config = config;
    this.outlook = outlook;
    this.api = api;
    this.log = log;
    this.sessions = sessions;
    this.session = config.dialog_url ? sessions.load() : '';
    this.nested = /** @type {any} */ (null); // MSAL's application
    /** The sign-in in progress: its page and the secrets that only this pane knows. */
    this.attempt = { page: '', verifier: '' };
  }

  /**
   * Return a token for the user.
   * @param {boolean} mayAsk  whether Outlook may ask the user for consent; only after a click
   * @returns {Promise<string>}
   * @throws {SignInNeeded|NoIdentity}
   */
  async token(mayAsk) {
    const token = this.session || (await this.#outlookToken(mayAsk));
    if (token) return token;
    throw this.config.dialog_url ? new SignInNeeded() : new NoIdentity('Outlook returned no identity token.');
  }

  /**
   * Handle the server's rejection of the last token.
   * @param {Error} error the server's error
   */
  refused(error) {
    this.#keep('');
    return this.config.dialog_url ? new SignInNeeded() : error;
  }

  /** Let the user sign in. Must be called from a click. Otherwise, the browser blocks the window. */
  async signIn() {
    const attempt = await begun(this.config.dialog_url ?? '');
    this.attempt = attempt;
    this.outlook.closeDialog();
    const answer = JSON.parse(await this.outlook.dialog(attempt.page));
    if (!answer.code) throw new NoIdentity(`sign-in: ${answer.error ?? 'no code'}`);
    // If a code was typed in the meantime, it has completed the sign-in.
    if (this.attempt === attempt) await this.redeem(answer.code);
  }

  /**
   * Redeem the one-time code of the sign-in in progress. It comes from the dialog, or from the user if the dialog
   * cannot reach the pane.
   * @param {string} code
   */
  async redeem(code) {
    const session = await this.api.redeem(code, this.attempt.verifier, await this.#outlookToken(false));
    this.attempt = { page: '', verifier: '' };
    this.outlook.closeDialog();
    this.#keep(session);
  }

  /** End the user's sessions on the server and delete the one that is stored here. */
  async signOut() {
    await this.api.signOut(this.session);
    this.#keep('');
  }

  /** @param {string} session */
  #keep(session) {
    this.session = session;
    this.sessions.save(session);
  }

  /**
   * Outlook's own token for the user; "" if no source returns one.
   * @param {boolean} mayAsk
   */
  async #outlookToken(mayAsk) {
    for (const [name, source] of this.#sources(mayAsk)) {
      try {
        return await source();
      } catch (error) {
        this.log(`Identity: ${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
    return '';
  }

  /**
   * @param {boolean} mayAsk
   * @returns {[string, () => Promise<string>][]}
   */
  #sources(mayAsk) {
    const exchange = /** @type {[string, () => Promise<string>]} */ ([
      'Exchange identity token',
      () => this.outlook.identityToken(),
    ]);
    switch (this.config.method) {
      case 'nested_app':
        // Exchange on-premises does not support nested app authentication, but signs tokens itself.
        return [['nested app authentication', () => this.#nestedToken(mayAsk)], exchange];
      case 'office_sso':
        return [['Office single sign-on', () => this.#officeToken(mayAsk)], exchange];
      case 'exchange_token':
        return [exchange];
      default:
        return [];
    }
  }

  /** @param {boolean} mayAsk */
  async #nestedToken(mayAsk) {
    if (!this.outlook.supports('NestedAppAuth', '1.1')) throw new Error('not supported by this Outlook');
    this.nested ??= await inTime(nestedApp(this.config), SILENT_SIGN_IN_TIMEOUT);
    const request = { scopes: [this.config.scope ?? ''] };
    const silent = inTime(this.nested.acquireTokenSilent(request), SILENT_SIGN_IN_TIMEOUT);
    const result = await (mayAsk ? silent.catch(() => this.nested.acquireTokenPopup(request)) : silent);
    // The access token of our own API, never the ID token (docs/facts/outlook-addin.md).
    return /** @type {string} */ (result.accessToken);
  }

  /** @param {boolean} mayAsk */
  async #officeToken(mayAsk) {
    if (!this.outlook.supports('IdentityAPI', '1.3')) throw new Error('not supported by this Outlook');
    return this.outlook.office.auth.getAccessToken({ allowSignInPrompt: mayAsk, allowConsentPrompt: mayAsk });
  }
}

/**
 * MSAL's application. The library is larger than the rest of the pane, so it is loaded only when needed.
 * @param {IdentityConfig} config
 * @returns {Promise<any>}
 */
async function nestedApp({ client_id: clientId = '', authority }) {
  // @ts-ignore: the file is a script that defines `msal`, not a module
  await import('./msal-browser.min.js');
  const { msal } = /** @type {any} */ (globalThis);
  let isNested = false;
  const app = await msal.createNestablePublicClientApplication(
    { auth: { clientId, authority } },
    undefined,
    // Only called for nested app authentication. If Outlook's end of the bridge is missing, MSAL creates an application
    // that opens browser windows instead.
    (/** @type {unknown} */ configuration, /** @type {unknown} */ controller) => {
      isNested = true;
      return new msal.PublicClientApplication(configuration, controller);
    },
  );
  if (!isNested) throw new Error('this Outlook claims to support it, but does not');
  return app;
}

/**
 * Start a new sign-in.
 * @param {string} url  URL of the page that starts it
 */
async function begun(url) {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  const page = new URL(url, location.href);
  page.searchParams.set('challenge', challenge);
  return { page: page.href, verifier };
}

/** @param {ArrayBuffer|Uint8Array} bytes */
function base64url(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
