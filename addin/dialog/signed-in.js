// @ts-check
/** Runs in the sign-in dialog once the provider has proven the user: hands the one-time code to the pane. */

const code = document.getElementById('code')?.textContent ?? '';
Office.onReady(() => {
  // To our own origin only, whatever page Outlook takes for the dialog's parent.
  Office.context.ui.messageParent(JSON.stringify({ code }));
});
