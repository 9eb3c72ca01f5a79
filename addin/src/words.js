// @ts-check
/** What the pane says by itself; everything else comes from the integration's texts. Plain text. */

export const words = {
  remove: 'Remove from the meeting',
  removed: 'The VMR has been removed from the meeting.',
  back: 'Back',
  more: 'Show more',
  find: 'Find a VMR',
  shown: (/** @type {number} */ count, /** @type {number} */ all) =>
    all ? `${count} of ${all} shown.` : 'No VMR has that in its name or its description.',
  signOut: 'Sign out',
  waiting: 'Sign in in the window that has opened.',
  code: 'If the sign-in page shows a code, enter it here',
  useCode: 'Use this code',
  inBrowser: 'Sign in in a browser window instead',
  working: 'One moment…',
  reference: 'Reference:',
  personalSuccess: 'Your personal VMR needs no booking.',
  locationKept: 'The meeting has a location already, which was left as it is.',
  locationFailed: 'Outlook did not take the location. The meeting works without it.',
  undoFailed: 'Not everything could be removed. Please check the text, the attendees and the location of the meeting.',
  notRestored: 'Please remove the joining instructions from the meeting by hand before you try again.',
  popupBlocked: 'The sign-in window was blocked. Allow pop-up windows for Outlook in your browser, and try again.',
  outside: 'This page works inside Outlook, in a meeting that you are writing.',
  unsuitable: 'Open a meeting of yours for editing, or write a new one, to add a VMR. It needs a current Outlook.',
  stuck: 'Outlook does not answer.',
  stuckHint:
    'Close this pane and open it again. If that does not help, please tell your administrator: ' +
    'Office.js or MicrosoftAjax.js could not be loaded.',
};
