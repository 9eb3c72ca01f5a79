/** Evaluates the conditions of settings, which are in the API's schema, and converts them into text. */

/**
 * @typedef {{ all?: Condition[], any?: Condition[], field: string, operator: string, values: (string | boolean)[] }} Condition
 * @typedef {Record<string, import('./fields.js').Field>} Fields
 */

/** @param {Condition | null} condition @param {Record<string, any>} values @returns {boolean} */
export function holds(condition, values) {
  if (!condition) return false;
  if (condition.all) return condition.all.every((part) => holds(part, values));
  if (condition.any) return condition.any.some((part) => holds(part, values));
  const value = values[condition.field];
  const isEmpty = value === null || value === undefined || value === '';
  if (condition.operator === 'is set') return !isEmpty;
  if (condition.operator === 'is empty') return isEmpty;
  const matches = condition.values.includes(value);
  return condition.operator === 'is not' ? !matches : matches;
}

/**
 * @param {Condition} condition @param {Fields} fields
 * @returns {string} using the form's labels
 */
export function words(condition, fields) {
  if (condition.all) return condition.all.map((part) => words(part, fields)).join(' and ');
  if (condition.any) return condition.any.map((part) => words(part, fields)).join(' or ');
  const field = fields[condition.field];
  const label = `“${field?.x.label ?? condition.field}”`;
  if (condition.operator === 'is set' || condition.operator === 'is empty') return `${label} ${condition.operator}`;
  if (field?.type === 'boolean') return `${label} is ${condition.values[0] ? 'on' : 'off'}`;
  const chosen = condition.values.map((each) => choice(field, each));
  return `${label} ${condition.operator} ${chosen.join(' or ')}`;
}

/** @param {import('./fields.js').Field | undefined} field @param {any} value @returns the form's name for the value */
export function choice(field, value) {
  return field?.x.choices?.[String(value)] ?? String(value);
}
