/** Comma-separated values, as spreadsheets write and read them. Pure. */

const FORMULA = /^[=+\-@\t\r]/;

/** The whole file is unreadable. The message explains why. */
export class Unreadable extends Error {}

/**
 * The rows of a CSV text, each with the line on which it begins. Empty lines are left out. The delimiter may be a
 * semicolon, which spreadsheets use in many countries. Throws Unreadable for an unclosed quote.
 * @param {string} text
 * @returns {{ line: number, cells: string[] }[]}
 */
export function parsed(text) {
  const heading = text.split('\n', 1)[0] ?? '';
  const delimiter = heading.split(';').length > heading.split(',').length ? ';' : ',';
  const cell = new RegExp(`"((?:[^"]|"")*)"(?=[${delimiter}\\r\\n]|$)|([^${delimiter}\\r\\n]*)`, 'y');
  const rows = [];
  let [line, at] = [1, 0];
  while (at < text.length) {
    const row = { line, cells: /** @type {string[]} */ ([]) };
    for (;;) {
      cell.lastIndex = at;
      const [whole, quoted, plain] = /** @type {RegExpExecArray} */ (cell.exec(text));
      if (quoted === undefined && plain?.startsWith('"')) throw new Unreadable(`Line ${line}: a quote is not closed, or is followed by other text.`);
      row.cells.push(quoted === undefined ? /** @type {string} */ (plain) : quoted.replaceAll('""', '"'));
      line += whole.split('\n').length - 1;
      at += whole.length;
      if (text[at] !== delimiter) break;
      at += 1;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line += 1;
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
  }
  return rows;
}

/**
 * Values that a spreadsheet would take for a formula get a leading apostrophe, which `withoutApostrophe` removes again.
 * @param {string[]} head @param {string[][]} rows
 */
export function written(head, rows) {
  const cell = (/** @type {string} */ text) => {
    const safe = FORMULA.test(text) ? `'${text}` : text;
    return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** @param {string} cell */
export function withoutApostrophe(cell) {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}
