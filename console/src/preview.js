/** A template as people will see it, as HTML and as plain text, while it is being written. */

import { CONFIGURATION, call } from './api.js';
import { html, useEffect, useRef, useState } from './ui.js';

const PAUSE = 200;

/**
 * @param {{ id: string, template: string, text: string, variables: string[], original: string,
 *   change: (text: string) => void }} props
 */
export function Preview({ id, template, text, variables, original, change }) {
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return undefined;
    let current = true; // an older answer may come later
    const timer = setTimeout(async () => {
      try {
        const path = `${CONFIGURATION}ms_exchange_connector/${id}/preview/`;
        const { data } = await call(path, { method: 'POST', body: { template, text } });
        if (current) setShown(data);
      } catch (error) {
        if (current) setShown({ faults: [/** @type {Error} */ (error).message] });
      }
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [open, text]);
  const insert = (/** @type {string} */ variable) => {
    const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById(template));
    const at = field?.selectionStart ?? text.length;
    change(`${text.slice(0, at)}{{${variable}}}${text.slice(field?.selectionEnd ?? at)}`);
  };
  return html`<details class="preview" onToggle=${(/** @type {any} */ e) => setOpen(e.target.open)}>
    <summary>Preview, variables</summary>
    <p class="variables">
      ${variables.map((each) => html`<button type="button" onClick=${() => insert(each)}>${each}</button> `)}
      <button type="button" class="reset" disabled=${text === original} onClick=${() => change(original)}>Back to the default</button>
    </p>
    ${shown?.faults?.length > 0 && html`<ul class="faults" role="alert">${shown.faults.map((/** @type {string} */ each) => html`<li>${each}</li>`)}</ul>`}
    ${shown?.html != null && !shown.faults.length && html`<div class="sides">
      <${Frame} content=${shown.html} title="As HTML" />
      <pre aria-label="As plain text">${shown.text}</pre>
    </div>`}
    ${shown?.line != null && !shown.faults.length && html`<p class="line">${shown.line}</p>`}
  </details>`;
}

/**
 * Mail as a mail client shows it. The frame runs no script and reaches no network: it is sandboxed, and has the page's
 * own policy. That forbids style attributes in HTML; set one by one, which no text can do, they are allowed.
 * @param {{ content: string, title: string }} props
 */
function Frame({ content, title }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const fill = () => {
    const inside = frame.current?.contentDocument;
    if (!inside?.body) return; // not loaded yet: `onLoad` comes
    inside.body.replaceChildren(...new DOMParser().parseFromString(content, 'text/html').body.childNodes);
    inside.documentElement.style.colorScheme = 'light';
    inside.body.style.background = 'white';
    for (const element of inside.querySelectorAll('[style]')) {
      const style = element.getAttribute('style') ?? '';
      element.removeAttribute('style');
      /** @type {HTMLElement} */ (element).style.cssText = style;
    }
  };
  useEffect(fill, [content]);
  return html`<iframe ref=${frame} title=${title} sandbox="allow-same-origin" srcdoc="<!doctype html><title>Preview</title>" onLoad=${fill}></iframe>`;
}
