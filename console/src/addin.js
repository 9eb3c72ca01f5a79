/** An integration's add-in: its manifests, whether and how to reinstall them, and the pane itself. */

import { CONFIGURATION, call } from './api.js';
import { html, useRef, useState } from './ui.js';
import { Command } from './command.js';
import { Asked, Heading, Problem, useAsked } from './parts.js';
import { Tabs, signsIn } from './tabs.js';

const PATH = `${CONFIGURATION}ms_exchange_connector/`;
const ADDRESS = /^[^\s'"`$(),;@]+@[^\s'"`$(),;@]+$/;

/** @param {{ id: string }} props */
export function AddIn({ id }) {
  const asked = useAsked(async () => {
    const [{ data: integration }, { data: schema }] = await Promise.all([call(`${PATH}${id}/`), call(`${PATH}schema/`)]);
    return { integration, mayChange: 'manifest_installed' in schema.x.actions };
  }, [id]);
  return html`<${Asked} asked=${asked}>
    ${(/** @type {any} */ { integration, mayChange }) => html`
      <${Heading} title=${integration.name} />
      <${Tabs} id=${id} now="Add-in" signsIn=${signsIn(integration)} />
      <${Installation} integration=${integration} mayChange=${mayChange} again=${asked.again} />
      <${Manifests} integration=${integration} />
      <${HowTo} integration=${integration} />
      <${Pane} uuid=${integration.uuid} />
    `}
  <//>`;
}

/** @param {{ integration: any, mayChange: boolean, again: () => void }} props */
function Installation({ integration, mayChange, again }) {
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const { manifest_revision: revision, manifest_installed_revision: installed, manifest_reinstall_needed: needed } = integration;
  const acknowledge = async () => {
    setFailure(null);
    try {
      await call(`${PATH}${integration.id}/manifest_installed/`, { method: 'POST', body: { manifest_revision: revision } });
      again();
    } catch (error) {
      setFailure(error);
    }
  };
  if (!needed) return html`<p class="well" role="status">Revision ${revision} of the manifest is installed, according to the last confirmation.</p>`;
  return html`<div class="card alarm">
    <h2>${installed ? 'Reinstall the manifest' : 'Install the manifest'}</h2>
    <p>${installed ? `The manifest has changed since revision ${installed} was installed. The current revision is ${revision}.` : 'No installation has been confirmed yet.'} Until you install it, users see the old add-in, or none.</p>
    ${failure && html`<${Problem} error=${failure} />`}
    ${mayChange && html`<button type="button" onClick=${acknowledge}>Revision ${revision} is installed now</button>`}
  </div>`;
}

/** @param {{ integration: any }} props */
function Manifests({ integration }) {
  const base = `/addin/${integration.uuid}/manifest`;
  const file = (/** @type {string} */ ending, /** @type {string} */ query = '') =>
    html`<a class="button" href="${base}.${ending}${query}" download="manifest.${ending}">Download manifest.${ending}${query && ' with another permission'}</a>`;
  return html`<section aria-labelledby="manifests">
    <h2 id="manifests">Manifests</h2>
    <ul class="rows">
      <li>${file('xml')}<span>for all versions of Outlook</span></li>
      <li>${file('json')}<span>the unified manifest, for Microsoft 365, but not for Outlook for Mac, phones, or Exchange on-premises. Add <code>color.png</code> (192 × 192) and <code>outline.png</code> (32 × 32) for the app package.</span></li>
      <li>${file('xml', '?permission=ReadWriteMailbox')}<span>for classic Outlook for Windows 2510 before build 16.0.20131 with Exchange on-premises, which otherwise provides no identity token</span></li>
    </ul>
  </section>`;
}

/** @param {{ integration: any }} props */
function HowTo({ integration }) {
  const [users, setUsers] = useState('');
  const named = users.split(/[\s,;]+/).filter(Boolean);
  const wrong = named.filter((each) => !ADDRESS.test(each));
  const url = `https://${integration.addin_server_domain}/addin/${integration.uuid}/manifest.xml`;
  return html`<section aria-labelledby="how">
    <h2 id="how">How to install it</h2>
    <details open>
      <summary>Exchange Online: Microsoft 365 admin center</summary>
      <ol class="steps">
        <li>Open <em>Settings</em>, <em>Integrated apps</em>, <em>Upload custom apps</em>.</li>
        <li>App type <em>Office Add-in</em>; <em>Provide link to manifest file</em>:
          <${Command} label="Address of the manifest" text=${url} /></li>
        <li><em>Validate</em>, then <em>Next</em>; choose who gets the add-in: everyone, groups or users.</li>
        <li><em>Accept permissions</em>, and <em>Finish deployment</em>. It may take up to a day until everybody sees the add-in.</li>
        <li>To reinstall it, open the app in that list, choose <em>Update</em>, and provide the same link.</li>
      </ol>
    </details>
    <details open>
      <summary>Exchange on-premises, or for a group of users: Exchange PowerShell</summary>
      <label class="search"><span>Only for these users (addresses; leave empty for everybody)</span>
        <input value=${users} onInput=${(/** @type {any} */ e) => setUsers(e.target.value)} /></label>
      ${wrong.length > 0 && html`<p class="fault" role="alert">Left out because they are not valid addresses: ${wrong.join(', ')}</p>`}
      <${Command} label="Exchange PowerShell" text=${powerShell(url, named.filter((each) => ADDRESS.test(each)))} />
    </details>
  </section>`;
}

/** @param {string} url @param {string[]} users @returns {string} the commands, as in docs/addin.md */
function powerShell(url, users) {
  const provided = users.length ? `SpecificUsers -UserList ${users.join(',')}` : 'Everyone';
  return [
    `Invoke-WebRequest -Uri ${url} -OutFile manifest.xml`,
    `New-App -OrganizationApp -Enabled $true -DefaultStateForUser Enabled -ProvidedTo ${provided} ` +
      '-FileData ([IO.File]::ReadAllBytes((Resolve-Path manifest.xml).Path))',
  ].join('\n');
}

/**
 * @param {{ uuid: string }} props the product's own pane, without Outlook; the pane itself lists its possible states
 */
function Pane({ uuid }) {
  const page = `/addin/${uuid}/preview`;
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const [states, setStates] = useState(/** @type {string[]} */ ([]));
  const [now, setNow] = useState(0);
  const loaded = () => {
    const told = frame.current?.contentDocument?.documentElement.dataset.states;
    setStates(told ? JSON.parse(told) : []);
  };
  const show = (/** @type {number} */ place) => {
    setNow(place);
    frame.current?.contentWindow?.location.replace(`${page}#${encodeURIComponent(states[place] ?? '')}`);
  };
  return html`<section aria-labelledby="pane">
    <h2 id="pane">The pane</h2>
    <p>The pane as users see it, with the saved texts. Its buttons work with sample data: nothing is requested or changed.</p>
    ${states.length === 0 && html`<p class="loading" role="status">Loading …</p>`}
    <div class="tools">
      <label><span>State</span>
        <select value=${now} onChange=${(/** @type {any} */ e) => show(Number(e.target.value))}>
          ${states.map((name, place) => html`<option value=${place} selected=${place === now}>${name}</option>`)}
        </select>
      </label>
      <button type="button" disabled=${now === 0} onClick=${() => show(now - 1)}>Previous state</button>
      <button type="button" disabled=${now >= states.length - 1} onClick=${() => show(now + 1)}>Next state</button>
    </div>
    <iframe class="pane" ref=${frame} title="The pane" src=${page} onLoad=${loaded}></iframe>
  </section>`;
}
