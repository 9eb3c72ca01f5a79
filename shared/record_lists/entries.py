"""Which lists contain a booking or an operation, at which positions, and with which values. Pure.

`<list>-<state>` contains only the entries with that state, `<list>@<integration>` only those of that integration:

    aliases       every booking                               by number series        series
    by number occurrences   occurrences, until a day after their end    by number meetings      meetings that have, or
    had, a room          by number starts        the same meetings                           by start current
    those that are in progress or upcoming      by start over          those that are over                         by
    start decisions     operations                                  by id, which increases with time

The states of operations are OUTCOMES.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.bookings.booking import Booking, State
from shared.bookings.numbers import Numbers
from shared.bookings.operation import Operation
from shared.bookings.rows import RowKind, joined, split
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.record_lists.steps import entry_key
from shared.storage import Row, Values

ALIASES, SERIES, OCCURRENCES, MEETINGS = "aliases", "series", "occurrences", "meetings"
STARTS, CURRENT, OVER, DECISIONS = "starts", "current", "over", "decisions"

OVER_SHOWN_FOR = timedelta(days=1)
"""How long an occurrence is listed after its end, as in the original."""

PENDING, FAILED, DONE = "pending", "failed", "done"
OUTCOMES = (PENDING, FAILED, DONE)

HELD = "held"
"""The state of a room closed by an admin."""

MOST_OPERATIONS = 500
"""Maximum number of operations that a meeting's entries refer to. Only the newest are included."""

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_SHARE = 4096
"""How many ids are available for operations in the same millisecond."""


@dataclass(frozen=True)
class Entries:
    """A record's list entries, keyed by row key, and when they will change even if the record does not."""

    rows: Mapping[str, Values]
    changes: datetime | None = None


def room_of(booking: Booking) -> Conference | None:
    """The conference that a booking has, or had before it was closed; None if none of its times are known."""
    conference = booking.conference
    return conference if conference and conference.calendar.occurrences else None


def open_room_of(booking: Booking) -> Conference | None:
    """The conference of a scheduled booking; None if the booking is not scheduled or none of its times are known."""
    return room_of(booking) if booking.state is State.SCHEDULED else None


def shown_occurrences(booking: Booking, now: datetime) -> list[tuple[int, Occurrence]]:
    """The occurrences that the lists show, each with its index in the calendar."""
    room = open_room_of(booking)
    known = room.calendar.occurrences if room else ()
    return [(place, each) for place, each in enumerate(known) if each.end > now - OVER_SHOWN_FOR]


def recurs(booking: Booking) -> bool:
    """Whether a booking's room belongs to a series."""
    room = open_room_of(booking)
    return room is not None and (
        len(room.calendar.occurrences) > 1 or room.calendar.known_until is not None or booking.passed > 0
    )


def state_of(booking: Booking) -> str:
    """The state shown for a meeting."""
    return HELD if booking.held else str(booking.state)


def outcome_of(operation: Operation) -> str:
    """The state shown for an operation."""
    if not operation.done:
        return PENDING
    return FAILED if operation.error else DONE


def booking_entries(booking: Booking, integration_id: int, decided: Sequence[str], now: datetime) -> Entries:
    """The entries for a booking whose numbers are set. `decided` contains its meeting's correlation ids, newest
    first.
    """
    values, number = _booking_values(booking, integration_id, decided), f"{booking.numbers.own:010}"
    lists = [ALIASES] + [SERIES] * recurs(booking) + [MEETINGS] * (room_of(booking) is not None)
    rows = {entry_key(each, number): values for each in lists}
    if room := room_of(booking):
        start = start_place(room.calendar.current(now)[0].start)
        rows |= {entry_key(each, f"{start}:{number}"): values for each in _lists_by_start(booking, room, now)}
    for _, occurrence in shown_occurrences(booking, now):
        own = _of_one(booking, occurrence)
        place = f"{booking.numbers.of(occurrence):010}"
        rows[entry_key(OCCURRENCES, place)] = _booking_values(own, integration_id, ())
    return Entries(rows, min(_changes(booking, now), default=None))


