/** A secret can be set, replaced or cleared, but is never shown. */

import { html, useEffect, useRef, useState } from './ui.js';

/**
 * @param {{ label: any, field: import('./fields.js').Field, value: string | undefined, shared: any, isSet: boolean,
 *   change: (value: string | undefined) => void }} props `value`: undefined keeps the secret, "" clears it
 */
export function Secret({ label, field, value, shared, isSet, change }) {
  const [open, setOpen] = useState(false);
  const place = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (open) place.current?.focus();
  }, [open]);
  const keep = () => {
    setOpen(false);
    change(undefined);
  };
  const plain = field.x.label;
  const writing = value ? true : !isSet || open;
  if (writing && value !== '') {
    return html`<label for=${shared.id}>${label}</label>
      <div class="secret">
        <input ref=${place} type="password" autocomplete="off" ...${shared} value=${value ?? ''}
          onInput=${(/** @type {any} */ e) => change(e.target.value === '' ? undefined : e.target.value)} />
        ${isSet && html`<button type="button" onClick=${keep}>Keep as it is</button>`}
      </div>`;
  }
  const { id, disabled, ...described } = shared;
  return html`<div role="group" aria-labelledby="${id}-label">
    <span class="label" id="${id}-label">${label}</span>
    <div class="secret" ...${described} name=${null}>
      <span class=${value === '' ? 'state bad' : 'state open'}>${value === '' ? 'will be cleared' : 'set'}</span>
      ${value === ''
        ? html`<button type="button" id=${id} onClick=${keep}>Keep as it is</button>`
        : html`<button type="button" id=${id} disabled=${disabled} aria-label="Replace ${plain}" onClick=${() => setOpen(true)}>Replace</button>
            <button type="button" disabled=${disabled} aria-label="Clear ${plain}" onClick=${() => change('')}>Clear</button>`}
    </div>
  </div>`;
}
