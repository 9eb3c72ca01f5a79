// @ts-check
/**
 * Runs in the sign-in dialog once the provider has proven the user: hands the one-time code to the pane, which closes
 * the dialog. Where that does not happen, the user is told a code to type there (docs/facts/outlook-addin.md: dialogs
 * that cannot reach their parent, and browser windows that have none).
 */

const PATIENCE = 2_500; // milliseconds until the pane has closed the window

const part = (/** @type {string} */ id) => document.getElementById(id);

function tellCode() {
  for (const id of ['closing', 'by-hand']) part(id)?.toggleAttribute('hidden', id === 'closing');
}

setTimeout(tellCode, PATIENCE);
globalThis.Office?.onReady(({ host }) => {
  if (!host) return tellCode();
  // Office.js delivers it to a parent of this page's own origin only.
  Office.context.ui.messageParent(JSON.stringify({ code: part('code')?.textContent ?? '' }));
});
