"""The EWS operations that are used, by exchangelib's services.

These functions block: server.py runs them. They raise exchangelib's errors, which faults.py maps. Folders are named by
their distinguished names, so that no call is spent on looking them up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchangelib import Account, EWSDateTime, HTMLBody, Mailbox, Message
from exchangelib.errors import ErrorCalendarCannotUseIdForRecurringMasterId
from exchangelib.items import ID_ONLY, SAVE_ONLY, SEND_AND_SAVE_COPY, SEND_TO_NONE, AcceptItem, DeclineItem
from exchangelib.properties import (
    CalendarView,
    DistinguishedFolderId,
    ItemId,
    RecurringMasterItemId,
    ReferenceItemId,
)

from shared.mailboxes.ews.faults import GONE
from shared.mailboxes.ews.node import Node
from shared.mailboxes.ews.services import (
    ARRIVAL,
    READ,
    TIMES,
    UID,
    Create,
    Find,
    Folders,
    Get,
    SameMeeting,
    Send,
    Sync,
    paths,
)

PAGE = 512
"""Changes of one page: the most that EWS gives (facts §9)."""

VIEW = 1000
"""Entries of one page of a calendar view: what Exchange's throttling policy allows (EWSFindCountLimit)."""


@dataclass(frozen=True)
class Arrivals:
    """A page of changes: the messages that came, the state for the next page, and whether anything changed at all."""

    messages: tuple[Node, ...]
    state: str
    more: bool
    stirred: bool


def folder_id(account: Account, name: str) -> DistinguishedFolderId:
    """A folder of the account's mailbox by its distinguished name."""
    return DistinguishedFolderId(id=name, mailbox=Mailbox(email_address=account.primary_smtp_address))


def read(account: Account, *ids: ItemId | RecurringMasterItemId) -> list[Node | None]:
    """Messages and calendar items, None for each that is gone; one call."""
    results = list(Get(account=account).call(items=ids, additional_fields=READ, shape=ID_ONLY))
    return [_found(result) for result in results]


def look(account: Account) -> None:
    """One small call that needs the right to read the mailbox, and changes nothing. Raises what that meets."""
    folders = Folders(account=account)
    payload = folders.get_payload(folders=[folder_id(account, "inbox")], additional_fields=[], shape=ID_ONLY)
    for result in folders._get_elements(payload=payload):
        if isinstance(result, Exception):
            raise result


def read_draft(account: Account, item_id: str) -> Node | None:
    """A message as far as sending it needs; None when it is gone."""
    fields = paths("item:IsDraft")
    [result] = list(Get(account=account).call(items=[ItemId(id=item_id)], additional_fields=fields, shape=ID_ONLY))
    return _found(result)


def _found(result: Node | Exception) -> Node | None:
    if isinstance(result, (*GONE, ErrorCalendarCannotUseIdForRecurringMasterId)):
        return None
    if isinstance(result, Exception):
        raise result
    return result


def sync(account: Account, folder: str, state: str) -> Arrivals:
    """What has changed in a folder since `state` ("" for everything that is in it); one call."""
    service = Sync(account=account)
    changes: Sequence[Node] = list(
        service.call(
            folder=folder_id(account, folder),
            shape=ID_ONLY,
            additional_fields=ARRIVAL,
            sync_state=state or None,
            ignore=None,
            max_changes_returned=PAGE,
            sync_scope=None,
        )
    )
    created = (item for change in changes if change.name == "Create" for item in change.children())
    return Arrivals(tuple(created), service.sync_state or "", not service.includes_last_item_in_range, bool(changes))


def view(account: Account, start: datetime, end: datetime) -> tuple[list[Node], bool]:
    """The calendar between two moments, occurrences expanded, by start: one page, and whether there are more."""
    times = {"start": EWSDateTime.from_datetime(start), "end": EWSDateTime.from_datetime(end)}
    asked = {"additional_fields": TIMES + UID, "calendar_view": CalendarView(max_items=VIEW, **times)}
    return Find(account=account).page(folder_id(account, "calendar"), **asked)


def find(account: Account, global_object_id: str) -> str:
    """The EWS id of the meeting in the calendar (a series' master), "" when it is not there."""
    asked = {"restriction": SameMeeting(global_object_id), "page_size": 1}
    found, _ = Find(account=account).page(folder_id(account, "calendar"), **asked)
    return found[0].id if found else ""


def respond(account: Account, item_id: str, *, accept: bool, html: str | None) -> None:
    """Accept or decline once. With `html` the organizer gets a response, with None nobody does.

    A response that is not sent is left in Deleted Items: EWS makes one, but needs not send it.
    """
    body = {} if html is None else {"body": HTMLBody(html)}
    answer = (AcceptItem if accept else DeclineItem)(reference_item_id=ReferenceItemId(id=item_id), **body)
    if html is None:
        _create(account, answer, SAVE_ONLY, "deleteditems")
    else:
        _create(account, answer, SEND_AND_SAVE_COPY, "sentitems")


def save_draft(account: Account, recipients: Sequence[str], subject: str, html: str) -> str:
    """A message in Drafts; its id."""
    to = [Mailbox(email_address=address) for address in recipients]
    message = Message(account=account, subject=subject, body=HTMLBody(html), to_recipients=to)
    [saved] = _create(account, message, SAVE_ONLY, "drafts")
    return saved.id


def _create(account: Account, item: Any, disposition: str, folder: str) -> list[Node]:
    service = Create(account=account)
    payload = service.get_payload(
        items=[item],
        folder=folder_id(account, folder),
        message_disposition=disposition,
        send_meeting_invitations=SEND_TO_NONE,
    )
    results = list(service._elems_to_objs(service._get_elements(payload=payload)))
    for result in results:
        if isinstance(result, Exception):
            raise result
    return [result for result in results if isinstance(result, Node)]


def send(account: Account, item_id: str, change_key: str) -> None:
    """Send a draft. EWS wants the change key here: a draft that has changed is not sent."""
    service = Send(account=account)
    item = ItemId(id=item_id, changekey=change_key)
    for result in service.call(items=[item], saved_item_folder=folder_id(account, "sentitems")):
        if isinstance(result, Exception):
            raise result
