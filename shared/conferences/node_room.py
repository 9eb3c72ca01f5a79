"""What a booking's room is on a Management Node, and what has to be done about it: pure (C3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.bookings.booking import Booking, State
from shared.calendar.conference import Conference
from shared.conferences.answer import clean
from shared.conferences.room_records import RoomRecord

LOOK_EVERY = timedelta(minutes=10)
"""How often it is looked whether somebody has deleted a room that should be there."""

MAX_OWNER = 100
"""Characters of an owner's address that a node takes."""

RoomFields = Mapping[str, str]
"""The fields of a `conference` that are ours, as texts; theme and group by their names, "" for none."""

NODE_REFERENCES = {"ivr_theme": "ivr_theme", "host_identity_provider_group": "identity_provider_group"}
"""Fields that the node wants as the URI of an object of a resource."""


class Step(StrEnum):
    """What has to be done about a room."""

    OPEN = "open"
    CHANGE = "change"
    LOOK = "look"
    CLOSE = "close"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Place:
    """Where an integration's rooms are to be: `node` is the Management Node's key, "" on platform policy."""

    node: str
    lead: timedelta


def wanted(booking: Booking | None, place: Place, now: datetime) -> Conference | None:
    """The conference that has to be on the node now, or None."""
    if booking is None or booking.state is not State.SCHEDULED or booking.conference is None or not place.node:
        return None
    return booking.conference if booking.conference.is_open(now, place.lead) else None


def step_of(booking: Booking | None, record: RoomRecord | None, place: Place, now: datetime) -> Step:
    """What has to be done. A record of another node is of no use here: that node cannot be reached any more."""
    conference = wanted(booking, place, now)
    if conference is None:
        return Step.CLOSE if record else Step.NOTHING
    if record is None or record.node != place.node or not record.is_there:
        return Step.OPEN
    if record.fields != room_fields(conference):
        return Step.CHANGE
    return Step.LOOK if now >= record.looked + LOOK_EVERY else Step.NOTHING


def next_moment(booking: Booking | None, record: RoomRecord | None, place: Place, now: datetime) -> datetime | None:
    """When the room has to be looked at again if nothing else happens; None when never.

    While it is there, at moments that depend on the tag alone: however often this is asked, there is one next look.
    """
    if booking is None or booking.state is not State.SCHEDULED or booking.conference is None or not place.node:
        return None
    change = booking.conference.next_change(now, place.lead)
    if record is None or not record.is_there or wanted(booking, place, now) is None:
        return change
    look = _on_grid(now, booking.tag)
    handover = record.made + place.lead if not record.handed_over else None
    return min(moment for moment in (change, look, handover) if moment is not None and moment > now)


def _on_grid(now: datetime, tag: str) -> datetime:
    """The next of this tag's moments, at least half of LOOK_EVERY away, so that not all rooms are looked at at once."""
    period = int(LOOK_EVERY.total_seconds())
    offset = int(tag[:8], 16) % (period // 60) * 60
    earliest = now.timestamp() + period / 2
    at = ((earliest - offset) // period + 1) * period + offset
    return datetime.fromtimestamp(at, now.tzinfo)


def room_fields(conference: Conference) -> RoomFields:
    """The fields of a room that are ours. Whatever else an admin sets on the node stays as it is."""
    group = conference.identity_provider_group
    return {
        "name": clean(conference.name) or conference.alias,
        "description": clean(conference.description),
        "tag": conference.service_tag,
        "primary_owner_email_address": conference.owner if len(conference.owner) <= MAX_OWNER else "",
        "ivr_theme": conference.theme,
        "host_identity_provider_group": group,
        "non_idp_participants": conference.non_idp_participants if group else "disallow_all",
    }


def aliases_of(conference: Conference) -> list[dict[str, str]]:
    """Both aliases, as a node takes them with a new conference."""
    description = clean(conference.alias_description)
    names = dict.fromkeys((conference.alias, conference.numeric_alias))
    return [{"alias": name, "description": description} for name in names]


def new_conference(fields: Mapping[str, Any], conference: Conference) -> dict[str, Any]:
    """What creates the room; `fields` have the URIs in place of names."""
    return {**fields, "service_type": "conference", "aliases": aliases_of(conference)}
