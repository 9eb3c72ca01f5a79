"""A Management Node, with its database, clock, request limit per minute, and the state of its conferencing nodes."""

from collections import deque
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Protocol

from dev.management_node.auth import Auth
from dev.management_node.faults import Faults
from dev.management_node.model import IDENTITY_PROVIDER_GROUP, IVR_THEME, Fields
from dev.management_node.store import Store
from dev.movable_clock import MovableClock

REPLICATION = timedelta(seconds=60)
"""The time until configuration changes reach the conferencing nodes."""


class Clock(Protocol):
    """A node's clock."""

    def now(self) -> datetime:
        """The current time, timezone-aware and in UTC."""
        ...


@dataclass
class Variants:
    """Aspects of a real node's behaviour that are not known. The product must not depend on them.

    `wrapped_faults`: errors are keyed by field and nested under the resource's name. `bulk_is_atomic`: a bulk PATCH
    with one refused object has no effect; otherwise the objects before it stay changed. `absolute_location`: Location
    includes the host. `shows_changed`: PUT and PATCH return the object (202); otherwise, an empty response (204).
    `retry_after`: a 429 has a Retry-After header. `knows_in`: lists can be filtered by `__in`; otherwise, this filter
    is refused. `nested_is_atomic`: a conference with a refused alias is not created; otherwise, it exists without its
    aliases. `clash_is_error`: a duplicate of a unique value is an internal error (500); otherwise, it is an error in
    the field.
    """

    wrapped_faults: bool = True
    bulk_is_atomic: bool = False
    absolute_location: bool = True
    shows_changed: bool = True
    retry_after: bool = True
    knows_in: bool = True
    nested_is_atomic: bool = True
    clash_is_error: bool = False

    def change(self, given: dict[str, Any]) -> None:
        """Set some variants. Raises ValueError if a variant is unknown."""
        known = {each.name for each in fields(self)}
        for name, value in given.items():
            if name not in known or not isinstance(value, bool):
                raise ValueError(
                    f"a variant must be one of {', '.join(sorted(known))}, and true or false; got {name!r}"
                )
            setattr(self, name, value)


@dataclass
class _Replicated:
    """A room that conferencing nodes have from the time `since`, or None if it has been deleted."""

    since: datetime
    room: Fields | None


@dataclass
class Node:
    """A simulated Management Node."""

    clock: Clock = field(default_factory=MovableClock)
    limit: int = 1000
    variants: Variants = field(default_factory=Variants)
    replication: timedelta = REPLICATION
    version: str = "41.0 (simulated)"

    def __post_init__(self) -> None:
        self._begin()

    def begin_again(self) -> None:
        """Reset the node to its initial state, including the clock."""
        new = type(self)()
        self.limit, self.variants, self.replication = new.limit, new.variants, new.replication
        if isinstance(self.clock, MovableClock):
            self.clock.reset()
        self._begin()

    def _begin(self) -> None:
        self.store = Store()
        self.faults = Faults()
        self.auth = Auth(self.clock.now)
        self.requests: list[tuple[str, str]] = []
        """The method, path and query of all requests."""
        self._recent: deque[datetime] = deque()
        self.most_in_a_minute = 0
        self._replicated: dict[int, list[_Replicated]] = {}
        for theme in ("Blue", "Green"):
            self.store.create(IVR_THEME, {"name": theme}, self.clock.now())
        self.store.create(IDENTITY_PROVIDER_GROUP, {"name": "Staff"}, self.clock.now())

    def takes(self, method: str, path: str) -> bool:
        """Record a request. Returns whether it is within the limit per minute."""
        now = self.clock.now()
        while self._recent and self._recent[0] <= now - timedelta(seconds=60):
            self._recent.popleft()
        self.requests.append((method, path))
        if len(self._recent) >= self.limit:
            return False
        self._recent.append(now)
        self.most_in_a_minute = max(self.most_in_a_minute, len(self._recent))
        return True

    def changed(self) -> None:
        """Record a configuration change. It reaches the conferencing nodes later."""
        until = self.clock.now() + self.replication
        for id_ in self.store.touched - {0}:
            is_there = self.store.get("conference", id_) is not None
            room = self.store.shown("conference", id_) if is_there else None
            self._replicated.setdefault(id_, []).append(_Replicated(until, room))
        self.store.touched.clear()

    def dialled(self, alias: str) -> Fields | None:
        """The room that a conferencing node currently finds for an alias, or None."""
        for id_ in self._replicated:
            room = self._known(id_)
            if room and any(str(each["alias"]).casefold() == alias.casefold() for each in room["aliases"]):
                return room
        return None

    def _known(self, id_: int) -> Fields | None:
        """A room as currently known to conferencing nodes."""
        now = self.clock.now()
        known = [each for each in self._replicated.get(id_, ()) if each.since <= now]
        return known[-1].room if known else None

    def rooms(self) -> list[dict[str, Any]]:
        """A summary of all conferences in human-readable form."""
        return [self._told(id_) for id_ in self.store.all("conference")]

    def _told(self, id_: int) -> dict[str, Any]:
        room = self.store.shown("conference", id_)
        names = ("name", "description", "tag", "primary_owner_email_address", "creation_time", "resource_uri")
        aliases = [each["alias"] for each in room["aliases"]]
        reached = self._known(id_) is not None
        return {name: room[name] for name in names} | {"aliases": aliases, "on_conferencing_nodes": reached}
