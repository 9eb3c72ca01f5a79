"""An index of tasks by due date, so that no timer ever has to scan everything (C4, M3).

Each task is a row in the integration's partition of table `meetings`:

    due:<yyyymmdd>:<task>:<reference>

A row is written in the same transaction as the record that it is about. It is a hint: the handler reads the record
itself, so an outdated row does no harm. A day's work depends only on what is due that day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.bookings.booking import Booking, State
from shared.bookings.rows import RowKind
from shared.storage import Put

RECORDS_LIFETIME = timedelta(days=365)
"""How long records are kept after their meeting is over, or after the decision."""


class Task(StrEnum):
    """The kind of a task."""

    RESERVATION = "reservation"
    VERIFY = "verify"
    EXTEND = "extend"
    FINISH = "finish"
    FORGET = "forget"
    OPERATION = "operation"


@dataclass(frozen=True)
class Due:
    """A task with its day; `reference` is a tag, or a correlation id for OPERATION."""

    day: date
    task: Task
    reference: str

    @property
    def key(self) -> str:
        """Row key in table `meetings`."""
        return RowKind.DUE.key(f"{self.day:%Y%m%d}", self.task, self.reference)

    def put(self) -> Put:
        """The write that creates the row."""
        return Put(self.key, {})

    @classmethod
    def from_key(cls, key: str) -> "Due":
        """The task in a row key."""
        day, task, reference = RowKind.DUE.name_in(key).split(":", 2)
        return cls(datetime.strptime(day, "%Y%m%d").date(), Task(task), reference)  # noqa: DTZ007  # a day, no time


def due_of(booking: Booking, now: datetime) -> Due:
    """The next task for a booking and the day on which it is due, if nothing else happens to the booking."""
    conference = booking.conference
    if booking.state is State.RESERVED:
        return Due(booking.expires.date() + timedelta(days=1), Task.RESERVATION, booking.tag)
    if booking.state is State.CLOSED or conference is None:
        return Due((now + RECORDS_LIFETIME).date(), Task.FORGET, booking.tag)
    if conference.calendar.known_until:
        # The horizon is extended when a third of it has passed, so a series is read again every few weeks.
        ahead = conference.calendar.known_until - now
        return Due((now + max(ahead / 3, timedelta(days=1))).date(), Task.EXTEND, booking.tag)
    last = max((o.end for o in conference.calendar.occurrences), default=now)
    return Due((last + timedelta(minutes=conference.buffer_after, days=1)).date(), Task.FINISH, booking.tag)


def all_due_of(booking: Booking, now: datetime) -> tuple[Due, ...]:
    """The tasks for a booking: the next one and, for a single meeting, a check on its day that it is still in the
    calendar.

    If somebody deletes a meeting from the equipment mailbox, no message reports that (M4).
    """
    conference = booking.conference
    if booking.state is not State.SCHEDULED or conference is None or conference.calendar.known_until:
        return (due_of(booking, now),)
    days = {o.start.date() for o in conference.calendar.occurrences if now < o.start}
    return (due_of(booking, now), *(Due(day, Task.VERIFY, booking.tag) for day in sorted(days)[:1]))


def due_operation(correlation_id: str, now: datetime) -> Due:
    """When the record of a decision may be deleted."""
    return Due((now + RECORDS_LIFETIME).date(), Task.OPERATION, correlation_id)
