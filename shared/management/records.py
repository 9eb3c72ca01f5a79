"""Read-only records of what the service has done: every integration's meetings and operations.

Meetings are identified by numbers (meeting_records.py), operations by ids that increase over time (operations.py).
Pages and common searches are served from lists in storage (shared/record_lists).
"""

from collections.abc import Mapping

from shared.integrations import IntegrationStore
from shared.management.meeting_records import ALIASES, OCCURRENCES, SERIES, MeetingReader, MeetingRecords
from shared.management.operations import Operations
from shared.management.resource import TIME, Resource, Schema
from shared.management.schedulers import Schedulers
from shared.record_lists import entries
from shared.record_lists.lists import RecordLists
from shared.storage import Storage

_INTEGER = {"type": "integer", "readOnly": True}
_TEXT = {"type": "string", "readOnly": True}
_FLAG = {"type": "boolean", "readOnly": True}
_LINK = {"type": "string", "format": "uri-reference", "readOnly": True}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def records(
    integrations: IntegrationStore, storage: Storage, lists: RecordLists, meetings: MeetingReader
) -> list[Resource]:  # fmt: skip
    """The read-only resources for bookings and operations."""
    return [
        MeetingRecords(ALIASES, "Issued aliases.", entries.ALIASES, _numbered(_ALIAS), meetings),
        MeetingRecords(
            OCCURRENCES, "Occurrences of scheduled meetings.", entries.OCCURRENCES, _numbered(_SCHEDULED), meetings
        ),
        MeetingRecords(SERIES, "Scheduled meeting series.", entries.SERIES, _numbered(_RECURRING), meetings),
        Schedulers(integrations, storage, lists),
        Operations(integrations, storage, lists),
    ]


def _numbered(properties: Mapping[str, Schema]) -> Mapping[str, Schema]:
    return {"id": _INTEGER, **properties, "resource_uri": _LINK}


_ALIAS: Mapping[str, Schema] = {
    "alias": _TEXT,
    "alias_number": _INTEGER,
    "numeric_alias": _TEXT,
    "uuid": _TEXT,
    "exchange_connector": _LINK,
    "is_used": _FLAG,
    "ews_item_uid": _nullable(_TEXT),
    "creation_time": TIME,
    "conference_deletion_time": _nullable(TIME),
}
_SCHEDULED: Mapping[str, Schema] = {
    "conference": _LINK,
    "start_time": TIME,
    "end_time": TIME,
    "subject": _TEXT,
    "ews_item_id": _TEXT,
    "ews_item_uid": _TEXT,
    "recurring_conference": _nullable(_LINK),
    "scheduled_alias": _LINK,
}
_RECURRING: Mapping[str, Schema] = {
    "conference": _LINK,
    "current_index": _INTEGER,
    "ews_item_id": _TEXT,
    "is_depleted": _FLAG,
    "subject": _TEXT,
    "scheduled_alias": _LINK,
}
