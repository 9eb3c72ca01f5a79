// @ts-check
/**
 * Runs in the sign-in dialog after the provider has authenticated the user. It passes the one-time code to the pane,
 * which closes the dialog. If that does not happen, the dialog shows a code for the user to type into the pane
 * (docs/facts/outlook-addin.md: some dialogs cannot reach their parent, and browser windows have no parent).
 */

const CLOSING_TIMEOUT = 2_500; // milliseconds within which the pane has to close the window

const part = (/** @type {string} */ id) => document.getElementById(id);

function tellCode() {
  for (const id of ['closing', 'by-hand']) part(id)?.toggleAttribute('hidden', id === 'closing');
}

setTimeout(tellCode, CLOSING_TIMEOUT);
globalThis.Office?.onReady(({ host }) => {
  if (!host) return tellCode();
  // Office.js delivers the message only to a parent on this page's origin.
  Office.context.ui.messageParent(JSON.stringify({ code: part('code')?.textContent ?? '' }));
});
