/**
 * Imports records from files and exports them. An import makes the records match the file: existing ones are updated if
 * they differ, missing ones are created, and all others are kept. So an interrupted import can be finished by running it
 * again.
 */

import { ApiError, call, list } from './api.js';
import { Unreadable, parsed, withoutApostrophe, written } from './csv.js';
import { OWNER, asText, comparable, everyRecord, folded, pathOf, writable } from './records.js';

/** @typedef {import('./records.js').Kind} Kind */
/** @typedef {{ place: string, name: string, field: string, message: string }} Fault */
/** @typedef {{ place: string, fields: Record<string, any> }} Entry  `place` in the file, counted from 1 */
/** @typedef {{ created: number, changed: number, same: number, faults: Fault[], done: number, of: number }} Progress */

const BATCH = 100; // records per request
const YES = new Set(['true', '1', 'yes']);
const NO = new Set(['false', '0', 'no', '']);

/**
 * The records in a file; `faults` are the errors of individual records. Throws Unreadable for an unsuitable file.
 * @param {string} name @param {string} text @param {Kind} kind @param {any} schema
 * @returns {{ entries: Entry[], faults: Fault[] }}
 */
export function read(name, text, kind, schema) {
  const fields = writable(schema);
  const faults = /** @type {Fault[]} */ ([]);
  const found = /\.json$/i.test(name) ? fromJson(text, fields) : fromCsv(text, kind, fields, faults);
  const seen = new Map();
  const entries = found.filter(({ place, fields: own }) => {
    const key = folded(own[kind.key]);
    const wrong = !key ? 'Must be filled in.' : seen.has(key) ? `Occurs twice, first in ${seen.get(key)}.` : '';
    if (wrong) faults.push({ place, name: asText(own[kind.key]), field: kind.key, message: wrong });
    else seen.set(key, place);
    return !wrong;
  });
  return { entries, faults };
}

/** @param {string} text @param {Record<string, any>} fields @returns {Entry[]} */
function fromJson(text, fields) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Unreadable(`This is not valid JSON: ${/** @type {Error} */ (error).message}`);
  }
  const objects = Array.isArray(value) ? value : value?.objects;
  if (!Array.isArray(objects)) throw new Unreadable('The file must contain a list of records, or one under "objects".');
  return objects.map((each, n) => {
    if (typeof each !== 'object' || each === null) throw new Unreadable(`Entry ${n + 1} is not a record.`);
    const isShown = 'resource_uri' in each; // exported from the API; the API's own fields are left out
    const own = Object.entries(each).filter(([name]) => (isShown ? name in fields : name !== OWNER));
    return { place: `entry ${n + 1}`, fields: Object.fromEntries(own.map(([name, each]) => [name, bare(name, each)])) };
  });
}

/** @param {string} name @param {any} value an alias's id and URI are omitted, because they are only valid in one deployment */
function bare(name, value) {
  return name === 'aliases' && Array.isArray(value)
    ? value.map((each) => (typeof each === 'object' && each ? { alias: each.alias, ...(each.description ? { description: each.description } : {}) } : each))
    : value;
}

/** @param {string} text @param {Kind} kind @param {Record<string, any>} fields @param {Fault[]} faults @returns {Entry[]} */
function fromCsv(text, kind, fields, faults) {
  const [head, ...rows] = parsed(text);
  const names = (head?.cells ?? []).map((each) => each.trim());
  const unknown = names.filter((each) => !(each in fields));
  if (unknown.length || !names.includes(kind.key)) {
    const also = unknown.length ? ` Unknown columns: ${unknown.join(', ')}.` : '';
    throw new Unreadable(`The first line must name the columns: ${kind.key}, and any of ${Object.keys(fields).filter((each) => each !== kind.key).join(', ')}.${also}`);
  }
  return rows.flatMap(({ line, cells }) => {
    const place = `line ${line}`;
    const named = cells[names.indexOf(kind.key)] ?? '';
    const found = /** @type {Fault[]} */ ([]);
    if (cells.length !== names.length) found.push({ place, name: named, field: '', message: 'The number of values does not match the columns in the first line.' });
    const own = Object.fromEntries(
      names.map((field, n) => {
        const { value, message } = typed(fields[field], withoutApostrophe((cells[n] ?? '').trim()));
        if (message) found.push({ place, name: named, field, message });
        return [field, value];
      }),
    );
    faults.push(...found);
    return found.length ? [] : [{ place, fields: own }];
  });
}

/**
 * @param {any} field
 * @param {string} cell an empty cell means the field's default
 * @returns {{ value: any, message?: string }}
 */
