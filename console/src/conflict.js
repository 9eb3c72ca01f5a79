/**
 * Resolves a save conflict: shows what somebody else has changed, field by field, and lets the admin choose what to
 * keep.
 */

import { STATUS, call, list } from './api.js';
import { html, useState } from './ui.js';
import { namesOf } from './integration_choice.js';
import { Asked, Moment, useAsked } from './parts.js';
import { Version, isSame } from './values.js';

/**
 * @param {{ path: string, what: string, field?: string, by: Record<string, string>, fields: any, saved: any, changes: Record<string, any>,
 *   merge: (theirs: any, etag: string, kept: Record<string, any>) => void }} props
 *   `path`: the object's path; `what` and `field`: the words for the object and its fields; `by`: a filter for changes
 *   to this object; `saved`: its state when the form was opened; `merge`: called with the other person's version and
 *   the admin's own changes that are kept
 */
export function Conflict({ path, what, field = 'field', by, fields, saved, changes, merge }) {
  const asked = useAsked(async () => {
    const [now, latest] = await Promise.all([
      call(path),
      list(`${STATUS}change/`, { ...by, limit: 1 }).catch(() => ({ objects: [] })), // shows who made the last change, if known
    ]);
    return { theirs: now.data, etag: now.etag, last: latest.objects[0], fields: await named(fields, [saved, changes, now.data]) };
  }, [path]);
  return html`<section class="problem conflict" role="alert" aria-labelledby="conflict">
    <h2 id="conflict">Somebody else has changed this ${what} in the meantime</h2>
    <${Asked} asked=${asked}>
      ${(/** @type {any} */ found) => html`<${Choices} ...${found} field=${field} saved=${saved} changes=${changes} merge=${merge} />`}
    <//>
  </section>`;
}

/**
 * @param {Record<string, any>} fields @param {Record<string, any>[]} versions of an object
 * @returns {Promise<Record<string, any>>} the fields, with the names of the integrations to which they refer
 */
async function named(fields, versions) {
  const references = Object.keys(fields).filter((name) => fields[name].x.related === 'ms_exchange_connector');
  const names = await namesOf(references.flatMap((name) => versions.map((each) => each[name])));
  const choices = Object.fromEntries(names);
  return { ...fields, ...Object.fromEntries(references.map((name) => [name, { ...fields[name], x: { ...fields[name].x, choices } }])) };
}

/**
 * @param {{ theirs: any, etag: string, last: any, field: string, fields: any, saved: any, changes: Record<string, any>,
 *   merge: (theirs: any, etag: string, kept: Record<string, any>) => void }} props
 */
function Choices({ theirs, etag, last, field, fields, saved, changes, merge }) {
  const settings = Object.keys(fields).filter((name) => !fields[name].readonly && !fields[name].x.secret);
  const changed = settings.filter((name) => !isSame(saved[name], theirs[name]));
  const contested = changed.filter((name) => name in changes && !isSame(changes[name], theirs[name]));
  const others = changed.filter((name) => !contested.includes(name));
  const [mine, setMine] = useState(/** @type {Record<string, boolean>} */ ({}));
  const open = contested.filter((name) => !(name in mine));
  const kept = Object.fromEntries(
    Object.entries(changes).filter(([name]) => (contested.includes(name) ? mine[name] : !isSame(changes[name], theirs[name]))),
  );
  const choose = (/** @type {string} */ name, /** @type {boolean} */ own) => setMine((before) => ({ ...before, [name]: own }));
  return html`
    ${last && html`<p>The last change was by <strong dir="auto">${last.who}</strong>, <${Moment} utc=${last.when} />.</p>`}
    <p>None of your changes are lost. ${contested.length ? `Choose a version of each ${field} that both of you changed.` : `You changed different ${field}s, so all changes can be kept.`}</p>
    ${contested.map((name) => html`<fieldset key=${name} class="contested">
      <legend>${fields[name].x.label}</legend>
      <div class="versions">
        <${Version} label="Before" value=${saved[name]} field=${fields[name]} />
        ${[false, true].map((own) => html`<${Version} value=${(own ? changes : theirs)[name]} field=${fields[name]} against=${saved[name]}
          label=${html`<label class="switch"><input type="radio" name="keep-${name}" checked=${mine[name] === own} onChange=${() => choose(name, own)} /> ${own ? 'Yours' : 'Theirs'}</label>`} />`)}
      </div>
    </fieldset>`)}
    ${others.length > 0 && html`<details open=${contested.length === 0}>
      <summary>${others.length} ${others.length === 1 ? field : `${field}s`} that only they changed</summary>
      ${others.map((name) => html`<div class="panel"><h3>${fields[name].x.label}</h3><div class="versions">
        <${Version} label="Before" value=${saved[name]} field=${fields[name]} />
        <${Version} label="Theirs" value=${theirs[name]} field=${fields[name]} against=${saved[name]} />
      </div></div>`)}
    </details>`}
    <div class="actions">
      <button type="button" disabled=${open.length > 0} onClick=${() => merge(theirs, etag, kept)}>${open.length || Object.keys(kept).length ? 'Save with these choices' : 'Use theirs'}</button>
      <button type="button" onClick=${() => merge(theirs, etag, {})}>Use theirs and discard mine</button>
      ${open.length > 0 && html`<span role="status">${open.length} still to choose</span>`}
    </div>
  `;
}
