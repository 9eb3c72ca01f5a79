/** Deletes an integration, after showing what will be lost and asking for the integration's name. */

import { CONFIGURATION, call } from './api.js';
import { html, useEffect, useRef, useState } from './ui.js';
import { Asked, Problem, useAsked } from './parts.js';

/** @param {{ id: string, name: string, etag: string }} props */
export function Deletion({ id, name, etag }) {
  const [open, setOpen] = useState(false);
  return html`<button type="button" class="danger" onClick=${() => setOpen(true)}>Delete …</button>
    ${open && html`<${Question} id=${id} name=${name} etag=${etag} close=${() => setOpen(false)} />`}`;
}

/** @param {{ id: string, name: string, etag: string, close: () => void }} props */
function Question({ id, name, etag, close }) {
  const path = `${CONFIGURATION}ms_exchange_connector/${id}/`;
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [typed, setTyped] = useState('');
  const [state, setState] = useState(/** @type {{ busy?: boolean, error?: any }} */ ({}));
  const usage = useAsked(async () => (await call(`${path}usage/`)).data, [id]);
  useEffect(() => dialog.current?.showModal(), []);
  const remove = async (/** @type {any} */ event) => {
    event.preventDefault();
    setState({ busy: true });
    try {
      await call(`${path}?force=true`, { method: 'DELETE', etag });
      location.hash = '#/integrations';
    } catch (error) {
      setState({ error });
    }
  };
  return html`<dialog ref=${dialog} class="question" aria-labelledby="deletion" onClose=${close}>
    <form onSubmit=${remove}>
      <h2 id="deletion">Delete ${name}?</h2>
      <${Asked} asked=${usage}>
        ${(/** @type {any} */ found) => html`<p class=${found.details ? 'fault' : null}>${found.details || 'It has no upcoming meetings and no personal VMRs of its own.'}</p>
          <p>Its secrets and its icon are also deleted. Its settings can be restored from the history; secrets, meetings and VMRs cannot.</p>`}
      <//>
      ${state.error && html`<${Problem} error=${state.error} />`}
      <label>Type its name to delete it <input value=${typed} autocomplete="off" onInput=${(/** @type {any} */ e) => setTyped(e.target.value)} /></label>
      <div class="actions">
        <button class="danger" disabled=${typed.trim() !== name.trim() || !usage.value || state.busy}>${state.busy ? 'Deleting …' : 'Delete'}</button>
        <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
      </div>
    </form>
  </dialog>`;
}
