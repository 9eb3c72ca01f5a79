/** Lets the admin choose an integration: from a list if there are few, by typing its name if there are many. */

import { CONFIGURATION, STATUS, list } from './api.js';
import { TYPING_PAUSE } from './parts.js';
import { html, useEffect, useRef, useState } from './ui.js';

/** @typedef {{ id: number, name: string, room_mailbox_email_address: string | null, exchange_connector: string }} Named */
/** @typedef {{ objects: Named[], total: number }} Names the first integrations by name, and their total number */
/** @typedef {{ value: string, text: string }} Option */

const PATH = `${STATUS}connector_name/`;

/** The maximum number of integrations in the list; if there are more, the admin types a name. */
const LISTED_MAX = 200;
const SUGGESTED = 20;
const GONE = 'A deleted integration';

/** @returns {Promise<Names>} */
export function integrationNames() {
  return list(PATH, { order_by: 'name', limit: LISTED_MAX });
}

/**
 * @param {(string | null | undefined)[]} uris of integrations
 * @returns {Promise<Map<string, string>>} their names, except those of deleted integrations
 */
export async function namesOf(uris) {
  const ids = [...new Set(uris)].flatMap((uri) => (uri ? [idOf(uri)] : []));
  const found = ids.length ? (await list(PATH, { id__in: ids.join(','), limit: ids.length })).objects : [];
  return new Map(found.map((each) => [each.exchange_connector, each.name]));
}

/** @param {string} uri of an integration */
export function idOf(uri) {
  return uri.split('/').at(-2) ?? '';
}

/** @param {string} id of an integration */
export function uriOf(id) {
  return `${CONFIGURATION}ms_exchange_connector/${id}/`;
}

/**
 * @param {{ label: string, names: Names | undefined, value: string, change: (value: string) => void,
 *   others: Option[], id?: string, disabled?: boolean }} props
 *   `value`: an integration's URI, or that of one of the `others`, which are listed before the integrations
 */
export function Choice({ label, names, value, change, others, id, disabled }) {
  if (names && names.total > names.objects.length) {
    return html`<${Typed} label=${label} value=${value} change=${change} others=${others} id=${id} disabled=${disabled} />`;
  }
  const options = [...others, ...labelled(names?.objects ?? [])];
  const isListed = options.some((each) => each.value === value);
  return html`<label class="choice"><span>${label}</span>
    <select id=${id} value=${value} disabled=${disabled} onChange=${(/** @type {any} */ e) => change(e.target.value)}>
      ${options.map((each) => html`<option value=${each.value} selected=${each.value === value}>${each.text}</option>`)}
      ${!isListed && html`<option value=${value} selected>${names ? GONE : '…'}</option>`}
    </select>
  </label>`;
}

/**
 * @param {{ label: string, value: string, change: (value: string) => void, others: Option[], id?: string, disabled?: boolean }} props
 *   an empty field means the first of `others`
 */
function Typed({ label, value, change, others, id, disabled }) {
  const chosen = useRef(others[0].value); // the value that the text in the field represents
  const [text, setText] = useState('');
  const [options, setOptions] = useState(others);
  const place = `${id ?? label.replaceAll(' ', '-')}-names`;
  const choose = (/** @type {Option | undefined} */ option) => {
    if (!option || option.value === chosen.current) return;
    chosen.current = option.value;
    change(option.value);
  };
  useEffect(() => {
    if (value === chosen.current) return undefined;
    chosen.current = value;
    let current = true;
    textOf(value, others).then((found) => current && setText(found));
    return () => {
      current = false;
    };
  }, [value]);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      const found = [...others, ...(await suggested(text))];
      if (!current) return;
      setOptions(found);
      if (text) choose(found.find((each) => each.text === text));
    }, TYPING_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  const typed = (/** @type {string} */ next) => {
    setText(next);
    choose(next ? options.find((each) => each.text === next) : others[0]);
  };
  return html`<label class="choice"><span>${label}</span>
    <input type="search" id=${id} list=${place} value=${text} disabled=${disabled} placeholder=${others[0].text}
      onInput=${(/** @type {any} */ e) => typed(e.target.value)} />
    <datalist id=${place}>${options.map((each) => html`<option value=${each.text}></option>`)}</datalist>
  </label>`;
}

/** @param {string} value @param {Option[]} others @returns {Promise<string>} the text in the field for a value */
async function textOf(value, others) {
  const other = others.find((each) => each.value === value);
  if (other) return other === others[0] ? '' : other.text;
  try {
    return (await namesOf([value])).get(value) ?? GONE;
  } catch {
    return value; // the view shows the error, because its own requests fail as well
  }
}

/** @param {string} text @returns {Promise<Option[]>} some integrations whose names contain the text */
async function suggested(text) {
  try {
    return labelled((await list(PATH, { text, order_by: 'name', limit: SUGGESTED })).objects);
  } catch {
    return []; // the view shows the error
  }
}

/** @param {Named[]} names @returns {Option[]} with the mailbox added to a name that several share */
function labelled(names) {
  const number = (/** @type {string} */ name) => names.filter((each) => each.name === name).length;
  return names.map((each) => ({
    value: each.exchange_connector,
    text: number(each.name) > 1 ? `${each.name} (${each.room_mailbox_email_address || each.id})` : each.name,
  }));
}
