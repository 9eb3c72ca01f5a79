"""Reads values from Graph objects and builds Graph queries, as shared/mailboxes/graph does."""

import base64
import binascii
from collections.abc import Iterable

from infra.live_check.graph import Json

EVENT = "microsoft.graph.eventMessage/event"
KIND = "microsoft.graph.eventMessage/meetingMessageType"
GLOBAL_OBJECT_ID = "Binary {6ED8DA90-450B-101B-98DA-00AA003F1305} Id 0x3"
CLEAN_GLOBAL_OBJECT_ID = "Binary {6ED8DA90-450B-101B-98DA-00AA003F1305} Id 0x23"
SEQUENCE = "Integer {00062002-0000-0000-C000-000000000046} Id 0x8201"
NO_MAILBOX_CODES = frozenset(
    {"ErrorInvalidUser", "ErrorNonExistentMailbox", "MailboxNotEnabledForRESTAPI", "ResourceNotFound"}
)
ENTRY_FIELDS = (
    "id,seriesMasterId,iCalUId,type,start,end,isAllDay,isCancelled,isOrganizer,originalStartTimeZone,responseStatus,"
    "lastModifiedDateTime"
)
OCCURRENCE_FIELDS = "id,type,start,end,isAllDay,isCancelled,originalStartTimeZone"


def expanding(*names: str) -> dict[str, str]:
    """The query for extended properties."""
    condition = " or ".join(f"id eq '{name}'" for name in names)
    return {"$expand": f"singleValueExtendedProperties($filter={condition})"}


def extended(document: Json, name: str) -> str:
    """The value of an extended property; "" if it is missing."""
    found: Iterable[Json] = document.get("singleValueExtendedProperties") or []
    return next((str(each.get("value", "")) for each in found if each.get("id", "").casefold() == name.casefold()), "")


def hexadecimal(value: str) -> str:
    """A binary property (base64) as hexadecimal digits; "" if it is not valid."""
    try:
        return base64.b64decode(value, validate=True).hex().upper()
    except binascii.Error:
        return ""


def day_in(global_object_id: str) -> str:
    """The date (yyyymmdd) in bytes 16 to 19 of a global object id (hexadecimal digits); "" if there is none."""
    try:
        raw = bytes.fromhex(global_object_id)[16:20]
    except ValueError:
        return ""
    return f"{int.from_bytes(raw[:2]):04}{raw[2]:02}{raw[3]:02}" if len(raw) == 4 and any(raw) else ""


def without_day(global_object_id: str) -> str:
    """The global object id of the series."""
    return global_object_id[:32] + "0" * 8 + global_object_id[40:]
