// @ts-check
/** The pane's own texts. All other texts come from the integration. Plain text. */

export const words = {
  remove: 'Remove from the meeting',
  removed: 'The VMR has been removed from the meeting.',
  back: 'Back',
  more: 'Show more',
  find: 'Find a VMR',
  shown: (/** @type {number} */ count, /** @type {number} */ all) =>
    all ? `${count} of ${all} shown.` : 'No VMR has this text in its name or description.',
  signOut: 'Sign out',
  waiting: 'Sign in using the window that has opened.',
  code: 'If the sign-in page shows a code, enter it here',
  useCode: 'Use this code',
  inBrowser: 'Use a browser window instead',
  working: 'One moment…',
  reference: 'Reference:',
  complete: 'Add the mailbox',
  incomplete:
    'The joining instructions are in the text, but the mailbox that schedules the VMR was not found among the ' +
    'attendees. Without the mailbox, the meeting gets no VMR.',
  replace: 'Replace with a new VMR',
  foreign:
    'The joining instructions in this text belong to another meeting. ' +
    'Give this meeting its own VMR before you send it.',
  unsure:
    'This VMR is booked for another time. If you have just moved the meeting, select Send. ' +
    'If this is a copy of another meeting, replace the VMR with a new one.',
  formerStays: 'Please delete the previous joining instructions, which are below the new ones.',
  ownVmr: 'Give this date its own VMR',
  occurrence: (/** @type {string} */ alias, /** @type {boolean} */ isOwn) =>
    `This is one date of a series, with ${isOwn ? 'its own VMR' : "the series' VMR"}${alias && `, ${alias}`}. ` +
    'Changes that you make here affect only this date.',
  onlyThisDate: 'This is one date of a series; the other dates do not change.',
  goOn: 'Continue',
  rewriteToRemove:
    'The text contains pictures. To remove the joining instructions, Outlook has to rewrite the whole text, and ' +
    'pictures may be lost. Alternatively, delete the joining instructions yourself, then select Back and Remove.',
  rewriteToReplace:
    'The text contains pictures. To replace the joining instructions, Outlook has to rewrite the whole text, and ' +
    'pictures may be lost. Alternatively, delete the joining instructions yourself, and reopen this pane.',
  rewriteToAdd:
    'Outlook did not insert the joining instructions above the text. Rewriting the whole text would work, ' +
    'but pictures in it may be lost.',
  mailboxUnseen: (/** @type {string} */ name) =>
    `Outlook does not list "${name}" yet. Before you select Send, check that it is among the attendees.`,
  mailboxStays: (/** @type {string} */ name) =>
    `The VMR has been removed from the meeting. Please also remove "${name}" from the attendees, if it is still there: ` +
    'Outlook does not let the add-in do that here.',
  lost: (/** @type {string[]} */ names) =>
    `Outlook could not restore these attendees. Please add them back: ${names.join('; ')}`,
  unanswered: (/** @type {string} */ name) =>
    `Outlook has not responded. Wait until "${name}" is among the attendees, or try again.`,
  locationKept: 'The meeting already has a location, which was left unchanged.',
  locationFailed: 'Outlook did not accept the location. The meeting works without it.',
  undoFailed: 'Not everything could be removed. Please check the text, the attendees and the location of the meeting.',
  notRestored: 'The joining instructions may still be in the text. Try again, or delete them yourself before you select Send.',
  popupBlocked: 'The sign-in window was blocked. Allow pop-up windows for Outlook in your browser, and try again.',
  outside: 'This page works inside Outlook, in a meeting that you are editing.',
  unsuitable: 'To add a VMR, create a meeting, or open one of your meetings for editing. This requires a current version of Outlook.',
  stuck: 'Outlook is not responding.',
  stuckHint:
    'Close this pane and open it again. If that does not help, please tell your administrator: ' +
    'Office.js or MicrosoftAjax.js could not be loaded.',
};
