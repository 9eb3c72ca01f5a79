"""A booking: an alias with its tag, from the click in the add-in to the end of the conference.

It is one row with the key `tag:<uuid>`, in the integration's partition of table `meetings`. The claim on its digits is
in table `aliases`. Responses to conferencing nodes are based on that claim.

    click                      invitation accepted                   cancelled, over, or deleted
    reserved ────────────────▶ scheduled ◀─────────────────────────▶ closed
       │ never used: expires      an edit replaces the conference       the tag stays known (A3)
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from shared.bookings.numbers import NO_NUMBERS, Numbers
from shared.bookings.rows import RowKind, joined, split
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.storage import Row, Values


class State(StrEnum):
    """The stages of a booking's life."""

    RESERVED = "reserved"
    SCHEDULED = "scheduled"
    CLOSED = "closed"


@dataclass(frozen=True)
class Apart:
    """An occurrence of a series that has a separate room: its date according to the pattern (yyyymmdd), its time, and
    the room's tag.
    """

    day: str
    tag: str
    occurrence: Occurrence


@dataclass(frozen=True)
class Booking:
    """An alias and its meeting. Times are aware, in UTC.

    `people` are marks, in hexadecimal, of the people for whose meetings it is reserved until it is used (people.py).
    `owner` is the opaque key of the user who requested it. `meeting` is the key of the meeting that was first accepted
    with it (A4), or "" before that. `item_id` is that meeting's calendar item; for a series, the series master. `names`
    are all names that its conference has had: they stay claimed until it is closed.

    `day` is the date according to the pattern (yyyymmdd) if this is the separate room of one occurrence, or "" for a
    whole meeting. `apart` are a series' occurrences with separate rooms, for which this room is closed. `held` means
    that an admin has closed the room, and only an admin can reopen it. `given_to` is the address of the person to whom
    an admin has given the meeting, or "" while it belongs to its organizer (shared/meetings/room_control.py). `passed`
    counts its past occurrences that are no longer known. `numbers` identify it in the management API.
    """

    integration: str
    tag: str
    alias: str
    owner: str
    created: datetime
    expires: datetime
    state: State = State.RESERVED
    meeting: str = ""
    item_id: str = ""
    conference: Conference | None = None
    names: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    day: str = ""
    apart: tuple[Apart, ...] = ()
    held: bool = False
    given_to: str = ""
    passed: int = 0
    numbers: Numbers = NO_NUMBERS
    etag: str = ""

    @property
    def key(self) -> str:
        """Row key in table `meetings`."""
        return RowKind.BOOKING.key(self.tag)

    @property
    def link_key(self) -> str:
        """Row key of the link from the meeting, or from the single occurrence, to the booking (table `meetings`)."""
        return link_key(self.meeting, self.day)

    @property
    def numeric_alias(self) -> str:
        """The alias without its domain; also the partition of its claim in table `aliases`."""
        return self.alias.partition("@")[0]

    @property
    def row(self) -> Row:
        """The row as it was read, used to make a write conditional on it."""
        return Row(self.integration, self.key, {}, self.etag)

    def is_usable(self, now: datetime) -> bool:
        """Whether the tag is still valid: an unused reservation expires (A3)."""
        return self.state is not State.RESERVED or now < self.expires

    def values(self) -> Values:
        """The booking's columns in table `meetings`."""
        columns = {
            "alias": self.alias,
            "owner": self.owner,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
            "state": self.state.value,
            "meeting": self.meeting,
            "item_id": self.item_id,
            "names": json.dumps(self.names),
            "people": joined(self.people),
            "day": self.day,
            "held": self.held,
            "apart": json.dumps([_apart_row(apart) for apart in self.apart], separators=(",", ":")),
            "passed": self.passed,
            "numbers": self.numbers.to_json(),
        }
        columns |= {"given_to": self.given_to} if self.given_to else {}
        return columns | ({"conference": self.conference.to_json()} if self.conference else {})

    def claim(self) -> Values:
        """The columns for the booking's digits in table `aliases`: the source of responses to conferencing nodes."""
        shown = self.conference if self.state is State.SCHEDULED else None
        return {
            "integration": self.integration,
            "tag": self.tag,
            "domain": self.alias.partition("@")[2],
            "state": self.state.value,
            "expires": self.expires.isoformat(),
        } | ({"conference": shown.to_json()} if shown else {})

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """The booking in a row of table `meetings`."""
        text = {name: str(value) for name, value in row.values.items()}
        return cls(
            integration=row.partition,
            tag=RowKind.BOOKING.name_in(row.key),
            alias=text["alias"],
            owner=text["owner"],
            created=datetime.fromisoformat(text["created"]),
            expires=datetime.fromisoformat(text["expires"]),
            state=State(text["state"]),
            meeting=text["meeting"],
            item_id=text["item_id"],
            names=tuple(json.loads(text["names"])),
            people=split(text.get("people", "")),
            day=text.get("day", ""),
            held=row.values.get("held") is True,
            given_to=text.get("given_to", ""),
            apart=tuple(_apart(*row) for row in json.loads(text.get("apart", "[]"))),
            passed=int(text.get("passed", "0")),
            numbers=Numbers.from_json(text["numbers"]) if "numbers" in text else NO_NUMBERS,
            conference=Conference.from_json(text["conference"]) if "conference" in text else None,
            etag=row.etag,
        )

    def named(self, name: str) -> Self:
        """This booking with a different name for its conference."""
        if self.conference is None:
            return self
        names = tuple(dict.fromkeys((*self.names, name)))
        return replace(self, conference=replace(self.conference, name=name), names=names)

    def scheduled(
        self, meeting: str, item_id: str, conference: Conference, day: str = "", apart: tuple[Apart, ...] = ()
    ) -> Self:
        """This booking with the conference of a meeting, or of the meeting's occurrence on `day`. A closed booking has
        released its names.
        """
        names = self.names if self.state is State.SCHEDULED else ()
        given_to = self.given_to if meeting == self.meeting else ""
        mine = replace(self, state=State.SCHEDULED, held=False, meeting=meeting, item_id=item_id, day=day, names=names)
        return replace(mine, conference=conference, apart=apart, given_to=given_to)

    def following(self, calendar: Calendar, apart: tuple[Apart, ...]) -> Self:
        """This booking of a series with the occurrences from Exchange; those in `apart` have separate rooms."""
        if self.conference is None:
            return self
        calendar = calendar.without(each.occurrence for each in apart)
        return replace(self, conference=replace(self.conference, calendar=calendar), apart=apart)

    def counting(self, calendar: Calendar, now: datetime) -> Self:
        """This booking of a series, with the number of past occurrences that are not in its new calendar."""
        held = self.conference.calendar.occurrences if self.conference and self.state is State.SCHEDULED else ()
        over = sum(each.end <= now and each not in calendar.occurrences for each in held)
        return replace(self, passed=self.passed + over) if held else replace(self, passed=0)

    def closed(self) -> Self:
        """This booking, closed: no participant is admitted any more, but the conference stays on record."""
        return replace(self, state=State.CLOSED)


def link_key(meeting: str, day: str = "") -> str:
    """Row key, in table `meetings`, of the link from a meeting to its booking. With `day`, the link is from the
    occurrence on that day to its booking.
    """
    return RowKind.LINK.key(meeting, day) if day else RowKind.LINK.key(meeting)


def link_values(booking: Booking) -> Values:
    """The columns of the link from a meeting, or its occurrence, to a booking."""
    return {"tag": booking.tag}


def linked_tag(link: Row) -> str:
    """The tag of the booking that a link points to."""
    return str(link.values["tag"])


def _apart_row(apart: Apart) -> tuple[str, str, int, int]:
    return apart.day, apart.tag, int(apart.occurrence.start.timestamp()), int(apart.occurrence.end.timestamp())


def _apart(day: str, tag: str, start: int, end: int) -> Apart:
    return Apart(day, tag, Occurrence(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)))