function typed(field, cell) {
  if (field.type === 'related') return { value: cell.split(/[\s;]+/).filter(Boolean) };
  if (cell === '') return { value: field.default ?? (field.nullable ? null : '') };
  if (field.type === 'integer') return /^\d+$/.test(cell) ? { value: Number(cell) } : { value: null, message: 'Must be a whole number.' };
  if (field.type !== 'boolean') return { value: cell };
  const word = cell.toLowerCase();
  return YES.has(word) || NO.has(word) ? { value: YES.has(word) } : { value: null, message: 'Must be true or false.' };
}

/**
 * Make the records match a file.
 * @param {Kind} kind @param {Entry[]} entries @param {string | null} owner the integration's URI; null for all
 * integrations
 * @param {(progress: Progress) => void} tell @param {() => boolean} isStopped called between requests
 * @returns {Promise<void>} throws ApiError if the deployment cannot continue
 */
export async function bring(kind, entries, owner, tell, isStopped) {
  const progress = { created: 0, changed: 0, same: 0, faults: /** @type {Fault[]} */ ([]), done: 0, of: entries.length };
  tell({ ...progress });
  const present = await everyRecord(kind);
  const known = new Map(present.filter((each) => each[OWNER] === owner).map((each) => [folded(each[kind.key]), each]));
  const wanted = entries.map((entry) => ({ entry, before: known.get(folded(entry.fields[kind.key])) }));
  const different = wanted.filter(({ entry, before }) => !before || differs(entry.fields, before));
  progress.same = progress.done = entries.length - different.length;
  for (let start = 0; start < different.length && !isStopped(); start += BATCH) {
    tell({ ...progress });
    await send(kind, different.slice(start, start + BATCH), owner, progress);
  }
  tell({ ...progress });
}

/**
 * Save some records. If a record is invalid, the API may have saved none of the others or all of them, so they are sent
 * again.
 * @param {Kind} kind @param {{ entry: Entry, before: any }[]} part @param {string | null} owner @param {Progress} progress
 */
async function send(kind, part, owner, progress) {
  const objects = part.map(({ entry, before }) => ({ ...entry.fields, ...(before ? { resource_uri: before.resource_uri } : { [OWNER]: owner }) }));
  let faults = /** @type {Record<string, string[]>} */ ({});
  try {
    await call(pathOf(kind), { method: 'PATCH', body: { objects } });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    faults = error.faults;
    if (!Object.keys(faults).length) throw error;
  }
  const wrong = new Set(Object.keys(faults).map((path) => Number(path.split('.')[1])));
  for (const place of wrong) await refused(kind, /** @type {any} */ (part[place]), owner, at(faults, place), progress);
  progress.done += wrong.size;
  const rest = part.filter((_, place) => !wrong.has(place));
  if (wrong.size && rest.length) return send(kind, rest, owner, progress);
  progress.created += rest.filter(({ before }) => !before).length;
  progress.changed += rest.filter(({ before }) => before).length;
  progress.done += rest.length;
}

/**
 * Handle a refused record. An earlier request, whose response was lost, may have created the record itself.
 * @param {Kind} kind @param {{ entry: Entry, before: any }} of @param {string | null} owner
 * @param {[string, string[]][]} faults by field @param {Progress} progress
 */
async function refused(kind, { entry, before }, owner, faults, progress) {
  const name = entry.fields[kind.key];
  if (!before && faults.some(([field]) => field === kind.key)) {
    const { objects } = await list(pathOf(kind), { ...kind.only, [`${kind.key}__iexact`]: name, limit: 2 });
    if (objects.some((each) => each[OWNER] === owner && !differs(entry.fields, each))) {
      progress.created += 1;
      return;
    }
  }
  for (const [field, messages] of faults) progress.faults.push({ place: entry.place, name, field, message: messages.join(' ') });
}

/** @param {Record<string, string[]>} faults `objects.<place>.<field>` @param {number} place @returns {[string, string[]][]} */
function at(faults, place) {
  const before = `objects.${place}.`;
  return Object.entries(faults).filter(([path]) => path.startsWith(before)).map(([path, messages]) => [path.slice(before.length), messages]);
}

/** @param {Record<string, any>} fields @param {any} now */
function differs(fields, now) {
  return Object.entries(fields).some(([name, value]) => comparable(value) !== comparable(now[name]));
}

/**
 * Write records to a file.
 * @param {'csv' | 'json'} form @param {any[]} records @param {any} schema
 */
export function fileOf(form, records, schema) {
  if (form === 'json') return JSON.stringify(records, null, 2);
  const names = Object.keys(writable(schema));
  return written(names, records.map((each) => names.map((name) => asText(each[name]))));
}
