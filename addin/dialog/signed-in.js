// @ts-check
/** Runs in the sign-in dialog once the provider has proven the user: hands the one-time code to the pane. */

const code = document.getElementById('code')?.textContent ?? '';
Office.onReady(() => {
  // Office.js delivers it to a parent of this page's own origin only.
  Office.context.ui.messageParent(JSON.stringify({ code }));
});
