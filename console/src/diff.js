/** The line-by-line differences between two texts. */

/**
 * @typedef {{ kind: 'same' | 'gone' | 'new', line: string }} Difference
 * @param {string} before @param {string} after
 * @returns {Difference[]} computed as a longest common subsequence of lines; a template has a few hundred lines at most
 */
export function differences(before, after) {
  const [old, fresh] = [before, after].map((text) => text.replaceAll('\r\n', '\n').split('\n'));
  const common = Array.from({ length: old.length + 1 }, () => new Uint32Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      common[i][j] = old[i] === fresh[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  /** @type {Difference[]} */
  const found = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) found.push({ kind: 'same', line: old[(j++, i++)] });
    else if (i < old.length && (j === fresh.length || common[i + 1][j] >= common[i][j + 1])) found.push({ kind: 'gone', line: old[i++] });
    else found.push({ kind: 'new', line: fresh[j++] });
  }
  return found;
}
