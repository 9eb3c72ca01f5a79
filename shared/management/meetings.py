"""`status/v1/meeting/`: scheduled meetings for a support desk to search, and the actions on them (W4).

    GET  …/meeting/?text=review&start__gte=…&state=scheduled&order_by=start
    POST …/meeting/{id}/close/     closes the room until an admin reopens it
    POST …/meeting/{id}/reopen/    reopens the room
    POST …/meeting/{id}/resend/    e-mails the joining instructions to the meeting's owner again
    POST …/meeting/{id}/transfer/  {"organizer": "bob@example.com"} gives the meeting to that person; "" gives it back

A meeting can only be found by its organizer if meeting_status.py can tell who that is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shared.api_paths import CONFIGURATION, CONNECTOR, STATUS, id_in
from shared.bookings.booking import Booking
from shared.bookings.numbering import Numbered, Numbering
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of, decided_on, operations_of
from shared.clock import Clock
from shared.errors import NotFound, SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.integrations.syntax import is_guid
from shared.management.call import Answer, Call, json_object
from shared.management.listing import Part, Query, part_of
from shared.management.meeting_records import booking_with_alias
from shared.management.meeting_status import MEETING, SCHEMA, meeting_object
from shared.management.resource import Action, Object, Schema, Shown
from shared.management.spans import meeting_span
from shared.meetings.room_control import RoomControl
from shared.record_lists.entries import MEETINGS, booking_in, decided_in, integration_id_in, room_of
from shared.record_lists.journal import Record
from shared.record_lists.lists import RecordLists
from shared.storage import Row, Storage

MEETINGS_SEARCHED_MAX = 2_000
"""Maximum number of meetings to search if no list answers a query. Reading them takes two storage requests."""

_TRANSFER: Schema = {
    "type": "object",
    "properties": {"organizer": {"type": "string", "description": "The new owner's address; empty for the organizer."}},
    "required": ["organizer"],
}


@dataclass(frozen=True)
class Meetings:
    """A Resource of the meetings that have or had a room."""

    integrations: IntegrationStore
    storage: Storage
    lists: RecordLists
    control: RoomControl
    clock: Clock

    area = STATUS
    name = MEETING
    about = "Scheduled meetings and their rooms."
    schema = SCHEMA

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """The actions on a meeting and its room."""
        return {
            "close": Action(
                "POST",
                "Close the room. Nobody is let in until it is reopened.",
                self._acting(self.control.close),
                undone_by=lambda _: ("reopen", {}),
            ),
            "reopen": Action(
                "POST",
                "Reopen a room that an admin has closed.",
                self._acting(self.control.reopen),
                undone_by=lambda _: ("close", {}),
            ),
            "resend": Action(
                "POST",
                "E-mail the joining instructions to the meeting's owner again.",
                self._acting(self.control.resend),
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
            problem = "Send the new owner's address: an e-mail address, or an empty string."
            raise SettingsInvalid({"organizer": [problem]})

        async def give(integration: str, tag: str) -> Booking:
            return await self.control.give(integration, tag, organizer)

        return await self._acting(give)(id_, call)

    async def all(self) -> Sequence[Object]:
        """All meetings, in ascending order of id."""
        found = [each for integration in await self.integrations.list() for each in await self._of(integration)]
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def one(self, id_: int) -> Shown:
        """The meeting with the given id. Raises NotFound."""
        integration, booking = await self._found(id_)
        return Shown(self._shown(integration.id, booking, await self._decided(booking)))

    async def from_lists(self, query: Query) -> Part | None:
        """See ListedResource.from_lists."""
        span = meeting_span(query)
        if span is None:
            return None
        name = span.list_
        if span.integration is not None:
            uuid = await self.integrations.uuid_of(span.integration)
            if uuid is None:
                return Part([], 0)
            name = f"{name}@{uuid}"
        offset, limit = (0, MEETINGS_SEARCHED_MAX) if span.is_searched else (query.offset, query.limit)
        page = await self.lists.page(name, offset, limit, span.first, span.end, backwards=span.backwards)
        if page is None:
            return None
        found = list(map(self._listed, page.rows))
        if span.is_searched:
            return await self._searched(query, span.text, found, page.total)
        return Part(found, page.total)

    async def _searched(self, query: Query, text: str, shown: Sequence[Object], total: int) -> Part:
        """The page that a query requests, from the first meetings in a list. If the list is longer, the meeting whose
        alias or tag equals the text is looked up as well, so it is always found.
        """
        if len(shown) == total:
            return part_of(list(filter(query.meets, shown)), query)
        named = await self._named(text.strip().lower()) if text else ()
        found = {each["id"]: each for each in (*shown, *named) if query.meets(each)}
        falls = query.order[0].startswith("-")
        ordered = sorted(found.values(), key=lambda each: str(each["start"]), reverse=falls)
        return part_of(ordered, query, examined=len(shown))

    async def _named(self, text: str) -> Sequence[Object]:
        """The meeting whose alias or tag is exactly this text."""
        return await self.found_by({"tag" if is_guid(text) else "alias": text}) or ()

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by. Finds meetings by alias, tag or integration."""
        if alias := exact.get("alias") or exact.get("numeric_alias"):
            booking = await booking_with_alias(self.storage, alias)
            return await self._whole([booking] if booking else [])
        if "tag" in exact:
            rows = await self.lists.of([Record.booking("", exact["tag"]).called], MEETINGS)
            return None if rows is None else list(map(self._listed, rows))
        if named := exact.get("exchange_connector"):
            id_ = int(named) if named.isdecimal() else id_in(named, CONFIGURATION, CONNECTOR)
            found = await self.integrations.by_ids([id_] if id_ else [])
            return [each for integration in found for each in await self._of(integration)]
        return None

    async def _of(self, integration: Integration) -> list[Object]:
        table = meetings_table(self.storage)
        decided: dict[str, list[Operation]] = {}
        async for operation in operations_of(table, integration.uuid):
            decided.setdefault(operation.meeting, []).append(operation)
        found = [booking async for booking in bookings_of(table, integration.uuid) if room_of(booking)]
        numbered = await Numbering(self.storage).complete(found)
        return [self._shown(integration.id, each, _newest(decided.get(each.meeting, ()))) for each in numbered]

    async def _whole(self, bookings: Sequence[Booking]) -> list[Object]:
        numbered = await Numbering(self.storage).complete([each for each in bookings if room_of(each)])
        return [
            self._shown((await self.integrations.cached(each.integration)).id, each, await self._decided(each))
            for each in numbered
        ]

    async def _decided(self, booking: Booking) -> Sequence[str]:
        """The correlation ids of the booking's meeting, newest first. Takes two round trips."""
        table, uuid = meetings_table(self.storage), booking.integration
        if await self.lists.is_good():
            return await decided_on(table, uuid, booking.meeting)
        return _newest([each async for each in operations_of(table, uuid) if each.meeting == booking.meeting])

    async def _found(self, id_: int) -> tuple[Integration, Booking]:
        """The booking with this number, and its integration. Takes two point reads. Raises NotFound."""
        booking = await Numbering(self.storage).find(Numbered.BOOKING, id_)
        if booking is None or not room_of(booking):
            raise NotFound(f"There is no meeting with id {id_}. Its records may have been removed.")
        return await self.integrations.get(booking.integration), booking

    def _acting(self, act: Callable[[str, str], Awaitable[Booking]]) -> Callable[[int, Call], Awaitable[Answer]]:
        async def run(id_: int, call: Call) -> Answer:
            integration, booking = await self._found(id_)
            acted = await act(integration.uuid, booking.tag)
            return Answer(202, self._shown(integration.id, acted, await self._decided(acted)))

        return run

    def _listed(self, row: Row) -> Object:
        return self._shown(integration_id_in(row), booking_in(row), decided_in(row))

    def _shown(self, integration: int, booking: Booking, decided: Sequence[str]) -> Object:
        return meeting_object(integration, booking, decided, self.clock.now())


def _newest(operations: Sequence[Operation]) -> list[str]:
    """The correlation ids of a meeting's operations, newest first."""
    return [each.correlation_id for each in sorted(operations, key=lambda each: each.created, reverse=True)]
