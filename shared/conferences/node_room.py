"""The room that a booking should have on a Management Node, and the next step towards it (C3). Pure."""

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
"""How often a room is checked in case somebody has deleted it from the node."""

MAX_OWNER = 100
"""Maximum length of an owner's e-mail address on a node, in characters."""

RoomFields = Mapping[str, str]
"""The fields of a `conference` that we manage, as strings. A theme or group is given by name; "" means none."""

NODE_REFERENCES = {"ivr_theme": "ivr_theme", "host_identity_provider_group": "identity_provider_group"}
"""Fields whose value on the node is the URI of another object, with that object's resource type."""


class Step(StrEnum):
    """The next step for a room."""

    OPEN = "open"
    CHANGE = "change"
    LOOK = "look"
    CLOSE = "close"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Place:
    """Where an integration's rooms should be: `node` is the Management Node's key, "" for platform `policy`."""

    node: str
    lead: timedelta


def wanted(booking: Booking | None, place: Place, now: datetime) -> Conference | None:
    """The conference that has to be on the node now, or None."""
    if booking is None or booking.state is not State.SCHEDULED or booking.conference is None or not place.node:
        return None
    return booking.conference if booking.conference.is_open(now, place.lead) else None


def step_of(booking: Booking | None, record: RoomRecord | None, place: Place, now: datetime) -> Step:
    """The next step for a room. A record for another node is ignored, because that node can no longer be reached."""
    conference = wanted(booking, place, now)
    if conference is None:
        return Step.CLOSE if record else Step.NOTHING
    if record is None or record.node != place.node or not record.is_there:
        return Step.OPEN
    if record.fields != room_fields(conference):
        return Step.CHANGE
    return Step.LOOK if now >= record.looked + LOOK_EVERY else Step.NOTHING


def next_moment(booking: Booking | None, record: RoomRecord | None, place: Place, now: datetime) -> datetime | None:
    """The time of the room's next check if nothing else happens; None if no check is needed.

    While the room exists, the time depends only on the tag, so repeated calls do not add further checks.
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
    """The time of a tag's next check, at least LOOK_EVERY / 2 from now. Times differ between tags, so that not all
    rooms are checked at once.
    """
    period = int(LOOK_EVERY.total_seconds())
    offset = int(tag[:8], 16) % (period // 60) * 60
    earliest = now.timestamp() + period / 2
    at = ((earliest - offset) // period + 1) * period + offset
    return datetime.fromtimestamp(at, now.tzinfo)


def room_fields(conference: Conference) -> RoomFields:
    """The managed fields of a room. Other settings on the node are left unchanged."""
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
    """The two aliases of a conference, as a node accepts them when a conference is created."""
    description = clean(conference.alias_description)
    names = dict.fromkeys((conference.alias, conference.numeric_alias))
    return [{"alias": name, "description": description} for name in names]


def new_conference(fields: Mapping[str, Any], conference: Conference) -> dict[str, Any]:
    """The request body that creates the room; `fields` contain URIs instead of names."""
    return {**fields, "service_type": "conference", "aliases": aliases_of(conference)}
