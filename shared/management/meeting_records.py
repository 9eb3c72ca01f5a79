"""Scheduled meetings, read-only. The bookings of all integrations are shown as the objects in meeting_objects.py."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from shared.api_paths import CONFIGURATION
from shared.bookings.alias_rows import ALIAS_KEY, NAME_KEY, alias_place, aliases_table, name_partition
from shared.bookings.booking import Booking
from shared.bookings.numbering import Numbered, Numbering
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of, stored_booking
from shared.clock import Clock
from shared.conferences.policy_request import split_alias
from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore
from shared.management.conference_objects import ALIAS, CONFERENCE
from shared.management.listing import Part, Query
from shared.management.meeting_objects import (
    FIRST_MEETING_ID,
    RECURRING,
    SCHEDULED,
    SCHEDULED_ALIAS,
    Meeting,
    booking_of_alias,
)
from shared.management.resource import Action, Object, Schema, Shown
from shared.management.spans import Span, span_by_id
from shared.record_lists.entries import ALIASES as LISTED_ALIASES
from shared.record_lists.entries import booking_in
from shared.record_lists.journal import Record
from shared.record_lists.lists import RecordLists
from shared.storage import Row, Storage

_Show: TypeAlias = Callable[[Meeting], Sequence[Object]]

_Place: TypeAlias = tuple[Numbered, int]
"""The kind of number by which an object's meeting is looked up, and the number itself."""


@dataclass(frozen=True)
class Kind:
    """Describes one of the resources: how to show a meeting as its objects, and how to get the meeting's number from an
    object's id.
    """

    name: str
    show: _Show
    place: Callable[[int], _Place]


def _by_booking(id_: int) -> _Place:
    return Numbered.BOOKING, id_


ALIASES = Kind(SCHEDULED_ALIAS, lambda meeting: [meeting.alias()], _by_booking)
OCCURRENCES = Kind(SCHEDULED, Meeting.scheduled, lambda id_: (Numbered.OCCURRENCE, id_))
SERIES = Kind(RECURRING, Meeting.recurring, _by_booking)
ROOMS = Kind(CONFERENCE, Meeting.rooms, lambda id_: (Numbered.BOOKING, id_ - FIRST_MEETING_ID))
ROOM_ALIASES = Kind(ALIAS, Meeting.aliases, lambda id_: (Numbered.BOOKING, booking_of_alias(id_)))


