"""Variants of exchangelib's services that return XML, and the properties that they request."""

from datetime import UTC, datetime
from typing import Any

from exchangelib.errors import (
    ErrorCalendarCannotUseIdForOccurrenceId,
    ErrorCalendarCannotUseIdForRecurringMasterId,
)
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import ExtendedPropertyField, FieldPath, TextField
from exchangelib.items import ID_ONLY, SHALLOW
from exchangelib.properties import DistinguishedFolderId
from exchangelib.services import CreateItem, FindItem, GetFolder, GetItem, ResolveNames, SendItem, SyncFolderItems
from exchangelib.services.common import EWSAccountService
from exchangelib.util import create_element

from shared.mailboxes.ews import payloads
from shared.mailboxes.ews.error_mapping import GONE, HttpFailure
from shared.mailboxes.ews.node import Node

_REQUEST_TIMEOUT = 408


class _SearchKey(ExtendedProperty):
    property_tag = payloads.SEARCH_KEY
    property_type = "Binary"


class _Sender(ExtendedProperty):
    property_tag = payloads.SENDER
    property_type = "String"


class _GlobalObjectId(ExtendedProperty):
    distinguished_property_set_id = "Meeting"
    property_id = payloads.GLOBAL_OBJECT_ID
    property_type = "Binary"


class _CleanGlobalObjectId(ExtendedProperty):
    distinguished_property_set_id = "Meeting"
    property_id = payloads.CLEAN_GLOBAL_OBJECT_ID
    property_type = "Binary"


def paths(*uris: str) -> list[FieldPath]:
    """Properties given by their URIs, without exchangelib's models."""
    return [FieldPath(field=TextField(uri, field_uri=uri)) for uri in uris]


_SEARCH = [FieldPath(field=ExtendedPropertyField("search_key", value_cls=_SearchKey))]
UID = [FieldPath(field=ExtendedPropertyField("clean_global_object_id", value_cls=_CleanGlobalObjectId))]
_WITH_DAY = [FieldPath(field=ExtendedPropertyField("global_object_id", value_cls=_GlobalObjectId))]
ARRIVAL = _SEARCH + paths(
    "item:ItemClass", "item:DateTimeReceived", "meeting:AssociatedCalendarItemId", "calendar:CalendarItemType"
)
TIMES = paths(
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:IsCancelled",
    "calendar:StartTimeZone",
    "calendar:CalendarItemType",
    "calendar:UID",
    "calendar:OriginalStart",
    "calendar:MyResponseType",
    "item:LastModifiedTime",
)
_ITEM = (
    UID
    + TIMES
    + paths(
        "item:Subject",
        "calendar:Organizer",
        "calendar:RequiredAttendees",
        "calendar:OptionalAttendees",
        "calendar:Resources",
        "calendar:IsResponseRequested",
        "calendar:MyResponseType",
        "calendar:AppointmentReplyTime",
        "calendar:AppointmentSequenceNumber",
        "calendar:Recurrence",
        "calendar:LastOccurrence",
        "calendar:RecurrenceId",
    )
)
_SENDER = [FieldPath(field=ExtendedPropertyField("sender_address", value_cls=_Sender))]
"""The sender as a MAPI property. It is also requested for calendar items, which have no `message:Sender`."""

BODILESS = (
    _ITEM
    + _SENDER
    + _WITH_DAY
    + paths(
        "item:ItemClass",
        "item:DateTimeReceived",
        "meeting:AssociatedCalendarItemId",
        "meeting:IsOutOfDate",
        "meetingRequest:MeetingRequestType",
    )
)
"""All properties except the body. They are the same for a meeting message and its calendar item, which are read in one
call.
"""

READ = BODILESS + paths("item:Body")
AS_TEXT = BODILESS + paths("item:TextBody")
DRAFT = paths("item:IsDraft", "item:ParentFolderId")


class _Once(EWSAccountService):
    """A service that sends each request only once. exchangelib would retry a refused request with every version of EWS,
    even if the request answers a meeting.
    """

    def _api_versions_to_try(self) -> tuple[str]:
        return (self._version_hint.api_version,)

    def _get_response(self, payload: Any, api_version: str) -> Any:
        """The response. If the server has ended an idle connection with status 408, it has not read the request, so the
        request is sent again on a new connection.
        """
        try:
            return super()._get_response(payload, api_version)
        except HttpFailure as failure:
            if failure.status != _REQUEST_TIMEOUT:
                raise
            return super()._get_response(payload, api_version)


class Send(_Once, SendItem):
    """Sends drafts."""


class _Xml(_Once):
    """A service that returns its responses as XML."""

    def _elem_to_obj(self, elem: Any) -> Node:
        return Node(elem)


class Get(_Xml, GetItem):
    """Reads items, and reports each missing item as such."""

    ERRORS_TO_CATCH_IN_RESPONSE = (
        *GetItem.ERRORS_TO_CATCH_IN_RESPONSE,
        *GONE,
        ErrorCalendarCannotUseIdForOccurrenceId,
        ErrorCalendarCannotUseIdForRecurringMasterId,
    )


class Folders(_Xml, GetFolder):
    """Reads folders."""


class Resolve(_Xml, ResolveNames):
    """Searches the address book. Unlike exchangelib's own service, this also works for an application, which has to act
    on behalf of a mailbox.
    """


class Create(_Xml, CreateItem):
    """Creates responses and e-mails."""

    def _elem_to_obj(self, elem: Any) -> Any:
        return elem if isinstance(elem, bool) else Node(elem)  # True stands for success without an id


class Sync(_Xml, SyncFolderItems):
    """Reads the changes in a folder."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        if message.get("ResponseClass") == "Error":  # there is no state if the folder is read from the start
            return EWSAccountService._get_element_container(self, message, name)
        return super()._get_element_container(message, name)


class Restriction:
    """A restriction on one property. exchangelib's own class only works with its models."""

    def __init__(self, comparison: str, field: FieldPath, value: str) -> None:
        self._comparison, self._field, self._value = comparison, field, value

    def to_xml(self, version: Any) -> Any:
        """The Restriction element."""
        compared, constant = create_element(f"t:{self._comparison}"), create_element("t:FieldURIOrConstant")
        constant.append(create_element("t:Constant", attrs={"Value": self._value}))
        compared.extend([self._field.to_xml(), constant])
        restriction = create_element("m:Restriction")
        restriction.append(compared)
        return restriction


def of_meeting(global_object_id: str) -> Restriction:
    """A restriction to items with this CleanGlobalObjectId."""
    return Restriction("IsEqualTo", UID[0], global_object_id)


def received_since(moment: datetime) -> Restriction:
    """A restriction to messages that have arrived since a given time."""
    field = paths("item:DateTimeReceived")[0]
    return Restriction("IsGreaterThanOrEqualTo", field, f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


class Find(_Xml, FindItem):
    """Searches the calendar."""

    def page(self, folder: DistinguishedFolderId, **asked: Any) -> tuple[list[Node], bool]:
        """One page, and whether there are more. FindItem's own paging does not work with calendar views."""
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