def operation_entries(integration: str, integration_id: int, operation: Operation) -> Entries:
    """The entries for an operation."""
    # Lists show neither the texts of answers and e-mails nor their recipients.
    told = replace(operation, text="", drafts=(), before="").values()
    values: Values = {**told, "integration_id": integration_id, "correlation": operation.correlation_id}
    place = f"{operation_id(operation):016}:{operation.correlation_id}"
    lists = (DECISIONS, f"{DECISIONS}-{outcome_of(operation)}", f"{DECISIONS}@{integration}")
    return Entries({entry_key(each, place): values for each in lists})


def operation_id(operation: Operation) -> int:
    """A number of at most 53 bits that increases with the time of the decision. It consists of the time in milliseconds
    and part of a digest. With a million operations a year, the chance that two share an id is 1 in 250. If two do,
    lists show both.
    """
    digest = hashlib.sha256(operation.correlation_id.encode()).digest()
    return first_operation_id(datetime.fromisoformat(operation.created)) + int.from_bytes(digest[:2]) % _SHARE


def first_operation_id(moment: datetime) -> int:
    """The smallest id that an operation decided in this millisecond can have; 0 for any time before 2020."""
    return max((moment - _EPOCH) // timedelta(milliseconds=1), 0) * _SHARE


def start_place(moment: datetime) -> str:
    """The position, in lists sorted by start, of meetings that start at this time."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}{utc:%m%d%H%M%S}"


def booking_in(row: Row) -> Booking:
    """The booking in an entry, with only the values that an entry stores."""
    key = RowKind.BOOKING.key(str(row.values["tag"]))
    return Booking.from_row(Row(str(row.values["integration"]), key, row.values))


def integration_id_in(row: Row) -> int:
    """The id of the integration that an entry belongs to."""
    return int(row.values["integration_id"])


def decided_in(row: Row) -> tuple[str, ...]:
    """The correlation ids in a booking's entry, newest first."""
    return split(str(row.values.get("decided", "")))


def operation_in(row: Row) -> Operation:
    """The operation in an entry, with only the values that an entry stores."""
    values = {name: value for name, value in row.values.items() if name not in ("integration_id", "correlation")}
    return Operation.from_row(Row("", RowKind.OPERATION.key(str(row.values["correlation"])), values))


def _lists_by_start(booking: Booking, room: Conference, now: datetime) -> Iterator[str]:
    is_over = room.calendar.current(now)[0].end <= now
    for each in (STARTS, OVER if is_over else CURRENT):
        yield from (each, f"{each}-{state_of(booking)}", f"{each}@{booking.integration}")


def _changes(booking: Booking, now: datetime) -> Iterator[datetime]:
    """The future times at which a booking's entries will change even though the booking does not."""
    if room := room_of(booking):
        end = room.calendar.current(now)[0].end
        yield from [end] if end > now else []
        yield from (each.end + OVER_SHOWN_FOR for _, each in shown_occurrences(booking, now))


def _booking_values(booking: Booking, integration_id: int, decided: Sequence[str]) -> Values:
    """The values of a booking that an entry stores. They exclude the owner and attendees, whom lists do not show."""
    told = replace(booking, owner="", people=(), names=()).values()
    whose: Values = {"integration": booking.integration, "integration_id": integration_id, "tag": booking.tag}
    return {**told, **whose, "decided": joined(tuple(decided[:MOST_OPERATIONS]))}


def _of_one(booking: Booking, occurrence: Occurrence) -> Booking:
    """The booking reduced to one of its occurrences."""
    room = open_room_of(booking)
    assert room is not None  # noqa: S101 - only such a booking shows occurrences
    calendar = Calendar((occurrence,), room.calendar.known_until)
    numbers = Numbers(booking.numbers.own, ((int(occurrence.start.timestamp()), booking.numbers.of(occurrence)),))
    shown = replace(room, calendar=calendar, description="", alias_description="", owner="")
    passed = max(booking.passed, int(recurs(booking)))
    return replace(booking, conference=shown, numbers=numbers, apart=(), passed=passed)
