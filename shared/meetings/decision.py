"""Deciding on a meeting message: pure rules, no I/O (M1 to M7).

`decide` gets the message as Exchange has it now, and what we know: the bookings that its tags name, and the one that
the meeting has already. Messages come twice, late and out of order. Since the calendar item is the meeting's current
state, deciding on an old message gives the same as deciding on the newest.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from shared.aliases.booking import Booking, State
from shared.aliases.promises import Promise
from shared.conferences.conference import Calendar
from shared.meetings.request import CalendarItem, Kind, MeetingRequest, Shape, Update, meeting_key
from shared.storage import Row


class Accepted(StrEnum):
    """Why a meeting is accepted; the value names the settings field of the answer's template."""

    NEW_SINGLE = "accept_new_single_meeting_template"
    EDITED_SINGLE = "accept_edited_single_meeting_template"
    NEW_SERIES = "accept_new_recurring_series_template"
    EDITED_SERIES = "accept_edited_recurring_series_template"
    EDITED_OCCURRENCE = "accept_edited_occurrence_template"


class Rejected(StrEnum):
    """Why a meeting is declined; the value names the settings field of the answer's template."""

    INVALID_ALIAS = "reject_invalid_alias_id_template"
    ALIAS_CONFLICT = "reject_alias_conflict_template"
    ALIAS_DELETED = "reject_alias_deleted_template"
    SERIES_PAST = "reject_recurring_series_past_template"
    SINGLE_PAST = "reject_single_meeting_past"
    GENERAL_ERROR = "reject_general_error_template"


@dataclass(frozen=True)
class Accept:
    """Schedule `booking` for the meeting; answer unless the organizer asked for no answers.

    `replaced` is the booking that the meeting had before, when it gets another (M4). `mail_instructions` says that the
    invitation does not hold the alias, so that everybody has to be told (M8).
    """

    reason: Accepted
    booking: Booking
    calendar: Calendar
    answer: bool = True
    replaced: Booking | None = None
    mail_instructions: bool = False


@dataclass(frozen=True)
class Provide:
    """Give the meeting an alias now, accept it, and mail the joining instructions to everybody (M8).

    `promise` is the TOK tag that is redeemed; None for a copied invitation (A4).
    """

    promise: Promise | None = None


@dataclass(frozen=True)
class Refresh:
    """The conference's texts follow the meeting; nobody is told (M4)."""

    booking: Booking
    calendar: Calendar


@dataclass(frozen=True)
class Reject:
    """Decline the meeting. `alias` is the one in conflict, "" otherwise. An earlier booking stays (M6).

    `cause` is what went wrong, for the record of a general error; the organizer is only told its correlation id.

    `certain` is False for an update of a meeting that we have never heard of: its invitation may just not have been
    seen yet, and hold what this message lacks.
    """

    reason: Rejected
    alias: str = ""
    certain: bool = True
    cause: str = ""


@dataclass(frozen=True)
class Close:
    """Let nobody in any more; no answer, since nobody answers a cancellation (M4)."""

    booking: Booking


@dataclass(frozen=True)
class Ignore:
    """Leave it alone; `why` is for the audit record."""

    why: str


Decision: TypeAlias = Accept | Provide | Refresh | Reject | Close | Ignore


@dataclass(frozen=True)
class Known:
    """What our records say: the bookings that the message's tags name, newest last, and the meeting's own booking.

    `link` is the row that ties the meeting to its booking, when it was read. `promise` is the first valid TOK tag in
    the message (A6). `guessed` says that the meeting's own booking was not looked up: only an acceptance may rest on
    that, since writing it down finds out.
    """

    tagged: tuple[Booking, ...] = ()
    own: Booking | None = None
    link: Row | None = None
    promise: Promise | None = None
    guessed: bool = False


def decide(
    request: MeetingRequest, calendar: Calendar, known: Known, now: datetime, *, copies_get_new_alias: bool = False
) -> Decision:
    """What to do about `request`.

    `calendar` holds all that the meeting has from now on (and, for a single meeting, its one occurrence, past or not).
    """
    item = request.item
    own = known.own if known.own and known.own.state is State.SCHEDULED else None
    if item is None:
        return Close(own) if own and request.kind is Kind.CANCELLATION else Ignore("no calendar item")
    if request.kind is Kind.CANCELLATION or item.cancelled:
        return _cancelled(item, own, calendar)
    outdated = request.outdated or request.update is Update.OUTDATED
    if request.update is Update.PRINCIPAL_COPY or (outdated and own):
        return Ignore("superseded by a newer message, or a copy for a delegate")
    chosen = _choose(meeting_key(item.uid), known, own, now, copies_get_new_alias)
    if isinstance(chosen, Reject):
        # A newer message follows, and is declined where this one would have been.
        return Ignore("superseded by a newer message") if outdated else replace(chosen, certain=_is_certain(request))
    if not calendar.has_future(now):
        return Reject(Rejected.SINGLE_PAST if item.shape is Shape.SINGLE else Rejected.SERIES_PAST)
    if isinstance(chosen, Provide):
        return chosen
    return _schedule(item, chosen, own, calendar, now)


def _is_certain(request: MeetingRequest) -> bool:
    return request.update not in (Update.FULL, Update.INFORMATIONAL, Update.SILENT)


def _cancelled(item: CalendarItem, own: Booking | None, calendar: Calendar) -> Decision:
    if own is None:
        return Ignore("cancelled, and never scheduled")
    if item.shape is Shape.OCCURRENCE:
        return Refresh(own, calendar)
    return Close(own)


def _choose(
    meeting: str, known: Known, own: Booking | None, now: datetime, copies_get_new_alias: bool
) -> Booking | Provide | Reject:
    """The booking that the meeting is to have: the newest tag that is free or its own, else the one it has."""
    usable = [booking for booking in known.tagged if booking.is_usable(now)]
    mine = [booking for booking in usable if booking.meeting in ("", meeting)]
    if mine:
        return mine[-1]
    if own:
        return own
    if known.promise:
        return Provide(known.promise)
    if not usable:
        return Reject(Rejected.INVALID_ALIAS)
    if copies_get_new_alias:
        return Provide()
    if usable[-1].state is State.CLOSED:
        return Reject(Rejected.ALIAS_DELETED)
    return Reject(Rejected.ALIAS_CONFLICT, usable[-1].alias)


def _schedule(item: CalendarItem, chosen: Booking, own: Booking | None, calendar: Calendar, now: datetime) -> Decision:
    """Accept, answer again, or only follow: a meeting is new when it had no open room before."""
    conference = own.conference if own else None
    if own is None or conference is None:
        reason = Accepted.NEW_SINGLE if item.shape is Shape.SINGLE else Accepted.NEW_SERIES
        return Accept(reason, chosen, calendar, item.response_requested)
    if own.tag == chosen.tag and conference.calendar.is_same_from(now, calendar):
        return Refresh(chosen, calendar)
    reason = {
        Shape.SINGLE: Accepted.EDITED_SINGLE,
        Shape.SERIES: Accepted.EDITED_SERIES,
        Shape.OCCURRENCE: Accepted.EDITED_OCCURRENCE,
    }[item.shape]
    replaced = own if own.tag != chosen.tag else None
    return Accept(reason, chosen, calendar, item.response_requested, replaced)
