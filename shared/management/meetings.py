"""`status/v1/meeting/`: scheduled meetings as a support desk searches for them, and their actions (W4).

    GET  …/meeting/?text=review&start__gte=…&state=scheduled&order_by=start
    POST …/meeting/{id}/close/     nobody gets in any more, until
    POST …/meeting/{id}/reopen/    an admin opens the room again
    POST …/meeting/{id}/resend/    mail the joining instructions to the meeting's owner again
    POST …/meeting/{id}/transfer/  {"organizer": "bob@example.com"}: the meeting is theirs; "" gives it back

The organizer of a meeting is not recorded. What the integration's templates put into names and descriptions is, and by
default that is the organizer's address: only to that extent can meetings be found by organizer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from shared.api_paths import STATUS, uri
from shared.bookings.booking import Booking, State
from shared.bookings.numbering import Numbered, Numbering
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of, operations_of
from shared.calendar.conference import Conference
from shared.clock import Clock
from shared.errors import NotFound, SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.management.call import Answer, Call, json_object
from shared.management.connectors import connector_uri
from shared.management.resource import TIME, Action, Object, Schema, Shown, time_text
from shared.meetings.room_control import RoomControl
from shared.storage import Storage

MEETING = "meeting"
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+\w")
_TEXT: Schema = {"type": "string", "readOnly": True}
_TIMES: Schema = {
    "type": "object",
    "description": "When it takes place, and when people are let in for it.",
    "properties": {"start": TIME, "end": TIME, "opens": TIME, "closes": TIME},
}
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "exchange_connector": {"type": "string", "format": "uri-reference", "readOnly": True},
        "alias": _TEXT,
        "numeric_alias": _TEXT,
        "tag": _TEXT,
        "name": _TEXT,
        "subject": _TEXT,
        "description": _TEXT,
        "organizer": {
            **_TEXT,
            "description": "The person an admin has given it to, otherwise the recorded address, or the one in the "
            "name or description; otherwise empty.",
        },
        "given_to": {
            **_TEXT,
            "description": "Whom an admin has given it to; empty while it is its organizer's.",
        },
        "state": {**_TEXT, "enum": ["scheduled", "closed", "held"], "description": "`held`: closed by an admin."},
        "start": {
            **TIME,
            "description": "UTC, without an offset; of the current or next occurrence, or else of the last one.",
        },
        "end": TIME,
        "door": {
            "type": "object",
            "description": "Whether people are let in now, and when that changes next.",
            "properties": {"open": {"type": "boolean"}, "next_change": {**TIME, "type": ["string", "null"]}},
        },
        "occurrences": {"type": "array", "items": _TIMES},
        "operations": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Correlation ids of the decisions on its messages, newest first.",
        },
        "text": {**_TEXT, "x-search": True, "description": "The fields that a search covers: `text=review`."},
        "creation_time": TIME,
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


_TRANSFER: Schema = {
    "type": "object",
    "properties": {"organizer": {"type": "string", "description": "The new owner's address; empty: the organizer's."}},
    "required": ["organizer"],
}


@dataclass(frozen=True)
class Meetings:
    """A Resource of the meetings that have, or had, a room."""

    integrations: IntegrationStore
    storage: Storage
    control: RoomControl
    clock: Clock

    area = STATUS
    name = MEETING
    about = "Scheduled meetings and their rooms."
    schema = SCHEMA

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """What an admin may do with a room."""
        return {
            "close": Action(
                "POST",
                "Let nobody in any more, until it is reopened.",
                self._acting(self.control.close),
                undone_by=lambda _: ("reopen", {}),
            ),
            "reopen": Action(
                "POST",
                "Reopen a room that was closed here.",
                self._acting(self.control.reopen),
                undone_by=lambda _: ("close", {}),
            ),
            "resend": Action(
                "POST", "Mail the joining instructions to its owner again.", self._acting(self.control.resend)
            ),
            "transfer": Action(
                "POST", "Give the meeting to another owner.", self._transfer, _TRANSFER,
                undone_by=lambda before: ("transfer", {"organizer": before.get("given_to", "")}),
            ),
        }  # fmt: skip

    async def _transfer(self, id_: int, call: Call) -> Answer:
        sent = json_object(call)
        organizer = sent.get("organizer")
        if not isinstance(organizer, str) or len(sent) > 1:
            raise SettingsInvalid({"organizer": ["Send the new owner's address: an e-mail address, or an empty text."]})

        async def give(integration: str, tag: str) -> Booking:
            return await self.control.give(integration, tag, organizer)

        return await self._acting(give)(id_, call)

    async def all(self) -> Sequence[Object]:
        """Every meeting, by ascending id."""
        found = [each for integration in await self.integrations.list() for each in await self._of(integration)]
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def one(self, id_: int) -> Shown:
        """The meeting with an id: by two point reads, plus its integration's operations. Raises NotFound."""
        integration, booking = await self._found(id_)
        return Shown(self._shown(integration, booking, await self._decided(integration, booking.meeting)))

    async def _of(self, integration: Integration) -> list[Object]:
        table = meetings_table(self.storage)
        decided: dict[str, list[Operation]] = {}
        async for operation in operations_of(table, integration.uuid):
            decided.setdefault(operation.meeting, []).append(operation)
        found = [booking async for booking in bookings_of(table, integration.uuid) if _has_room(booking)]
        numbered = await Numbering(self.storage).complete(found)
        return [self._shown(integration, each, decided.get(each.meeting, ())) for each in numbered]

    async def _decided(self, integration: Integration, meeting: str) -> list[Operation]:
        table = meetings_table(self.storage)
        return [each async for each in operations_of(table, integration.uuid) if each.meeting == meeting]

    async def _found(self, id_: int) -> tuple[Integration, Booking]:
        booking = await Numbering(self.storage).find(Numbered.BOOKING, id_)
        if booking is None or not _has_room(booking):
            raise NotFound(f"There is no meeting with id {id_}. Its records may have been removed.")
        return await self.integrations.get(booking.integration), booking

    def _acting(self, act: Callable[[str, str], Awaitable[Booking]]) -> Callable[[int, Call], Awaitable[Answer]]:
        async def run(id_: int, call: Call) -> Answer:
            integration, booking = await self._found(id_)
            decided = await self._decided(integration, booking.meeting)
            return Answer(202, self._shown(integration, await act(integration.uuid, booking.tag), decided))

        return run

    def _shown(self, integration: Integration, booking: Booking, operations: Sequence[Operation]) -> dict[str, Any]:
        conference, now = booking.conference, self.clock.now()
        assert conference is not None  # noqa: S101 - see `_has_room`
        occurrence, _ = conference.calendar.current(now)
        newest = sorted(operations, key=lambda operation: operation.created, reverse=True)
        searched = (conference.name, conference.subject, conference.description, booking.alias, booking.tag)
        return {
            "id": booking.numbers.own,
            "exchange_connector": connector_uri(integration),
            "alias": booking.alias,
            "numeric_alias": booking.numeric_alias,
            "tag": booking.tag,
            "name": conference.name,
            "subject": conference.subject,
            "description": conference.description,
            "organizer": booking.given_to or conference.owner or organizer_in(conference),
            "given_to": booking.given_to,
            "state": "held" if booking.held else str(booking.state),
            "start": time_text(occurrence.start),
            "end": time_text(occurrence.end),
            "door": door(booking, conference, now),
            "occurrences": _times(conference),
            "operations": [operation.correlation_id for operation in newest],
            "text": "\n".join(dict.fromkeys(filter(None, searched))),
            "creation_time": time_text(booking.created),
            "resource_uri": uri(STATUS, MEETING, booking.numbers.own),
        }


