/**
 * Bar charts, drawn without a library. Each chart's content is also summarized as text and available as a table. The
 * picture itself is hidden from screen readers.
 */

import { html } from './ui.js';

/**
 * One column: its name, its numbers by series, and its tooltip. `label` is shown below the axis unless it is empty.
 * @typedef {{ name: string, label: string, values: number[], tip: string }} Column
 */

/** @typedef {{ head: string[], rows: (string | number)[][] }} Table */

const HEIGHT = 100;
const WIDTH = 10; // width of a column, including the gap next to it
const GAP = 2;

/**
 * @param {{ title: string, told: string, series: string[], columns: Column[], table: Table, stacked?: boolean,
 *   text?: (value: number) => string }} props
 */
export function Chart({ title, told, series, columns, table, stacked = false, text = String }) {
  const highest = (/** @type {number[]} */ values) => (stacked ? sum(values) : Math.max(...values));
  const top = roundedUp(Math.max(2, ...columns.map(({ values }) => highest(values))));
  return html`<figure class="chart">
    <figcaption><h3>${title}</h3><p>${told}</p></figcaption>
    ${series.length > 1 &&
    html`<p class="legend" aria-hidden="true">${series.map((name, n) => html`<span class="series series-${n}">${name}</span> `)}</p>`}
    <div class="plot" aria-hidden="true">
      <p class="scale"><span>${text(top)}</span><span>0</span></p>
      <svg viewBox="0 0 ${columns.length * WIDTH} ${HEIGHT}" preserveAspectRatio="none" focusable="false">
        ${columns.map(
          ({ values, tip }, place) => html`<g>
            <title>${tip}</title>
            <rect class="ground" x=${place * WIDTH} y="0" width=${WIDTH} height=${HEIGHT} />
            ${(stacked ? stack(values) : values.map((value) => [0, value])).map(
              ([from, to], n) => html`<rect class="series-${n}" x=${place * WIDTH + GAP / 2} width=${WIDTH - GAP}
                y=${HEIGHT - (to / top) * HEIGHT} height=${((to - from) / top) * HEIGHT} />`,
            )}
          </g>`,
        )}
      </svg>
      <p class="labels">${columns.map(
        ({ label }, place) => label && html`<span style=${{ left: `${(place / columns.length) * 100}%` }}>${label}</span>`,
      )}</p>
    </div>
    <details>
      <summary>As a table<span class="unseen">: ${title}</span></summary>
      <div class="table" tabindex="0" role="region" aria-label=${title}><table>
        <thead><tr>${table.head.map((each) => html`<th scope="col">${each}</th>`)}</tr></thead>
        <tbody>${table.rows.map(
          ([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((each) => html`<td>${each}</td>`)}</tr>`,
        )}</tbody>
      </table></div>
    </details>
  </figure>`;
}

/** @param {number[]} values @returns the start and end of each bar, stacked on one another */
function stack(values) {
  let from = 0;
  return values.map((value) => [from, (from += value)]);
}

/** @param {number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {number} value @returns a round number that is at least as large, for the top of a scale */
function roundedUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8].find((step) => step * power >= value) ?? 10);
}
