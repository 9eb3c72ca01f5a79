"""The possible decisions on a meeting message, and the records that they need (M1 to M7). acceptance.py decides."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from shared.aliases.promises import Promise
from shared.bookings.booking import Apart, Booking, State
from shared.bookings.operation import DecisionKind
from shared.calendar.conference import Calendar
from shared.storage import Row


class Accepted(StrEnum):
    """Why a meeting is accepted. The value names the settings field that holds the template for the answer."""

    NEW_SINGLE = "accept_new_single_meeting_template"
    EDITED_SINGLE = "accept_edited_single_meeting_template"
    NEW_SERIES = "accept_new_recurring_series_template"
    EDITED_SERIES = "accept_edited_recurring_series_template"
    EDITED_OCCURRENCE = "accept_edited_occurrence_template"


class Rejected(StrEnum):
    """Why a meeting is declined. The value names the settings field that holds the template for the answer."""

    INVALID_ALIAS = "reject_invalid_alias_id_template"
    ALIAS_CONFLICT = "reject_alias_conflict_template"
    ALIAS_DELETED = "reject_alias_deleted_template"
    SERIES_PAST = "reject_recurring_series_past_template"
    SINGLE_PAST = "reject_single_meeting_past"
    GENERAL_ERROR = "reject_general_error_template"


@dataclass(frozen=True)
class Accept:
    """Schedule `booking` for the meeting, and answer unless the organizer requested no response. `mail_instructions`
    means that the invitation does not contain the alias, so all attendees receive an e-mail (M8). If `day` is given,
    the booking becomes the room for that occurrence alone. `apart` lists the occurrences that have separate rooms.
    `beside` contains other changed bookings: the meeting's previous booking (M4), and the booking of the occurrence's
    series.
    """

    kind: ClassVar[DecisionKind] = DecisionKind.ACCEPT
    reason: Accepted
    booking: Booking
    calendar: Calendar
    answer: bool = True
    beside: tuple[Booking, ...] = ()
    mail_instructions: bool = False
    day: str = ""
    apart: tuple[Apart, ...] = ()

    @property
    def replaces(self) -> bool:
        """Whether another room is closed because of this one."""
        return any(booking.state is State.CLOSED for booking in self.beside)


@dataclass(frozen=True)
class Provide:
    """Provide an alias for the meeting, accept it, and e-mail the joining instructions to everybody (M8). `promise` is
    the TOK tag being redeemed; None for a copied invitation (A4).
    """

    kind: ClassVar[DecisionKind] = DecisionKind.PROVIDE
    promise: Promise | None = None


@dataclass(frozen=True)
class Refresh:
    """Update the conference's texts from the meeting. Nobody is notified (M4). For the other fields, see Accept."""

    kind: ClassVar[DecisionKind] = DecisionKind.REFRESH
    booking: Booking
    calendar: Calendar
    beside: tuple[Booking, ...] = ()
    day: str = ""
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True)
class Reject:
    """Decline the meeting. `alias` is the conflicting alias; "" if there is none. An earlier booking is kept (M6).
    `cause` is the recorded reason for a general error; the organizer is sent only the correlation id. `certain` is
    False for an update to an unknown meeting. Its invitation may not have been read yet, and may contain what this
    message lacks.
    """

    kind: ClassVar[DecisionKind] = DecisionKind.REJECT
    reason: Rejected
    alias: str = ""
    certain: bool = True
    cause: str = ""


@dataclass(frozen=True)
class Close:
    """Close the room. There is no answer, because cancellations are not answered (M4). For `beside`, see Accept."""

    kind: ClassVar[DecisionKind] = DecisionKind.CLOSE
    booking: Booking
    beside: tuple[Booking, ...] = ()


@dataclass(frozen=True)
class Ignore:
    """Ignore the message. `why` is for the audit record."""

    kind: ClassVar[DecisionKind] = DecisionKind.IGNORE
    why: str


Decision: TypeAlias = Accept | Provide | Refresh | Reject | Close | Ignore


@dataclass(frozen=True)
class Known:
    """Our records: the bookings for the message's tags, newest last, and the meeting's own booking. `apart` is the
    separate room of the occurrence that the message is about. `rooms` contains the separate rooms of all occurrences of
    the series. `links` contains the rows that link the meeting and the occurrence to their bookings, if they were read.
    `promise` is the first valid TOK tag in the message that is meant for its organizer or sender (A6). `others`
    contains the unused tags meant for another person's meetings. `untagged` means that an outdated message's calendar
    item no longer contains a tag. `guessed` means that the meeting is assumed to have no booking, without a lookup.
    Only an acceptance may rely on that, because its insert fails if the assumption is wrong.
    """

    tagged: tuple[Booking, ...] = ()
    own: Booking | None = None
    apart: Booking | None = None
    rooms: tuple[Booking, ...] = ()
    links: tuple[Row, ...] = ()
    promise: Promise | None = None
    others: frozenset[str] = frozenset()
    untagged: bool = False
    guessed: bool = False