@dataclass(frozen=True)
class MeetingReader:
    """Reads meetings as objects. Every call may raise Unavailable, or Conflict while a booking keeps changing."""

    integrations: IntegrationStore
    storage: Storage
    lists: RecordLists
    clock: Clock

    async def all(self, kind: Kind) -> list[Object]:
        """The objects of one kind for all meetings, in ascending order of id."""
        meetings = [await self._of(integration) for integration in await self.integrations.list()]
        shown = [each for meeting in chain.from_iterable(meetings) for each in kind.show(meeting)]
        return sorted(shown, key=lambda each: int(each["id"]))

    async def one(self, kind: Kind, id_: int) -> Object:
        """The object with the given id. Takes two point reads, however many meetings there are. Raises NotFound."""
        booking = await Numbering(self.storage).find(*kind.place(id_))
        if booking:
            integration = await self.integrations.cached(booking.integration)
            for shown in kind.show(Meeting(integration, booking, self.clock.now())):
                if shown["id"] == id_:
                    return shown
        raise NotFound(f"There is no {kind.name} with id {id_}.")

    async def by_alias(self, kind: Kind, alias: str) -> list[Object] | None:
        """The objects of the meeting with the given alias; None if no meeting has the alias. One point read is
        enough to find that out.
        """
        booking = await booking_with_alias(self.storage, alias)
        return None if booking is None else await self._shown(kind, [booking])

    async def by_name(self, kind: Kind, name: str) -> list[Object] | None:
        """The objects of the meeting whose room has or had this name; None if there is no such meeting."""
        return await self._claimed_by(kind, await aliases_table(self.storage).get(name_partition(name), NAME_KEY))

    async def page(self, kind: Kind, span: Span, query: Query) -> Part | None:
        """The objects on a page of a list; None while the lists are incomplete. Besides the requests for the list, this
        takes one for each integration whose settings are not cached.
        """
        found = await self.lists.page(span.list_, query.offset, query.limit, backwards=span.backwards)
        if found is None:
            return None
        return Part(await self._objects(kind, list(map(booking_in, found.rows))), found.total)

    async def _objects(self, kind: Kind, bookings: Sequence[Booking]) -> list[Object]:
        """The objects for these bookings, in the same order. Bookings of integrations that are being removed are
        skipped.
        """
        uuids, now = sorted({booking.integration for booking in bookings}), self.clock.now()
        found = dict(zip(uuids, await asyncio.gather(*map(self._integration, uuids)), strict=True))
        own = [(found[booking.integration], booking) for booking in bookings]
        return [each for one, booking in own if one for each in kind.show(Meeting(one, booking, now))]

    async def _integration(self, uuid: str) -> Integration | None:
        try:
            return await self.integrations.cached(uuid)
        except NotFound:
            return None

    async def by_tag(self, kind: Kind, tag: str) -> list[Object]:
        """The objects of the meeting with this tag. Takes three requests, or one per integration if the lists are
        incomplete.
        """
        table, wanted = meetings_table(self.storage), tag.strip().lower()
        rows = await self.lists.of([Record.booking("", wanted).called], LISTED_ALIASES)
        if rows is not None:
            return await self._shown(kind, list(map(booking_in, rows)))
        found = await asyncio.gather(
            *(stored_booking(table, each.uuid, wanted) for each in await self.integrations.list())
        )
        return await self._shown(kind, [each for each in found if each])

    async def _claimed_by(self, kind: Kind, row: Row | None) -> list[Object] | None:
        booking = await _claimant(self.storage, row)
        return None if booking is None else await self._shown(kind, [booking])

    async def _shown(self, kind: Kind, bookings: Sequence[Booking]) -> list[Object]:
        shown = await self._objects(kind, await Numbering(self.storage).complete(bookings))
        return sorted(shown, key=lambda each: int(each["id"]))

    async def _of(self, integration: Integration) -> list[Meeting]:
        table, now = meetings_table(self.storage), self.clock.now()
        found = [booking async for booking in bookings_of(table, integration.uuid)]
        return [Meeting(integration, each, now) for each in await Numbering(self.storage).complete(found)]


async def booking_with_alias(storage: Storage, alias: str) -> Booking | None:
    """The booking with this alias. Takes two round trips."""
    partition, _ = alias_place(*split_alias(alias))
    return await _claimant(storage, await aliases_table(storage).get(partition, ALIAS_KEY))


async def _claimant(storage: Storage, row: Row | None) -> Booking | None:
    if row is None or not {"integration", "tag"} <= row.values.keys():
        return None
    return await stored_booking(meetings_table(storage), str(row.values["integration"]), str(row.values["tag"]))


@dataclass(frozen=True)
class MeetingRecords:
    """A Resource for one of the kinds of objects that represent meetings."""

    kind: Kind
    about: str
    list_: str
    properties: Mapping[str, Schema]
    meetings: MeetingReader

    area = CONFIGURATION

    @property
    def name(self) -> str:
        """See Resource.name."""
        return self.kind.name

    @property
    def schema(self) -> Schema:
        """The JSON schema of an object."""
        return {"type": "object", "properties": self.properties}

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions, because these objects follow the meetings."""
        return {}

    async def all(self) -> Sequence[Object]:
        """See Resource.all."""
        return await self.meetings.all(self.kind)

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by. Finds meetings by alias or tag."""
        by = {name.removeprefix(f"{SCHEDULED_ALIAS}__"): value for name, value in exact.items()}
        if "uuid" in by:
            return await self.meetings.by_tag(self.kind, by["uuid"])
        alias = by.get("alias") or by.get("numeric_alias")
        if not alias:
            return None
        return await self.meetings.by_alias(self.kind, alias) or []

    async def from_lists(self, query: Query) -> Part | None:
        """See ListedResource.from_lists. Lists can answer queries for all objects, ordered by id."""
        span = span_by_id(query, self.list_)
        return await self.meetings.page(self.kind, span, query) if span else None

    async def one(self, id_: int) -> Shown:
        """See Resource.one."""
        return Shown(await self.meetings.one(self.kind, id_))
