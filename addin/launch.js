// @ts-check
/**
 * Offers the pane in a new meeting. A notification above the text has a button that opens the pane.
 *
 * Classic Outlook for Windows runs this file without a page, modules or storage, and never calls `Office.onReady`
 * (docs/facts/outlook-addin.md). So it is a single plain script. The server prepends the UI texts to it as `OFFER`.
 */

/** @param {Office.AddinCommands.Event} event */
function onNewMeeting(event) {
  /** @type {Office.NotificationMessageDetails} */
  const line = {
    type: 'insightMessage',
    message: OFFER.message,
    icon: 'icon16', // the icon's name in the manifest
    actions: [{ actionType: 'showTaskPane', actionText: OFFER.action, commandId: 'vmrButton', contextData: '{}' }],
  };
  // If Outlook rejects the notification, the meeting works without it.
  Office.context.mailbox.item?.notificationMessages.addAsync('vmr', line, () => event.completed());
}

Office.actions.associate('onNewMeeting', onNewMeeting);
