/** Text to copy: a command or a link. */

import { html, useState } from './ui.js';

/** @param {{ label: string, text: string }} props */
export function Command({ label, text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return html`<div class="command">
    <pre aria-label=${label} tabindex="0" role="region">${text}</pre>
    <button type="button" onClick=${copy}>${copied ? 'Copied' : 'Copy'}<span class="unseen">: ${label}</span></button>
  </div>`;
}
