"""The EWS operations MoveItem and DeleteItem."""

from dev.exchange.calendar import Entry
from dev.exchange.ews import render
from dev.exchange.ews.appointments import cancel
from dev.exchange.ews.call import Call, only
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m
from dev.exchange.model import Message
from dev.exchange.store import DELETED, FOLDERS


def move_item(call: Call) -> list[Element]:
    """Handle a MoveItem request, which moves messages to another folder in the same mailbox. They get new ids."""
    return [_moved(call, wanted) for wanted in children(child(call.body, "ItemIds", M))]


def _moved(call: Call, wanted: Element) -> Element:
    try:
        folder, item = call.folder(only(child(call.body, "ToFolderId", M))), call.item(wanted)
        if not isinstance(item, Message) or folder.name not in FOLDERS:
            raise EwsError("ErrorMoveCopyFailed", "The move or copy operation failed.")
        if folder.owner.guid != item.owner:
            raise EwsError("ErrorCrossMailboxMoveCopy", "Moving between mailboxes is not supported here.")
    except EwsError as error:
        return error_message("MoveItem", error)
    call.exchange.store.move_message(item, folder.name)
    return response_message("MoveItem", m("Items", render.id_only(item)))


def delete_item(call: Call) -> list[Element]:
    """Handle a DeleteItem request. Items are moved to Deleted Items or deleted permanently. SoftDelete is permanent
    too, because this simulation has no dumpster.
    """
    return [_deleted(call, wanted) for wanted in children(child(call.body, "ItemIds", M))]


def _deleted(call: Call, wanted: Element) -> Element:
    try:
        item = call.item(wanted)
        if not isinstance(item, Message):
            _delete_entry(call, item)
            return response_message("DeleteItem")
    except EwsError as error:
        return error_message("DeleteItem", error)
    if call.body.get("DeleteType") == "MoveToDeletedItems" and item.folder != DELETED:
        call.exchange.store.move_message(item, DELETED)
    else:
        call.exchange.store.delete_message(item)
    return response_message("DeleteItem")


def _delete_entry(call: Call, entry: Entry) -> None:
    """Remove an item from this calendar. If the owner is the organizer, this cancels the meeting; otherwise nothing is
    sent. This simulation does not keep deleted calendar items.
    """
    if call.body.get("SendMeetingCancellations") is None:
        raise EwsError("ErrorSendMeetingCancellationsRequired", "SendMeetingCancellations is required.")
    if entry.event.is_organizer:
        return cancel(call, entry, told=call.body.get("SendMeetingCancellations") != "SendToNone")
    if entry.day is None:
        return call.exchange.store.delete_event(entry.event)
    entry.event.removed.add(entry.day)
    entry.event.differences.pop(entry.day, None)
    return call.exchange.store.touch_event(entry.event)
