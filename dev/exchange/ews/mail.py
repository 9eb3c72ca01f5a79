"""Ordinary mail: CreateItem with a Message, SendItem, UpdateItem."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from dev.exchange.directory import User
from dev.exchange.ews import render
from dev.exchange.ews.answers import body
from dev.exchange.ews.appointments import update_appointment
from dev.exchange.ews.call import Call, Folder, Thing, change_of, only
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.extended import values_of
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, is_true, local, m, t, text
from dev.exchange.model import Address, Letter, Message
from dev.exchange.store import DRAFTS, SENT

_RECIPIENTS = {"ToRecipients": "to", "CcRecipients": "cc", "BccRecipients": "bcc", "ReplyTo": "reply_to"}


def create_message(call: Call, given: Element, disposition: str) -> list[Element]:
    """Create an e-mail, and save it as a draft (returns its id) or send it (returns no id). Raises `EwsError`."""
    folder = _saved_folder(call, DRAFTS if disposition == "SaveOnly" else SENT)
    owner = folder.owner
    letter = merged(Letter("", body(None), owner.contact, owner.contact, ()), children(given))
    letter = replace(letter, from_=_author(call, owner, child(given, "From")))
    return issue(call, owner, letter, disposition, children(given), folder.name)


def issue(
    call: Call, owner: User, letter: Letter, disposition: str, properties: list[Element], folder: str = ""
) -> list[Element]:
    """Save an e-mail as a draft (returns its id) or send it (returns no id); raises `EwsError`."""
    store = call.exchange.store
    if disposition == "SaveOnly":
        draft = store.add_message(owner.guid, folder or DRAFTS, letter, is_read=True, is_draft=True)
        call.exchange.ews.properties.keep(draft, properties)
        return [render.id_only(draft)]
    _check_recipients(letter)
    if disposition == "SendAndSaveCopy":
        copy = store.add_message(owner.guid, folder or SENT, letter, is_read=True)
        call.exchange.ews.properties.keep(copy, properties)
    call.exchange.post.send(letter, save=False)
    return []


def _saved_folder(call: Call, usual: str) -> Folder:
    """The folder in which the item is saved. The e-mail is sent from that folder's mailbox."""
    wanted = children(child(call.body, "SavedItemFolderId", M))
    return call.folder(wanted[0]) if wanted else Folder(call.own_mailbox, usual)


def _author(call: Call, owner: User, given: Element | None) -> Address:
    """The author of an e-mail: the caller's mailbox, or the mailbox in From if the actor may open it."""
    address = text(child(given, "Mailbox"), "EmailAddress")
    other = call.exchange.directory.find(address) if address else owner
    if other is None or not (other == owner or call.actor.may_open(other)):
        message = (
            "The user account which was used to submit this request does not have the right to send mail on behalf "
        )
        raise EwsError("ErrorSendAsDenied", message + "of the specified sending account.")
    return other.contact


def merged(letter: Letter, properties: list[Element]) -> Letter:
    """An e-mail with the properties set by a client. Unknown properties are ignored."""
    setters: dict[str, Callable[[Element], Any]] = {
        "Subject": lambda item: item.text or "",
        "Body": lambda item: body(item),
        "InternetMessageHeaders": lambda item: tuple(_headers(item)),
        **dict.fromkeys(_RECIPIENTS, lambda item: tuple(_addresses(item))),
    }
    names = {"Subject": "subject", "Body": "body", "InternetMessageHeaders": "headers", **_RECIPIENTS}
    for item in properties:
        if local(item) in setters:
            letter = replace(letter, **{names[local(item)]: setters[local(item)](item)})
        elif local(item) == "ExtendedProperty":
            letter = replace(letter, headers=(*letter.headers, *_header(item)))
    return letter


def _addresses(given: Element) -> Iterator[Address]:
    for mailbox in children(given):
        address = text(mailbox, "EmailAddress")
        yield Address(text(mailbox, "Name") or address, address)


