/** The console: signs the admin in and shows the view that the URL specifies. */

import { html, render, useEffect, useRef, useState } from './ui.js';
import { Change } from './change.js';
import { Changes } from './changes.js';
import { AddIn } from './addin.js';
import { IntegrationOverview, ServiceAccount } from './integration_pages.js';
import { Integrations } from './integrations.js';
import { Integration } from './integration.js';
import { Meeting } from './meeting.js';
import { Meetings } from './meetings.js';
import { Overview } from './overview.js';
import { People } from './people.js';
import { Person } from './person.js';
import { KINDS, VMRS } from './records.js';
import { SignIn } from './sign_in.js';
import { config, resume, signOut } from './session.js';
import { Problem } from './parts.js';

/** @typedef {import('./session.js').Config} Config */

const VIEWS = [
  { name: 'Overview', path: '' },
  { name: 'Integrations', path: 'integrations' },
  { name: 'Meetings', path: 'meetings' },
  { name: 'People', path: 'people' },
  { name: 'History', path: 'changes' },
];

/** @param {string} path what follows `#/`, without a view's own filters */
function view(path) {
  const [first = '', second = '', third = ''] = path.split('/');
  if (first === 'integrations' && second === 'copy') return html`<${Integration} key=${path} id="new" from=${third} />`;
  if (first === 'integrations' && third) return page(second, third);
  if (first === 'integrations' && second) return html`<${Integration} key=${second} id=${second} />`;
  if (first === 'integrations') return html`<${Integrations} />`;
  if (first === 'meetings' && second) return html`<${Meeting} key=${second} id=${second} />`;
  if (first === 'meetings') return html`<${Meetings} />`;
  if (first === 'changes' && second === 'of') return html`<${Changes} key=${path} integration=${third} />`;
  if (first === 'changes' && second === 'meeting') return html`<${Changes} key=${path} meeting=${third} />`;
  if (first === 'changes' && second) return html`<${Change} key=${second} id=${second} />`;
  if (first === 'changes') return html`<${Changes} />`;
  if (first === 'people') return people(second, third);
  if (first === '') return html`<${Overview} />`;
  return nothing();
}

/** @param {string} id an integration's id @param {string} name */
function page(id, name) {
  if (name === 'overview') return html`<${IntegrationOverview} key=${id} id=${id} />`;
  if (name === 'addin') return html`<${AddIn} key=${id} id=${id} />`;
  if (name === 'sign-in') return html`<${ServiceAccount} key=${id} id=${id} />`;
  return nothing();
}

/** @param {string} path path of a kind; empty for the first kind @param {string} id */
function people(path, id) {
  const kind = KINDS.find((each) => each.path === (path || VMRS.path));
  if (!kind) return nothing();
  return id ? html`<${Person} key=${`${path}/${id}`} kind=${kind} id=${id} />` : html`<${People} key=${kind.path} kind=${kind} />`;
}

function nothing() {
  return html`<${Problem} error=${new Error('There is no such page. Choose one above.')} />`;
}

function usePath() {
  const read = () => location.hash.replace(/^#\/?/, '').split('?')[0];
  const [path, setPath] = useState(read());
  useEffect(() => {
    const changed = () => setPath(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return path;
}

/** What happens when the session ends; set once the console is rendered. */
let ended = () => {};

/** @param {{ how: Config, known: boolean }} props */
function Console({ how, known }) {
  const [signedIn, setSignedIn] = useState(known);
  const [expired, setExpired] = useState(false);
  const path = usePath();
  ended = () => setExpired(true);
  const leave = () => {
    signOut();
    setSignedIn(false);
  };
  const expire = () => ended();
  if (!signedIn) return html`<${SignIn} how=${how} done=${() => setSignedIn(true)} expired=${expire} />`;
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <nav class="main" aria-label="Console">
      <strong>VMR scheduling</strong>
      <ul>
        ${VIEWS.map(
          ({ name, path: own }) => html`<li>
            <a href="#/${own}" aria-current=${own === path.split('/')[0] ? 'page' : null}>${name}</a>
          </li>`,
        )}
      </ul>
      <button type="button" onClick=${leave}>Sign out</button>
    </nav>
    <main id="main" tabindex="-1">${view(path)}</main>
    ${expired &&
    html`<${Expired} how=${how} done=${() => setExpired(false)} expired=${expire} />`}
  `;
}

/**
 * @param {{ how: Config, done: () => void, expired: () => void }} props asks the admin to sign in again, on top of the
 *   current view, so that typed text is kept
 */
function Expired({ how, done, expired }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog ref=${dialog} class="question" aria-labelledby="expired" onClose=${done}>
    <h2 id="expired">Your session has ended</h2>
    <p>Sign in again; what you have typed is kept.</p>
    <${SignIn} how=${how} small done=${done} expired=${expired} />
  </dialog>`;
}

/** @param {Event} event the URL's fragment names the view, so a link cannot refer to an element */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

const place = /** @type {HTMLElement} */ (document.getElementById('console'));
try {
  const how = config();
  const known = await resume(how, () => ended());
  place.replaceChildren();
  render(html`<${Console} how=${how} known=${known} />`, place);
} catch (error) {
  place.replaceChildren();
  render(html`<${Problem} error=${error} again=${() => location.reload()} />`, place);
}
