/** The add-in's icon: the current one and an upload that replaces it. */

import { CONFIGURATION, call } from './api.js';
import { html, useState } from './ui.js';
import { Problem } from './parts.js';

/** The sizes in which Outlook requests the icon, in pixels. */
const SIZES = [16, 32, 80];

/** @param {{ id: string, uuid: string, readOnly: boolean }} props */
export function Icon({ id, uuid, readOnly }) {
  const [chosen, setChosen] = useState(/** @type {{ file: File, url: string } | null} */ (null));
  const [state, setState] = useState(/** @type {{ busy?: boolean, saved?: number, faults?: string[], error?: any }} */ ({}));
  const choose = async (/** @type {any} */ event) => {
    const [file] = event.target.files;
    setState({});
    setChosen(file ? { file, url: await dataUrl(file) } : null);
  };
  const upload = async () => {
    if (!chosen) return;
    setState({ busy: true });
    try {
      await call(`${CONFIGURATION}ms_exchange_connector/${id}/icon/`, { method: 'PUT', file: chosen.file });
      setChosen(null);
      setState({ saved: Date.now() });
    } catch (error) {
      const faults = /** @type {any} */ (error).faults?.icon;
      setState(faults ? { faults } : { error });
    }
  };
  const now = (/** @type {number} */ size) => `/addin/${uuid}/icon-${size}.png${state.saved ? `?${state.saved}` : ''}`;
  return html`<section class="icon panel" aria-labelledby="icon-title">
    <h2 id="icon-title">Add-in icon</h2>
    <div class="samples">
      ${SIZES.map((size) => html`<figure>
        <img src=${chosen?.url ?? now(size)} alt="" width=${size} height=${size} /><figcaption>${size} × ${size}</figcaption>
      </figure>`)}
    </div>
    ${!readOnly && html`<div class="setting ${state.faults ? 'wrong' : ''}">
      <label for="icon-file">New icon</label>
      <input id="icon-file" type="file" accept="image/png" aria-describedby="icon-help" onChange=${choose} />
      <p class="help" id="icon-help">A PNG of 80 × 80 pixels, at most 128 KiB. Nothing changes until you replace the icon.</p>
      <div aria-live="polite">
        ${state.faults && html`<p class="fault">${state.faults.join(' ')}</p>`}
        ${state.error && html`<${Problem} error=${state.error} again=${upload} />`}
        ${state.saved && html`<p class="well">Replaced. Outlook shows the new icon after a while.</p>`}
      </div>
      <button type="button" disabled=${!chosen || state.busy} onClick=${upload}>${state.busy ? 'Replacing …' : 'Replace the icon'}</button>
    </div>`}
  </section>`;
}

/** @param {File} file @returns {Promise<string>} a data URL, because the page's policy allows no other URLs for files */
function dataUrl(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}
