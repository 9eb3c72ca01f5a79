/** Checks an integration end to end. Each finding is shown as soon as it is available, with the commands that fix the problem. */

import { CONFIGURATION, call } from './api.js';
import { html, useState } from './ui.js';
import { Command } from './command.js';
import { Problem } from './parts.js';

const FIRST = 'settings'; // a check that every integration has; it runs first and returns the names of the other checks
const CHECKS_CONCURRENCY = 3;

/**
 * @typedef {{ check: string, ok: boolean, warning: boolean, details: string, remedy: string }} Finding
 * @typedef {{ findings: Finding[], left: number, of: number, error?: any }} Progress
 */

/** @param {{ id: string }} props */
export function Doctor({ id }) {
  const [progress, setProgress] = useState(/** @type {Progress | null} */ (null));
  const busy = Boolean(progress && progress.left > 0 && !progress.error);
  const begin = () => void examine(id, (change) => setProgress((before) => change(before ?? { findings: [], left: 1, of: 1 })));
  return html`<section class="doctor" aria-label="Examination">
    <button type="button" disabled=${busy} onClick=${begin}>${busy ? 'Examining …' : 'Examine now'}</button>
    ${progress && html`<div aria-live="polite">
      ${progress.error && html`<${Problem} error=${progress.error} again=${begin} />`}
      ${!progress.error && html`<p role="status">${told(progress)}</p>`}
      ${busy && html`<progress max=${progress.of} value=${progress.of - progress.left} aria-label="Examined"></progress>`}
      <ul class="cards">${progress.findings.filter((each) => !each.ok || each.warning).map((each) => html`<${Card} key=${each.check} finding=${each} />`)}</ul>
      <${Sound} findings=${progress.findings.filter((each) => each.ok && !each.warning)} />
    </div>`}
  </section>`;
}

/**
 * Run the checks, a few at a time.
 * @param {string} id @param {(change: (before: Progress) => Progress) => void} change
 */
async function examine(id, change) {
  const look = async (/** @type {string} */ check) => {
    const { data } = await call(`${CONFIGURATION}ms_exchange_connector/${id}/doctor/?check=${check}`);
    change((before) => ({ ...before, findings: [...before.findings, ...data.findings], left: before.left - 1 }));
    return /** @type {string[]} */ (data.checks);
  };
  change(() => ({ findings: [], left: 1, of: 1 }));
  try {
    const checks = await look(FIRST);
    const queue = checks.filter((check) => check !== FIRST);
    change((before) => ({ ...before, left: queue.length, of: checks.length }));
    const work = async () => {
      for (let check = queue.shift(); check; check = queue.shift()) await look(check);
    };
    await Promise.all(Array.from({ length: CHECKS_CONCURRENCY }, work));
  } catch (error) {
    change((before) => ({ ...before, error }));
  }
}

/** @param {Progress} progress */
function told({ findings, left, of }) {
  const faults = findings.filter((each) => !each.ok).length;
  const found = faults ? `${faults} ${faults === 1 ? 'fault' : 'faults'}` : 'no faults';
  if (left > 0) return `${of - left} of ${of} checks: ${found} so far`;
  return faults ? `There are problems: ${found}.` : 'There are no problems.';
}

/** @param {{ finding: Finding }} props */
function Card({ finding }) {
  return html`<li class=${finding.ok ? 'card' : 'card alarm'}>
    <h3>${nameOf(finding)}</h3>
    <p>${finding.details}</p>
    ${finding.remedy && html`<${Command} label=${nameOf(finding)} text=${finding.remedy} />`}
  </li>`;
}

/** @param {{ findings: Finding[] }} props */
function Sound({ findings }) {
  if (!findings.length) return null;
  return html`<details><summary>${findings.length} checks found no problems</summary>
    <ul>${findings.map((each) => html`<li>${nameOf(each)}: ${each.details}</li>`)}</ul>
  </details>`;
}

/** @param {Finding} finding */
function nameOf(finding) {
  return finding.check.replaceAll('_', ' ');
}
