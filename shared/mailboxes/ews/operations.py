"""The EWS operations in use, built on exchangelib's services.

These functions block, so server.py runs them in threads. They raise exchangelib's errors, which error_mapping.py maps.
Folders are referred to by their distinguished names, which saves a call to look them up.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchangelib import Account, EWSDateTime, HTMLBody, Mailbox, Message
from exchangelib.errors import (
    ErrorCalendarCannotUseIdForRecurringMasterId,
    ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
    ErrorInvalidIdMalformed,
)
from exchangelib.items import ID_ONLY, SAVE_ONLY, SEND_AND_SAVE_COPY, SEND_TO_NONE, AcceptItem, DeclineItem
from exchangelib.properties import (
    CalendarView,
    DistinguishedFolderId,
    ItemId,
    OccurrenceItemId,
    RecurringMasterItemId,
    ReferenceItemId,
)

from shared.calendar.global_object_id import uid_of
from shared.errors import Unavailable
from shared.mailboxes.ews.error_mapping import CALL_ERRORS, GONE, REFUSED_SEARCH, is_too_large
from shared.mailboxes.ews.node import Node
from shared.mailboxes.ews.payloads import uid
from shared.mailboxes.ews.services import (
    ARRIVAL,
    AS_TEXT,
    BODILESS,
    DRAFT,
    READ,
    TIMES,
    UID,
    Create,
    Find,
    Folders,
    Get,
    Send,
    Sync,
    of_meeting,
    received_since,
)

log = logging.getLogger(__name__)

SYNC_PAGE_SIZE = 512
"""Changes per page. EWS returns no more than this."""

VIEW = 1000
"""Entries per page of a calendar view, within the limit of Exchange's throttling policy (EWSFindCountLimit)."""


BATCH = 50
"""How many occurrences are requested by number in a single call."""

SEARCH = 250
"""Entries per page of a search, within the limit of Exchange's throttling policy (EWSFindCountLimit)."""

SEARCHED = 20
"""Maximum number of pages of a folder to search for one meeting."""


@dataclass(frozen=True)
class Arrivals:
    """A page of changes: the new messages, the state for the next page, and whether anything in the folder has
    changed.
    """

    messages: tuple[Node, ...]
    state: str
    more: bool
    stirred: bool


def folder_id(account: Account, name: str) -> DistinguishedFolderId:
    """The id of the folder with this distinguished name in the account's mailbox."""
    return DistinguishedFolderId(id=name, mailbox=Mailbox(email_address=account.primary_smtp_address))


def read(account: Account, *ids: ItemId | RecurringMasterItemId, strict: bool = False) -> list[Node | None]:
    """Messages and calendar items, with None for any that are gone. Takes one call. An item with an invalid id counts
    as gone unless `strict`.

    Items whose bodies are too large are read one by one, first with the body as text, then without a body.
    """
    try:
        return _got(account, ids, READ, strict=strict)
    except CALL_ERRORS as error:
        if not is_too_large(error):
            raise
    return [_got_in_parts(account, each) for each in ids]


def item(account: Account, item_id: str) -> Node | None:
    """A calendar item; None if it is gone. Raises ErrorInvalidIdMalformed if it is not an EWS id."""
    [found] = read(account, ItemId(id=item_id), strict=True)
    return found


def _got_in_parts(account: Account, item_id: ItemId | RecurringMasterItemId) -> Node | None:
    for fields in (READ, AS_TEXT):
        try:
            return _got(account, [item_id], fields)[0]
        except CALL_ERRORS as error:
            if not is_too_large(error):
                raise
    log.warning("a body is too large to read; its content is ignored")
    return _got(account, [item_id], BODILESS)[0]


def _got(account: Account, ids: Sequence[Any], fields: Sequence[Any], *, strict: bool = False) -> list[Node | None]:
    results = list(Get(account=account).call(items=ids, additional_fields=fields, shape=ID_ONLY))
    if strict and (malformed := next((each for each in results if isinstance(each, ErrorInvalidIdMalformed)), None)):
        raise malformed
    return list(map(_found, results))


def occurrences(account: Account, master_id: str, first: int) -> tuple[list[Node], bool]:
    """The existing occurrences of a series from number `first` on, and whether there are more. Takes one call.

    For a server whose calendar views do not expand series.
    """
    ids = [OccurrenceItemId(id=master_id, instance_index=first + number) for number in range(BATCH)]
    found = list(Get(account=account).call(items=ids, additional_fields=TIMES + UID, shape=ID_ONLY))
    is_over = any(isinstance(result, ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange) for result in found)
    return [node for node in map(_found, found) if node], not is_over


def look(account: Account) -> None:
    """Make a small call that requires permission to read the mailbox but changes nothing. Raises the call's error if it
    fails.
    """
    _folder(account, "inbox")


def _folder(account: Account, name: str) -> list[Node]:
    folders = Folders(account=account)
    payload = folders.get_payload(folders=[folder_id(account, name)], additional_fields=[], shape=ID_ONLY)
    found = []
    for result in folders._get_elements(payload=payload):
        if isinstance(result, Exception):
            raise result
        found.append(Node(result))
    return found


