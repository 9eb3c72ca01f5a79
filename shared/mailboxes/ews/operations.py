"""The EWS operations that are used, by exchangelib's services, with XML for answers.

These functions block: server.py runs them. They raise exchangelib's errors, which faults.py maps. Folders are named by
their distinguished names, so that no call is spent on looking them up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchangelib import Account, EWSDateTime, HTMLBody, Mailbox, Message
from exchangelib.errors import (
    ErrorCalendarCannotUseIdForOccurrenceId,
    ErrorCalendarCannotUseIdForRecurringMasterId,
)
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import ExtendedPropertyField, FieldPath, TextField
from exchangelib.items import ID_ONLY, SAVE_ONLY, SEND_AND_SAVE_COPY, SEND_TO_NONE, SHALLOW, AcceptItem, DeclineItem
from exchangelib.properties import (
    CalendarView,
    DistinguishedFolderId,
    ItemId,
    RecurringMasterItemId,
    ReferenceItemId,
)
from exchangelib.services import CreateItem, FindItem, GetFolder, GetItem, SendItem, SyncFolderItems
from exchangelib.services.common import EWSAccountService
from exchangelib.util import create_element

from shared.mailboxes.ews import payloads
from shared.mailboxes.ews.faults import GONE
from shared.mailboxes.ews.payloads import Node

PAGE = 512
"""Changes of one page: the most that EWS gives (facts §9)."""

VIEW = 1000
"""Entries of one page of a calendar view: what Exchange's throttling policy allows (EWSFindCountLimit)."""


class _SearchKey(ExtendedProperty):
    property_tag = payloads.SEARCH_KEY
    property_type = "Binary"


class _CleanGlobalObjectId(ExtendedProperty):
    distinguished_property_set_id = "Meeting"
    property_id = payloads.CLEAN_GLOBAL_OBJECT_ID
    property_type = "Binary"


def _paths(*uris: str) -> list[FieldPath]:
    return [FieldPath(field=TextField(uri, field_uri=uri)) for uri in uris]


_SEARCH = [FieldPath(field=ExtendedPropertyField("search_key", value_cls=_SearchKey))]
_UID = [FieldPath(field=ExtendedPropertyField("clean_global_object_id", value_cls=_CleanGlobalObjectId))]
_ARRIVAL = _SEARCH + _paths(
    "item:ItemClass", "item:DateTimeReceived", "meeting:AssociatedCalendarItemId", "calendar:CalendarItemType"
)
_TIMES = _paths(
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:IsCancelled",
    "calendar:StartTimeZone",
    "calendar:CalendarItemType",
    "calendar:UID",
)
_ITEM = (
    _UID
    + _TIMES
    + _paths(
        "item:Subject",
        "item:Body",
        "calendar:Organizer",
        "calendar:RequiredAttendees",
        "calendar:OptionalAttendees",
        "calendar:Resources",
        "calendar:IsResponseRequested",
        "calendar:MyResponseType",
        "calendar:AppointmentReplyTime",
        "calendar:Recurrence",
        "calendar:LastOccurrence",
        "calendar:OriginalStart",
        "calendar:RecurrenceId",
    )
)
_READ = _ITEM + _paths(
    "item:ItemClass",
    "item:DateTimeReceived",
    "meeting:AssociatedCalendarItemId",
    "meeting:IsOutOfDate",
    "meetingRequest:MeetingRequestType",
)
"""A meeting message and its calendar item are read in one call, so they are asked for the same."""


class _Once(EWSAccountService):
    """A service that asks once. exchangelib would try all versions of EWS when it is refused, with answers as well."""

    def _api_versions_to_try(self) -> tuple[str]:
        return (self._version_hint.api_version,)


class _Send(_Once, SendItem):
    pass


class _Xml(_Once):
    """A service whose answers stay XML."""

    def _elem_to_obj(self, elem: Any) -> Node:
        return Node(elem)


class _Get(_Xml, GetItem):
    ERRORS_TO_CATCH_IN_RESPONSE = (
        *GetItem.ERRORS_TO_CATCH_IN_RESPONSE,
        *GONE,
        ErrorCalendarCannotUseIdForOccurrenceId,
        ErrorCalendarCannotUseIdForRecurringMasterId,
    )


