// @ts-check
/**
 * Offers the pane in a new meeting, through a notification with a button above the text.
 *
 * Classic Outlook for Windows runs only this file: no page, no modules, no storage, and `Office.onReady` is never
 * called (docs/facts/outlook-addin.md). So it is one plain script; the server prepends the texts, as `OFFER`.
 */

/** @param {Office.AddinCommands.Event} event */
function onNewMeeting(event) {
  /** @type {Office.NotificationMessageDetails} */
  const line = {
    type: 'insightMessage',
    message: OFFER.message,
    icon: 'icon16', // its name in the manifest
    actions: [{ actionType: 'showTaskPane', actionText: OFFER.action, commandId: 'vmrButton', contextData: '{}' }],
  };
  // If an Outlook does not accept the notification, the meeting works without it.
  Office.context.mailbox.item?.notificationMessages.addAsync('vmr', line, () => event.completed());
}

Office.actions.associate('onNewMeeting', onNewMeeting);
