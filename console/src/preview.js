/** A template as people will see it, as HTML and as plain text, while it is being edited. */

import { CONFIGURATION, call } from './api.js';
import { html, useEffect, useState } from './ui.js';
import { differences } from './diff.js';
import { MailFrame } from './mail_frame.js';

/** Milliseconds from the last keystroke until the deployment is called. */
const PREVIEW_PAUSE = 120;

/**
 * @param {{ id: string, template: string, field: import('./fields.js').Field, text: string,
 *   change: (text: string) => void }} props `id`: "" for an integration that is not saved yet, which has no preview
 */
export function Preview({ id, template, field, text, change }) {
  const [open, setOpen] = useState(false);
  const [values, setValues] = useState(/** @type {Record<string, any>} */ ({}));
  const shown = usePreview(open && id !== '', id, template, text, values);
  const original = field.default ?? '';
  const insert = (/** @type {string} */ variable) => {
    const area = areaOf(template);
    const [from, to] = [area?.selectionStart ?? text.length, area?.selectionEnd ?? text.length];
    const before = area?.value ?? text;
    change(`${before.slice(0, from)}{{${variable}}}${before.slice(to)}`);
    requestAnimationFrame(() => select(template, from + variable.length + 4, from + variable.length + 4));
  };
  const isChanged = text.replaceAll('\r\n', '\n') !== original.replaceAll('\r\n', '\n');
  return html`<details class="preview" onToggle=${(/** @type {any} */ e) => setOpen(e.target.open)}>
    <summary>Preview, variables${isChanged ? ', difference from the default' : ''}</summary>
    ${open && html`
      <p class="variables" role="group" aria-label="Insert a variable">
        ${(field.x.variables ?? []).map((each) => html`<button type="button" onClick=${() => insert(each)}>${each}</button> `)}
        ${!field.x.variables?.length && html`<span class="about">This text has no variables.</span>`}
        <button type="button" class="reset" disabled=${!isChanged} onClick=${() => change(original)}>Reset to the default</button>
      </p>
      ${!id && html`<p class="about">A preview is available once the integration is saved.</p>`}
      ${id && html`<${Samples} template=${template} known=${shown?.values ?? {}} given=${values} change=${setValues} />`}
      ${shown?.faults?.length > 0 && html`<ul class="faults" role="alert">${shown.faults.map((/** @type {string} */ each) => html`<${Fault} fault=${each} template=${template} />`)}</ul>`}
      ${shown && !shown.faults.length && html`<${Shown} shown=${shown} />`}
      ${isChanged && html`<${Difference} before=${original} after=${text} />`}
    `}
  </details>`;
}

/**
 * @param {boolean} wanted @param {string} id @param {string} template @param {string} text @param {Record<string, any>} values
 * @returns {any} the API's latest response
 */
function usePreview(wanted, id, template, text, values) {
  const [shown, setShown] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!wanted) return undefined;
    let current = true; // an older response may arrive later
    const timer = setTimeout(async () => {
      try {
        const path = `${CONFIGURATION}ms_exchange_connector/${id}/preview/`;
        const { data } = await call(path, { method: 'POST', body: { template, text, values } });
        if (current) setShown(data);
      } catch (error) {
        if (current) setShown((/** @type {any} */ before) => ({ ...before, faults: [/** @type {Error} */ (error).message] }));
      }
    }, PREVIEW_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted, text, values]);
  return shown;
}

/** @param {{ shown: any }} props */
function Shown({ shown }) {
  if (shown.line != null) return html`<p class="line">${shown.line || html`<span class="about">Nothing.</span>`}</p>`;
  return html`<div class="sides">
    <figure><figcaption>In an e-mail, light</figcaption><${MailFrame} content=${shown.html} title="As HTML, light" /></figure>
    <figure><figcaption>In an e-mail, dark</figcaption><${MailFrame} content=${shown.html} title="As HTML, dark" dark /></figure>
    <figure><figcaption>As plain text</figcaption><pre tabindex="0" aria-label="As plain text">${shown.text}</pre></figure>
  </div>`;
}

/** @param {{ fault: string, template: string }} props the button jumps to the line that is mentioned in the fault */
function Fault({ fault, template }) {
  const [, line] = /^(?:with sample values: )?line (\d+)/.exec(fault) ?? [];
  const go = () => {
    const lines = (areaOf(template)?.value ?? '').split('\n');
    const from = lines.slice(0, Number(line) - 1).join('\n').length + (Number(line) > 1 ? 1 : 0);
    select(template, from, from + (lines[Number(line) - 1] ?? '').length);
  };
  return html`<li class="fault">${fault} ${line && html`<button type="button" class="small" onClick=${go}>Go to line ${line}</button>`}</li>`;
}

/** @param {{ template: string, known: Record<string, any>, given: Record<string, any>, change: (values: Record<string, any>) => void }} props */
function Samples({ template, known, given, change }) {
  const names = Object.keys(known);
  if (!names.length) return null;
  const set = (/** @type {string} */ name, /** @type {any} */ value) => {
    const { [name]: _, ...others } = given;
    change(value === undefined || value === '' ? others : { ...others, [name]: value });
  };
  const one = (/** @type {string} */ name) => {
    const [sample, id] = [known[name], `${template}-${name}`];
    if (typeof sample === 'boolean') {
      return html`<label class="switch" for=${id}><input id=${id} type="checkbox" checked=${given[name] ?? sample} onChange=${(/** @type {any} */ e) => set(name, e.target.checked)} /><span>${name}</span></label>`;
    }
    const isList = Array.isArray(sample);
    const text = (/** @type {any} */ value) => (isList ? value?.join(', ') : value);
    const typed = (/** @type {string} */ value) => (isList && value !== '' ? value.split(',').map((each) => each.trim()) : value);
    return html`<label for=${id}>${name}<input id=${id} type="text" placeholder=${text(sample)} defaultValue=${text(given[name]) ?? ''}
      onInput=${(/** @type {any} */ e) => set(name, typed(e.target.value))} /></label>`;
  };
  return html`<details class="values"><summary>Sample values</summary><div class="grid">${names.map(one)}</div></details>`;
}

/** @param {{ before: string, after: string }} props */
function Difference({ before, after }) {
  const marks = { same: ' ', gone: '−', new: '+' };
  const words = { same: '', gone: 'only in the default: ', new: 'only here: ' };
  return html`<details class="difference"><summary>Difference from the default</summary>
    <pre tabindex="0" aria-label="Difference from the default">${differences(before, after).map(
      ({ kind, line }) => html`<span class=${kind}><span aria-hidden="true">${marks[kind]} </span><span class="unseen">${words[kind]}</span>${line}${'\n'}</span>`,
    )}</pre>
  </details>`;
}

/** @param {string} template */
function areaOf(template) {
  return /** @type {HTMLTextAreaElement | null} */ (document.getElementById(template));
}

/** @param {string} template @param {number} from @param {number} to */
function select(template, from, to) {
  areaOf(template)?.focus();
  areaOf(template)?.setSelectionRange(from, to);
}