def _headers(given: Element) -> Iterator[tuple[str, str]]:
    for header in children(given):
        yield header.get("HeaderName", ""), header.text or ""


def _header(given: Element) -> Iterator[tuple[str, str]]:
    """An extended property in the set InternetHeaders becomes a header of the e-mail."""
    uri = child(given, "ExtendedFieldURI")
    if uri is not None and uri.get("DistinguishedPropertySetId") == "InternetHeaders":
        yield uri.get("PropertyName", ""), text(given, "Value")


def _check_recipients(letter: Letter) -> None:
    addresses = (*letter.to, *letter.cc, *letter.bcc)
    if not addresses or any("@" not in address.address for address in addresses):
        raise EwsError("ErrorInvalidRecipients", "At least one recipient is not valid.")


# --- drafts


def send_item(call: Call) -> list[Element]:
    """Handle a SendItem request, which sends drafts. If requested, a copy with a new id is kept in the given folder."""
    return [_sent(call, wanted) for wanted in children(child(call.body, "ItemIds", M))]


def _sent(call: Call, wanted: Element) -> Element:
    try:
        draft = _draft(call, wanted)
        _check_change_key(draft, wanted)
        _check_recipients(draft.letter)
        target = _saved_folder(call, SENT).name
    except EwsError as error:
        return error_message("SendItem", error)
    store = call.exchange.store
    if is_true(call.body.get("SaveItemToFolder")):
        store.sent(draft)
        store.move_message(draft, target)
    else:
        store.delete_message(draft)
    call.exchange.post.send(draft.letter, save=False)
    return response_message("SendItem")


def _draft(call: Call, wanted: Element) -> Message:
    draft = call.item(wanted)
    if not isinstance(draft, Message) or not draft.is_draft:
        raise EwsError("ErrorItemNotFound")
    return draft


def _check_change_key(item: Message, wanted: Element) -> None:
    given = wanted.get("ChangeKey")
    if not given:
        raise EwsError("ErrorChangeKeyRequired")
    if given != change_of(item):
        raise EwsError("ErrorStaleObject")


# --- changes


def update_item(call: Call) -> list[Element]:
    """Handle an UpdateItem request. It can change any message's read flag, and a draft's content. SendAndSaveCopy also
    sends the draft.
    """
    return [_updated(call, change) for change in children(child(call.body, "ItemChanges", M))]


def _updated(call: Call, change: Element) -> Element:
    try:
        item = _changed(call, change)
    except EwsError as error:
        return error_message("UpdateItem", error)
    shown = render.id_only(item)
    if isinstance(item, Message) and item.is_draft and call.body.get("MessageDisposition") == "SendAndSaveCopy":
        call.exchange.store.sent(item)
        call.exchange.post.send(item.letter, save=False)
    return response_message("UpdateItem", m("Items", shown), m("ConflictResults", t("Count", 0)))


def _changed(call: Call, change: Element) -> Thing:
    wanted = only(change)
    item = call.item(wanted)
    if not isinstance(item, Message):
        return update_appointment(call, item, children(child(change, "Updates")))
    if call.body.get("ConflictResolution") == "NeverOverwrite":
        _check_change_key(item, wanted)
    updates = children(child(change, "Updates"))
    values = [value for update in updates for value in values_of(update)]
    is_read = [is_true(value.text) for value in values if local(value) == "IsRead"]
    content = [value for value in values if local(value) not in ("IsRead", "ExtendedProperty")]
    if content and not item.is_draft:
        raise EwsError("ErrorInvalidPropertyUpdateSentMessage", "Update operation is invalid for a sent message.")
    call.exchange.ews.properties.update(item, updates)
    item.letter = merged(item.letter, content if not item.is_draft else values)
    item.is_read = is_read[-1] if is_read else item.is_read
    call.exchange.store.touch_message(item)
    return item
