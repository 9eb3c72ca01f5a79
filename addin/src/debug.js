// @ts-check
/**
 * The debug log inside the pane, shown to all users while it is enabled for the integration. It contains no tokens,
 * names or addresses.
 */

const LIMIT = 300; // lines

/**
 * @param {Document} document
 * @param {boolean} isOn
 * @returns {(line: string) => void}
 */
export function debugLog(document, isOn) {
  const frame = document.getElementById('debug');
  const lines = document.getElementById('log');
  if (!isOn || !frame || !lines) return () => {};
  frame.hidden = false;
  return (text) => {
    const line = document.createElement('li');
    line.textContent = `${new Date().toISOString().slice(11, 23)} ${text}`;
    lines.append(line);
    if (lines.childElementCount > LIMIT) lines.firstElementChild?.remove();
  };
}