def read_draft(account: Account, item_id: str) -> Node | None:
    """A message that has yet to be sent; None if it is gone or was sent.

    A message normally gets a new id when it is sent. On servers that keep the id, its folder shows whether it was sent.
    The draft flag does not show this reliably, because not every server marks saved messages as drafts.
    """
    draft = _got(account, [ItemId(id=item_id)], DRAFT)[0]
    if draft is None or draft.flag("IsDraft"):
        return draft
    return draft if draft.attribute("ParentFolderId", "Id") == _own_id(account, "drafts") else None


def _own_id(account: Account, name: str) -> str:
    """The id of a folder."""
    [result] = _folder(account, name)
    return result.attribute("FolderId", "Id")


def _found(result: Node | Exception) -> Node | None:
    if isinstance(result, (*GONE, ErrorCalendarCannotUseIdForRecurringMasterId)):
        return None
    if isinstance(result, Exception):
        raise result
    return result


def sync(account: Account, folder: str, state: str) -> Arrivals:
    """The changes in a folder since `state` ("" for everything in it). Takes one call."""
    service = Sync(account=account)
    changes: Sequence[Node] = list(
        service.call(
            folder=folder_id(account, folder),
            shape=ID_ONLY,
            additional_fields=ARRIVAL,
            sync_state=state or None,
            ignore=None,
            max_changes_returned=SYNC_PAGE_SIZE,
            sync_scope=None,
        )
    )
    created = (item for change in changes if change.name == "Create" for item in change.children())
    return Arrivals(tuple(created), service.sync_state or "", not service.includes_last_item_in_range, bool(changes))


def view(account: Account, start: datetime, end: datetime) -> tuple[list[Node], bool]:
    """One page of the calendar between two times, and whether there are more pages. Series are expanded, and entries
    sorted by start.
    """
    times = {"start": EWSDateTime.from_datetime(start), "end": EWSDateTime.from_datetime(end)}
    asked = {"additional_fields": TIMES + UID, "calendar_view": CalendarView(max_items=VIEW, **times)}
    return Find(account=account).page(folder_id(account, "calendar"), **asked)


def find(account: Account, global_object_id: str) -> str:
    """The EWS id of the meeting in the calendar (or of the series' master); "" if it is not there."""
    asked = {"restriction": of_meeting(global_object_id), "page_size": 1}
    try:
        found, _ = Find(account=account).page(folder_id(account, "calendar"), **asked)
    except REFUSED_SEARCH:
        return _looked_through(account, uid_of(global_object_id))
    return found[0].id if found else ""


def _looked_through(account: Account, wanted: str) -> str:
    """The meeting's EWS id, found by reading the calendar page by page. For servers that cannot search for it."""
    for page in range(SEARCHED):
        asked = {"additional_fields": UID + TIMES, "page_size": VIEW, "offset": page * VIEW}
        found, more = Find(account=account).page(folder_id(account, "calendar"), **asked)
        if ids := [node.id for node in found if uid(node) == wanted]:
            return ids[0]
        if not more:
            return ""
    raise Unavailable("The mailbox contains too many meetings to search.")


def arrived(account: Account, folder: str, since: datetime) -> list[Node]:
    """Messages that have arrived in a folder since a given time, each with its meeting, in any order. There are none if
    the server refuses the search.
    """
    found: list[Node] = []
    for page in range(SEARCHED):
        asked = {"additional_fields": ARRIVAL + UID, "page_size": SEARCH, "offset": page * SEARCH}
        try:
            nodes, more = Find(account=account).page(
                folder_id(account, folder), restriction=received_since(since), **asked
            )
        except REFUSED_SEARCH as error:
            log.warning("this server cannot search by arrival time: %s", type(error).__name__)
            return []
        found += nodes
        if not more:
            break
    return found


def respond(account: Account, item_id: str, *, accept: bool, html: str | None) -> None:
    """Accept or decline once. With `html` the organizer gets a response; with None no response is sent.

    EWS creates a response in any case, and leaves it in Deleted Items if it is not sent.
    """
    body = {} if html is None else {"body": HTMLBody(html)}
    answer = (AcceptItem if accept else DeclineItem)(reference_item_id=ReferenceItemId(id=item_id), **body)
    if html is None:
        _create(account, answer, SAVE_ONLY, "deleteditems")
    else:
        _create(account, answer, SEND_AND_SAVE_COPY, "sentitems")


def save_draft(account: Account, recipients: Sequence[str], subject: str, html: str) -> str:
    """Create a message in Drafts, and return its id."""
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
    """Send a draft. EWS requires its change key, so a draft that has changed is not sent."""
    service = Send(account=account)
    item = ItemId(id=item_id, changekey=change_key)
    for result in service.call(items=[item], saved_item_folder=folder_id(account, "sentitems")):
        if isinstance(result, Exception):
            raise result
