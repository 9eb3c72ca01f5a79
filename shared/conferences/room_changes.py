"""Changes rooms on one Management Node, many at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.calendar.conference import Conference
from shared.conferences.node_room import NODE_REFERENCES, RoomFields, Step, aliases_of, new_conference, room_fields
from shared.conferences.room_items import Item, Outcome, Renames, Unnamed
from shared.conferences.room_records import RoomRecord
from shared.management_node.conferences import NodeConferences
from shared.management_node.failure import NodeRefused
from shared.management_node.objects import NodeConference

log = logging.getLogger(__name__)

NAME_ATTEMPTS = 3
"""How many names to try for a room before leaving it until its next check."""

_PROTECTING = "host_identity_provider_group"


@dataclass
class RoomChanges:
    """The work on one batch. Methods raise the same errors as NodeConferences. After an error, `outcome` contains what
    had been done by then.
    """

    node: NodeConferences
    node_key: str
    renames: Renames
    now: datetime
    outcome: Outcome = field(default_factory=Outcome)

    async def carry_out(self, items: Sequence[Item]) -> None:
        """Bring the rooms into the desired state. Rooms that should exist are handled before those that should not."""
        found = await self._found(items)
        changed = [item for item in items if item.step is Step.CHANGE]
        for item in changed:
            if uri := item.uri(self.now):
                await self._change(item, uri)
        await self._open([item for item in items if item.step in (Step.OPEN, Step.LOOK)], found)
        await self._change_found([item for item in changed if not item.uri(self.now)], found)
        await self._close([item for item in items if item.step is Step.CLOSE], found)

    async def _found(self, items: Iterable[Item]) -> Mapping[str, NodeConference]:
        """Search for rooms, and return them keyed by tag. Takes one request.

        A room that nobody has tried to create yet is not searched for. If it is on the node after all, the node refuses
        the aliases.
        """
        unknown = [
            item
            for item in items
            if item.step is Step.LOOK
            or (item.step is Step.OPEN and not item.is_new)
            or (item.step in (Step.CHANGE, Step.CLOSE) and not item.uri(self.now))
        ]
        return await self.node.by_tags({_service_tag(item) for item in unknown})

    async def _open(self, items: Sequence[Item], found: Mapping[str, NodeConference]) -> None:
        missing = []
        for item in items:
            if room := found.get(_service_tag(item)):
                await self._adopt(item, room)
            else:
                missing.append(item)
                if item.step is Step.LOOK:
                    self.outcome.repaired.add(item.tag)
        await self._create(missing)

    async def _change_found(self, items: Sequence[Item], found: Mapping[str, NodeConference]) -> None:
        for item in items:
            if room := found.get(_service_tag(item)):
                await self._change(item, room.resource_uri, looked=True)
            else:
                await self._create([item])

    async def _adopt(self, item: Item, room: NodeConference) -> None:
        """Take over an existing room. Adds what is missing, and keeps what others have set on the room.

        An unrecorded room may have been created for an earlier state of its meeting.
        """
        if not await self._has_aliases(item, room):
            return
        if item.step is Step.LOOK:
            self._is_there(item, room.resource_uri, looked=True)
        else:
            await self._change(item, room.resource_uri, room=room, looked=True)

    async def _has_aliases(self, item: Item, room: NodeConference) -> bool:
        """Add missing aliases, because a node may create a room without them. Returns whether the room now has both."""
        conference = _conference(item)
        for alias in room.lacks([conference.alias, conference.numeric_alias]):
            [fields] = [each for each in aliases_of(conference) if each["alias"] == alias]
            try:
                await self.node.add_alias(room.resource_uri, fields)
                self.outcome.repaired.add(item.tag)
            except NodeRefused as refused:
                self.outcome.problems[item.tag] = _problem(conference, refused)
                return False
        return True

    async def _change(self, item: Item, uri: str, *, room: NodeConference | None = None, looked: bool = False) -> None:
        """Write the managed fields that differ, or create the room again if it is gone.

        The fields are compared with the values last written or, if these are unknown, with `room`. `looked` means that
        the room was found by its tag.
        """
        for _ in range(NAME_ATTEMPTS):
            differing = await self._differing(item, room)
            if differing is None:
                return
            try:
                if not differing or await self.node.change(uri, differing):
                    self._is_there(item, uri, looked=looked)
                else:
                    await self._create([item])
            except NodeRefused as refused:
                again = await self._to_try_again(item, refused)
                if again is None:
                    return
                item = again
            else:
                return

    async def _create(self, items: Sequence[Item]) -> None:
        """Create rooms with one request. If the node refuses any, create them one by one."""
        ready = [(item, fields) for item in items if (fields := await self._new(item)) is not None]
        if len(ready) > 1:
            are_new = True
            try:
                await self.node.create([fields for _, fields in ready])
            except NodeRefused:
                log.info("a Management Node refused one of %s rooms: creating them one by one", len(ready))
                are_new = False
            made = await self.node.by_tags({_service_tag(item) for item, _ in ready})
            for item, _ in ready:
                if room := made.get(_service_tag(item)):
                    await self._made(item, room, are_new=are_new)
            ready = [(item, fields) for item, fields in ready if _service_tag(item) not in made]
        for item, _ in ready:
            await self._create_one(item)

    async def _made(self, item: Item, room: NodeConference, *, are_new: bool) -> None:
        """Record a room that was found after a request to create several. If the node refused any of them, this may be
        an older room.
        """
        if not are_new:
            await self._adopt(item, room)
        elif await self._has_aliases(item, room):
            self._is_there(item, room.resource_uri, made=True)

    async def _create_one(self, item: Item) -> None:
        for _ in range(NAME_ATTEMPTS):
            fields = await self._new(item)
            if fields is None:
                return
            try:
                self._is_there(item, await self.node.create([fields]), made=True)
            except NodeRefused as refused:
                room = (await self.node.by_tags({_service_tag(item)})).get(_service_tag(item))
                if room := room or await self._tagged_again(item):
                    await self._adopt(item, room)  # created by another instance, or in an earlier attempt by this one
                    return
                again = await self._to_try_again(item, refused)
                if again is None:
                    return
                item = again
            else:
                return

    async def _tagged_again(self, item: Item) -> NodeConference | None:
        """Restore the tag of the recorded room if somebody has changed it and the room has both aliases."""
        conference = _conference(item)
        room = await self.node.at(item.record.uri) if item.record and item.record.uri else None
        if room is None or room.lacks([conference.alias, conference.numeric_alias]):
            return None
        with suppress(NodeRefused):
            await self.node.change(room.resource_uri, {"tag": _service_tag(item)})
            return room
        return None

    async def _close(self, items: Sequence[Item], found: Mapping[str, NodeConference]) -> None:
        uris = {item.tag: self._where(item, found.get(_service_tag(item))) for item in items}
        left = await self.node.remove([uri for uri in uris.values() if uri])
        self.outcome.problems |= {tag: left[uri] for tag, uri in uris.items() if uri in left}
        self.outcome.gone |= {tag for tag, uri in uris.items() if uri not in left}

    def _where(self, item: Item, room: NodeConference | None) -> str:
        return item.uri(self.now) or (room.resource_uri if room else "")

    async def _to_try_again(self, item: Item, refused: NodeRefused) -> Item | None:
        """The item for the next attempt, with a different name if its own is taken; None if there is nothing more to
        try.
        """
        if refused.is_taken("name"):
            return await self._renamed(item)
        self._refused(item, refused)
        return None

    async def _renamed(self, item: Item) -> Item | None:
        """The item with a different name (M2); None if its booking is being changed concurrently."""
        if item.booking is None:
            return None
        self.outcome.renamed.append(_conference(item).numeric_alias)
        try:
            booking = await self.renames.renamed(item.booking)
        except Unnamed:
            self.outcome.problems[item.tag] = "its name is already taken on the node, and its booking is being changed"
            return None
        return replace(item, booking=booking, conference=booking.conference)

    async def _new(self, item: Item) -> dict[str, Any] | None:
        """The request body to create the room; None if the room must not be created with these fields."""
        conference = _conference(item)
        fields = await self._for_node(item, room_fields(conference))
        return None if fields is None else new_conference(fields, conference)

    async def _differing(self, item: Item, room: NodeConference | None) -> Mapping[str, Any] | None:
        """The fields to write to an existing room; None if the room must not be given these fields."""
        wanted = room_fields(_conference(item))
        if room:
            fields = await self._for_node(item, wanted)
            return None if fields is None else room.differing(fields)
        known = item.record.fields if item.record else {}
        return await self._for_node(item, {name: value for name, value in wanted.items() if known.get(name) != value})

    async def _for_node(self, item: Item, fields: RoomFields) -> dict[str, Any] | None:
        """The fields, with names replaced by URIs. A theme that is not on the node is replaced by the default. If the
        group that restricts access is not on the node, the room would let everybody in, so this records a problem and
        returns None.
        """
        found = dict[str, Any](fields)
        for name, resource in NODE_REFERENCES.items():
            if name in fields:
                found[name] = (await self.node.uri_of(resource, fields[name]) if fields[name] else "") or None
        if fields.get(_PROTECTING) and not found[_PROTECTING]:
            self.outcome.problems[item.tag] = (
                "the Management Node does not have the Identity Provider group given in the settings, so the room "
                "would let anybody in"
            )
            return None
        return found

    def _refused(self, item: Item, refused: NodeRefused) -> None:
        self.node.forget_references()
        self.outcome.problems[item.tag] = _problem(_conference(item), refused)

    def _is_there(self, item: Item, uri: str, *, made: bool = False, looked: bool = False) -> None:
        conference = _conference(item)
        record = item.record or RoomRecord(
            conference.service_tag.partition(":")[0], item.tag, self.node_key, {}, self.now, self.now
        )
        record = replace(record, node=self.node_key, fields=room_fields(conference), alias=conference.numeric_alias)
        if made or not record.is_there:
            record = replace(record, made=self.now)
            self.outcome.opened.add(item.tag)
        self.outcome.there[item.tag] = record.seen(uri, self.now if made or looked else record.looked)


def _conference(item: Item) -> Conference:
    if item.conference is None:
        raise ValueError("this room should not exist")
    return item.conference


def _service_tag(item: Item) -> str:
    """The room's tag on the node, taken from its record or, for a new room, from its booking."""
    integration = item.record.integration if item.record else item.booking.integration if item.booking else ""
    return f"{integration}:{item.tag}"


def _problem(conference: Conference, refused: NodeRefused) -> str:
    """Why the node refuses the room, worded for an admin and without any text from the meeting."""
    if refused.is_taken("alias") or refused.is_taken("aliases"):
        return f"alias {conference.alias} or {conference.numeric_alias} is in use by another conference on the node"
    return str(refused).rstrip(".")