class _Folders(_Xml, GetFolder):
    pass


class _Create(_Xml, CreateItem):
    def _elem_to_obj(self, elem: Any) -> Any:
        return elem if isinstance(elem, bool) else Node(elem)  # True stands for a success that brings no id


class _Sync(_Xml, SyncFolderItems):
    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        if message.get("ResponseClass") == "Error":  # no state comes with it
            return EWSAccountService._get_element_container(self, message, name)
        return super()._get_element_container(message, name)


class _SameMeeting:
    """A restriction to items of one CleanGlobalObjectId. exchangelib's own wants its models."""

    def __init__(self, global_object_id: str) -> None:
        self._value = global_object_id

    def to_xml(self, version: Any) -> Any:
        """The Restriction element."""
        equal, constant = create_element("t:IsEqualTo"), create_element("t:FieldURIOrConstant")
        constant.append(create_element("t:Constant", attrs={"Value": self._value}))
        equal.extend([_UID[0].to_xml(), constant])
        restriction = create_element("m:Restriction")
        restriction.append(equal)
        return restriction


class _Find(_Xml, FindItem):
    def page(self, folder: DistinguishedFolderId, **asked: Any) -> tuple[list[Node], bool]:
        """One page and whether there are more. FindItem's own paging knows no calendar views."""
        unasked: dict[str, Any] = {
            "additional_fields": [],
            "restriction": None,
            "calendar_view": None,
            "page_size": None,
        }
        payload = self.get_payload(
            folders=[folder],
            order_fields=None,
            query_string=None,
            shape=ID_ONLY,
            depth=SHALLOW,
            **(unasked | asked),
        )
        [(root, offset)] = list(self._get_elements(payload=payload))
        if isinstance(root, Exception):
            raise root
        found = [] if root is None else self._get_elems_from_page(root, max_items=None, total_item_count=0)
        return [Node(element) for element in found], offset is not None


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
    results = list(_Get(account=account).call(items=ids, additional_fields=_READ, shape=ID_ONLY))
    return [_found(result) for result in results]


def look(account: Account) -> None:
    """One small call that needs the right to read the mailbox, and changes nothing. Raises what that meets."""
    folders = _Folders(account=account)
    payload = folders.get_payload(folders=[folder_id(account, "inbox")], additional_fields=[], shape=ID_ONLY)
    for result in folders._get_elements(payload=payload):
        if isinstance(result, Exception):
            raise result


def read_draft(account: Account, item_id: str) -> Node | None:
    """A message as far as sending it needs; None when it is gone."""
    fields = _paths("item:IsDraft")
    [result] = list(_Get(account=account).call(items=[ItemId(id=item_id)], additional_fields=fields, shape=ID_ONLY))
    return _found(result)


def _found(result: Node | Exception) -> Node | None:
    if isinstance(result, (*GONE, ErrorCalendarCannotUseIdForRecurringMasterId)):
        return None
    if isinstance(result, Exception):
        raise result
    return result


def sync(account: Account, folder: str, state: str) -> Arrivals:
    """What has changed in a folder since `state` ("" for everything that is in it); one call."""
    service = _Sync(account=account)
    changes: Sequence[Node] = list(
        service.call(
            folder=folder_id(account, folder),
            shape=ID_ONLY,
            additional_fields=_ARRIVAL,
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
    asked = {"additional_fields": _TIMES + _UID, "calendar_view": CalendarView(max_items=VIEW, **times)}
    return _Find(account=account).page(folder_id(account, "calendar"), **asked)


def find(account: Account, global_object_id: str) -> str:
    """The EWS id of the meeting in the calendar (a series' master), "" when it is not there."""
    asked = {"restriction": _SameMeeting(global_object_id), "page_size": 1}
    found, _ = _Find(account=account).page(folder_id(account, "calendar"), **asked)
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
    service = _Create(account=account)
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
    service = _Send(account=account)
    item = ItemId(id=item_id, changekey=change_key)
    for result in service.call(items=[item], saved_item_folder=folder_id(account, "sentitems")):
        if isinstance(result, Exception):
            raise result
