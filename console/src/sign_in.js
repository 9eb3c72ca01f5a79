/** The form or button that an admin signs in with. */

import { html, useState } from './ui.js';
import { Problem } from './parts.js';
import { withEntra, withPassword } from './session.js';

/** @param {{ how: import('./session.js').Config, done: () => void, expired: () => void, small?: boolean }} props */
export function SignIn({ how, done, expired, small }) {
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  /** @param {() => Promise<void>} prove */
  const attempt = async (prove) => {
    setBusy(true);
    setError(null);
    try {
      await prove();
      done();
    } catch (failure) {
      setError(/** @type {Error} */ (failure));
      setBusy(false);
    }
  };
  /** @param {any} event */
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    attempt(() => withPassword(String(form.get('user')), String(form.get('password')), expired));
  };
  const entra = how.entra;
  return html`<div class=${small ? 'sign-in small' : 'sign-in'}>
    ${!small && html`<h1>VMR scheduling for Exchange</h1>`}
    ${error && html`<${Problem} error=${error} />`}
    ${entra
      ? html`<button type="button" disabled=${busy} onClick=${() => attempt(() => withEntra(entra, expired))}>
          Sign in with Microsoft
        </button>`
      : html`<form onSubmit=${submit}>
          <label>User name <input name="user" autocomplete="username" required /></label>
          <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
          <button disabled=${busy}>${busy ? 'Signing in …' : 'Sign in'}</button>
        </form>`}
  </div>`;
}