def _has_room(booking: Booking) -> bool:
    return booking.conference is not None and bool(booking.conference.calendar.occurrences)


def _times(conference: Conference) -> list[Object]:
    """The occurrences, each with its join window."""
    before, after = timedelta(minutes=conference.buffer_before), timedelta(minutes=conference.buffer_after)
    return [
        {
            "start": time_text(each.start),
            "end": time_text(each.end),
            "opens": time_text(each.start - before),
            "closes": time_text(each.end + after),
        }
        for each in conference.calendar.occurrences
    ]


def organizer_in(conference: Conference) -> str:
    """The address in the conference's description, or otherwise in its name; "" if there is none."""
    for text in (conference.description, conference.name):
        if found := _ADDRESS.search(text):
            return found[0]
    return ""


def door(booking: Booking, conference: Conference, now: datetime) -> Object:
    """Whether people are let in, and the next moment at which that changes."""
    if booking.state is not State.SCHEDULED:
        return {"open": False, "next_change": None}
    before, after = timedelta(minutes=conference.buffer_before), timedelta(minutes=conference.buffer_after)
    is_open = conference.is_open(now)
    moments = {moment for o in conference.calendar.occurrences for moment in (o.start - before, o.end + after)}
    changes = (moment for moment in sorted(moments) if moment > now and conference.is_open(moment) != is_open)
    change = next(changes, None)
    return {"open": is_open, "next_change": time_text(change) if change else None}
