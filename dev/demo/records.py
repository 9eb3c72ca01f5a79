"""The product's own records of rooms, read from the management API as an admin's tool does."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from dev.environment import MANAGEMENT

_ROOT = "/api/admin/configuration/v1"
_ALL = 10_000


class BackEndAway(Exception):
    """The product is not responding, so no room's state is known."""


@dataclass(frozen=True)
class Room:
    """A scheduled conference. `opens` and `closes` are for the current or next occurrence, or for the last one if all
    are over.
    """

    alias: str
    name: str
    is_open: bool
    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Vmr:
    """A personal VMR."""

    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """All records. `rooms` is keyed by the meeting's key, and `windows` (before, after) by the equipment mailbox's
    address.
    """

    rooms: Mapping[str, Sequence[Room]] = field(default_factory=dict)
    vmrs: Sequence[Vmr] = ()
    windows: Mapping[str, tuple[timedelta, timedelta]] = field(default_factory=dict)


class Records:
    """Reads the records. `functions` is the product's base URL."""

    def __init__(self, client: httpx.AsyncClient, functions: str) -> None:
        self._client = client
        self._functions = functions

    async def read(self, now: datetime) -> Known:
        """Read all records; `now` is the current time of the stack's clock. Raises BackEndAway."""
        names = ("ms_exchange_connector", "scheduled_alias", "scheduled_conference", "conference")
        connectors, aliases, scheduled, conferences = await asyncio.gather(*map(self._list, names))
        return Known(
            rooms=_rooms(now, connectors, aliases, scheduled, conferences),
            vmrs=[_vmr(each) for each in conferences if not each["scheduled_conferences_count"]],
            windows={each["room_mailbox_email_address"]: _window(each) for each in connectors},
        )

    async def _list(self, resource: str) -> list[dict[str, Any]]:
        url = f"{self._functions}{_ROOT}/{resource}/"
        answer = await self._client.get(url, params={"limit": _ALL}, auth=MANAGEMENT)
        if answer.status_code != HTTPStatus.OK:
            raise BackEndAway(f"GET {resource} returned status {answer.status_code}")
        objects: list[dict[str, Any]] = answer.json()["objects"]
        return objects


def _rooms(now: datetime, *lists: list[dict[str, Any]]) -> dict[str, list[Room]]:
    """The rooms, keyed by meeting. There is one per alias, although the API has an object for each date of a series."""
    connectors, aliases, scheduled, conferences = lists
    windows = {each["resource_uri"]: _window(each) for each in connectors}
    by_uri = {each["resource_uri"]: each for each in (*aliases, *conferences)}
    dates: defaultdict[tuple[str, str], list[Room]] = defaultdict(list)
    for each in scheduled:
        alias, conference = by_uri.get(each["scheduled_alias"]), by_uri.get(each["conference"])
        if alias and conference:  # an object can be missing because the lists are read one after another
            before, after = windows[alias["exchange_connector"]]
            opens, closes = _time(each["start_time"]) - before, _time(each["end_time"]) + after
            room = Room(alias["alias"], conference["name"], conference["is_open"], opens, closes)
            dates[each["ews_item_uid"], room.alias].append(room)
    rooms: defaultdict[str, list[Room]] = defaultdict(list)
    for (uid, _alias), of_one in dates.items():
        in_order = sorted(of_one, key=lambda room: room.opens)
        rooms[uid].append(next((room for room in in_order if now < room.closes), in_order[-1]))
    return rooms


def _vmr(conference: dict[str, Any]) -> Vmr:
    return Vmr(conference["name"], tuple(alias["alias"] for alias in conference["aliases"]))


def _window(connector: dict[str, Any]) -> tuple[timedelta, timedelta]:
    before, after = (timedelta(minutes=connector[f"meeting_buffer_{side}"]) for side in ("before", "after"))
    return before, after


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
