/** Personal VMRs and users as records of the management API: what lists show and what files contain. */

import { CONFIGURATION, call, list } from './api.js';

/** @typedef {import('./fields.js').Field} Field */

/**
 * @typedef {object} Kind
 * @property {string} path of its pages, after `#/people/`
 * @property {string} title
 * @property {string} one
 * @property {string} resource
 * @property {string} key the field that identifies a record, ignoring case
 * @property {Record<string, string>} only filters that its list always uses
 * @property {{ name: string, label: string }[]} columns
 * @property {{ filter: string, label: string }[]} searches
 * @property {string[]} main the fields that a form shows at first
 */

/** @type {Kind} */
export const VMRS = {
  path: 'vmrs', title: 'Personal VMRs', one: 'personal VMR', resource: 'conference', key: 'name',
  only: { id__lt: '1073741824' }, // the rooms of scheduled meetings have larger ids
  columns: [{ name: 'name', label: 'Name' }, { name: 'primary_owner_email_address', label: 'Owner' }, { name: 'aliases', label: 'Aliases' }, { name: 'description', label: 'Description' }],
  searches: [{ filter: 'name__icontains', label: 'Name' }, { filter: 'primary_owner_email_address__icontains', label: 'Owner' }, { filter: 'aliases__alias__icontains', label: 'Alias' }],
  main: ['name', 'description', 'primary_owner_email_address', 'aliases', 'service_type', 'pin', 'allow_guests', 'guest_pin'],
};

/** @type {Kind} */
export const USERS = {
  path: 'users', title: 'Users', one: 'user', resource: 'end_user', key: 'primary_email_address', only: {},
  columns: [{ name: 'primary_email_address', label: 'Address' }, { name: 'display_name', label: 'Name' }, { name: 'department', label: 'Department' }],
  searches: [{ filter: 'primary_email_address__icontains', label: 'Address' }, { filter: 'display_name__icontains', label: 'Name' }],
  main: ['primary_email_address', 'display_name', 'first_name', 'last_name', 'department', 'title', 'description', 'user_oid', 'exchange_user_id'],
};

export const KINDS = [VMRS, USERS];
export const OWNER = 'exchange_connector';
const PAGE = 1000; // records per request when all are read
const ALIASES = 'aliases';

/** @param {Kind} kind */
export function pathOf(kind) {
  return `${CONFIGURATION}${kind.resource}/`;
}

/** @param {Kind} kind */
export async function schemaOf(kind) {
  return (await call(`${pathOf(kind)}schema/`)).data;
}

/** @param {any} schema @returns {boolean} */
export function mayWrite(schema) {
  return schema.allowed_list_http_methods.includes('patch');
}

/**
 * @param {any} schema
 * @returns {Record<string, Field>} the fields that people edit, except references to objects in other systems
 */
export function writable(schema) {
  const fields = /** @type {[string, any][]} */ (Object.entries(schema.fields));
  return Object.fromEntries(fields.filter(([name, field]) => !field.readonly && name !== OWNER && (field.type !== 'related' || name === ALIASES)));
}

/** @param {Kind} kind @param {Record<string, string>} filters @param {(done: number, of: number) => void} [tell] */
export async function everyRecord(kind, filters = {}, tell = () => {}) {
  const found = /** @type {any[]} */ ([]);
  for (;;) {
    const { objects, total } = await list(pathOf(kind), { ...kind.only, ...filters, order_by: 'id', limit: PAGE, offset: found.length });
    found.push(...objects);
    tell(found.length, total);
    if (objects.length < PAGE) return found;
  }
}

/** @param {any} value a record's field @returns {string} its text in tables and files */
export function asText(value) {
  if (Array.isArray(value)) return value.map((each) => each.alias ?? each).join(' ');
  return value === null || value === undefined ? '' : String(value);
}

/** @param {any} value @returns a normalized form, which is the same for equal values; null equals an empty string */
export function comparable(value) {
  if (Array.isArray(value)) return JSON.stringify(value.map((each) => [each.alias ?? each, each.description ?? '']));
  return value === null || value === undefined ? '' : JSON.stringify(value) === '""' ? '' : JSON.stringify(value);
}

/** @param {any} key the value of the identifying field */
export function folded(key) {
  return String(key ?? '').trim().toLowerCase();
}
