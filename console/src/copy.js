/** A new integration that starts as a copy of another one. */

/** @typedef {{ name: string, values: Record<string, any>, again: string[] }} Copy */

/** The settings that must differ between integrations. */
const OWN = ['uuid', 'room_mailbox_name', 'room_mailbox_email_address'];

/**
 * @param {any} schema @param {any} source the integration @param {Record<string, boolean>} secrets whether each of its
 * secrets is set
 * @returns {Copy} `again` names the settings that the admin has to enter again
 */
export function copied(schema, source, secrets) {
  const values = Object.fromEntries(
    Object.entries(schema.fields)
      .filter(([name, field]) => !(/** @type {any} */ (field).readonly) && !OWN.includes(name) && source[name] !== undefined)
      .filter(([name, field]) => source[name] !== /** @type {any} */ (field).default)
      .map(([name]) => [name, source[name]]),
  );
  const domains = (source.domains ?? []).map((/** @type {any} */ each) => each.domain);
  const set = Object.keys(secrets).filter((name) => secrets[name] && schema.fields[name]);
  return { name: source.name, values: { ...values, domains, name: `${source.name} (copy)` }, again: [...OWN.slice(1), ...set] };
}
