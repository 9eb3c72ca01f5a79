/** Building blocks of all views: loading states, errors, lists with pages, and times. */

import { html, useEffect, useRef, useState } from './ui.js';

/** @typedef {import('./api.js').ApiError} ApiError */

/**
 * Data that has to be loaded.
 * @template T
 * @param {() => Promise<T>} ask @param {unknown[]} on reloaded when one of these changes
 * @returns {{ value?: T, error?: ApiError, again: () => void }}
 */
export function useAsked(ask, on) {
  const [state, setState] = useState(/** @type {{ value?: T, error?: ApiError }} */ ({}));
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    ask().then(
      (value) => current && setState({ value }),
      (error) => current && setState((before) => ({ ...before, error })),
    );
    return () => {
      current = false;
    };
  }, [...on, round]);
  return { ...state, again: () => setRound(round + 1) };
}

/**
 * Shows requested data once it has arrived. Everything is enclosed in one element without a box, because the Preact in
 * htm's standalone build puts the replacement of several elements in the wrong place.
 * @param {{ asked: { value?: any, error?: ApiError, again: () => void }, children: (value: any) => any }} props
 */
export function Asked({ asked, children }) {
  return html`<div class="asked">
    ${asked.error && html`<${Problem} error=${asked.error} again=${asked.again} />`}
    ${asked.value === undefined
      ? !asked.error && html`<p class="loading" role="status">Loading …</p>`
      : children(asked.value)}
  </div>`;
}

/** @param {{ error: ApiError | Error, again?: () => void }} props */
export function Problem({ error, again }) {
  return html`<div class="problem" role="alert">
    <p>${error.message}</p>
    ${again && html`<button type="button" onClick=${again}>Try again</button>`}
  </div>`;
}

/** Milliseconds from the last keystroke until the deployment is called. */
export const TYPING_PAUSE = 250;

/** @param {{ title: string, children?: any }} props the heading gets the focus when the view
 * changes, so that screen readers announce it */
export function Heading({ title, children }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    document.title = `${title} · VMR scheduling`;
    place.current?.focus();
  }, [title]);
  return html`<header class="view">
    <h1 ref=${place} tabindex="-1">${title}</h1>
    ${children}
  </header>`;
}

/** @param {{ offset: number, limit: number, total: number, go: (offset: number) => void }} props */
export function Pages({ offset, limit, total, go }) {
  if (total <= limit) return html`<p class="count">${total} in all</p>`;
  return html`<nav class="pages" aria-label="Pages">
    <button type="button" disabled=${offset === 0} onClick=${() => go(Math.max(0, offset - limit))}>Previous</button>
    <span>${offset + 1} to ${Math.min(offset + limit, total)} of ${total}</span>
    <button type="button" disabled=${offset + limit >= total} onClick=${() => go(offset + limit)}>Next</button>
  </nav>`;
}

/**
 * @param {{ label: string, value: string, change: (text: string) => void }} props searches once the user has stopped typing
 */
export function Search({ label, value, change }) {
  const [text, setText] = useState(value);
  const told = useRef(value); // the value last exchanged with the view; any other value comes from elsewhere, such as the URL
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === told.current) return;
      told.current = text;
      change(text);
    }, TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<label class="search">
    <span>${label}</span>
    <input type="search" value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
  </label>`;
}

/** The current time, in the management API's format. */
export function now() {
  return new Date().toISOString().slice(0, 19);
}

/** @param {string | null | undefined} utc a time from the management API: UTC, without an offset */
export function moment(utc) {
  if (!utc) return '';
  const format = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Date(`${utc}Z`).toLocaleString(undefined, /** @type {Intl.DateTimeFormatOptions} */ (format));
}

/** @param {{ utc: string | null | undefined, short?: boolean }} props `short`: only the time of day */
export function Moment({ utc, short }) {
  const shown = short && utc ? new Date(`${utc}Z`).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' }) : moment(utc);
  return utc ? html`<time datetime="${utc}Z" title="${utc} UTC">${shown}</time>` : html`<span>–</span>`;
}

/** @param {any} integration */
export function kindOf(integration) {
  const method = integration.authentication_method;
  return method === 'GRAPH' || (method === 'APP_PERM' && !integration.url) ? 'Exchange Online (Graph)' : `EWS (${method})`;
}
