/** Imports records from a file, showing the progress and every invalid row. */

import { html, useRef, useState } from './ui.js';
import { Problem } from './parts.js';
import { Owner } from './people.js';
import { bring, read } from './transfer.js';

/** @typedef {import('./records.js').Kind} Kind */
/** @typedef {import('./transfer.js').Progress} Progress */
/** @typedef {import('./transfer.js').Fault} Fault */

/** @param {{ kind: Kind, schema: any, integrations: import('./integration_choice.js').Names, again: () => void }} props */
export function Import({ kind, schema, integrations, again }) {
  const [owner, setOwner] = useState('');
  const [state, setState] = useState(/** @type {{ progress?: Progress, busy?: boolean, failure?: any, left?: Fault[], stopped?: boolean }} */ ({}));
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const stop = useRef(false);
  const run = async (/** @type {any} */ event) => {
    event?.preventDefault();
    const chosen = file.current?.files?.[0];
    if (!chosen) return;
    stop.current = false;
    setState({ busy: true });
    const tell = (/** @type {Progress} */ progress) => setState((before) => ({ ...before, progress }));
    try {
      const { entries, faults } = read(chosen.name, decoded(await chosen.arrayBuffer()), kind, schema);
      setState({ busy: true, left: faults });
      await bring(kind, entries, owner || null, tell, () => stop.current);
      setState((before) => ({ ...before, busy: false, stopped: stop.current }));
    } catch (failure) {
      setState((before) => ({ ...before, busy: false, failure }));
    }
    again();
  };
  const { progress, busy, failure } = state;
  const faults = [...(state.left ?? []), ...(progress?.faults ?? [])];
  return html`<details class="import">
    <summary>Import</summary>
    <form onSubmit=${run}>
      <p>A CSV or JSON file (UTF-8). A ${kind.one} is recognized by ${kind.key}: an existing one is updated if it differs, and those that are not in the file are kept. To finish an interrupted import, run it again.</p>
      <div class="tools">
        <label><span>File</span><input type="file" ref=${file} accept=".csv,.json" required disabled=${busy} /></label>
        <${Owner} label="They belong to" value=${owner} change=${setOwner} integrations=${integrations} />
        ${busy ? html`<button type="button" onClick=${() => { stop.current = true; }}>Stop</button>` : html`<button>Import</button>`}
      </div>
    </form>
    ${progress && html`<progress max=${Math.max(progress.of, 1)} value=${progress.done} aria-label="Imported"></progress>`}
    <p role="status">${told(state, faults)}</p>
    ${failure && html`<${Problem} error=${failure} again=${progress ? () => run(null) : undefined} />`}
    ${state.stopped && !busy && html`<button type="button" onClick=${run}>Continue</button>`}
    ${faults.length > 0 && html`<${Faults} faults=${faults} />`}
  </details>`;
}

/** @param {{ faults: Fault[] }} props */
function Faults({ faults }) {
  return html`<div class="table" role="region" tabindex="0" aria-label="Invalid rows"><table>
    <thead><tr><th scope="col">Where</th><th scope="col">Who</th><th scope="col">Field</th><th scope="col">Problem</th></tr></thead>
    <tbody>${faults.map((each) => html`<tr><th scope="row">${each.place}</th><td>${each.name}</td><td>${each.field}</td><td class="fault">${each.message}</td></tr>`)}</tbody>
  </table></div>`;
}

/** @param {{ progress?: Progress, busy?: boolean, failure?: any, stopped?: boolean }} state @param {Fault[]} faults */
function told({ progress, busy, failure, stopped }, faults) {
  if (!progress) return busy ? 'Reading …' : '';
  const { created, changed, same, done, of } = progress;
  const bad = new Set(faults.map((each) => each.place)).size;
  const sums = `${created} new, ${changed} changed, ${same} unchanged${bad ? `, ${bad} with errors` : ''}`;
  if (busy) return `${done} of ${of}: ${sums}`;
  return failure || stopped ? `Interrupted after ${done} of ${of}: ${sums}. Run it again to finish.` : `Done: ${sums}.`;
}

/** @param {ArrayBuffer} bytes @returns {string} Throws an Error if they are not UTF-8. */
function decoded(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('The file is not encoded in UTF-8. Save it in that encoding.');
  }
}
