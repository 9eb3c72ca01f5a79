"""Decides on a meeting message: pure rules, no I/O (M1 to M7).

`decide` is given the message in its current state in Exchange, the bookings for its tags, and the meeting's current
booking. Messages may arrive twice, late or out of order. An old message leads to the same decision as the newest one,
because the calendar item always shows the meeting's current state.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.booking import Apart, Booking, State
from shared.calendar.conference import Calendar
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Shape, Update, meeting_key
from shared.meetings import series
from shared.meetings.decision import (
    Accept,
    Accepted,
    Close,
    Decision,
    Ignore,
    Known,
    Provide,
    Refresh,
    Reject,
    Rejected,
)

NEW_MESSAGE_AGE = timedelta(minutes=1)
"""A message more recent than this cannot have been decided on before."""


def decide(
    request: MeetingRequest, calendar: Calendar, known: Known, now: datetime, *, copies_get_new_alias: bool = False
) -> Decision:
    """Decide what to do about `request`. `calendar` contains all of the meeting's occurrences from now on. A single
    meeting's only occurrence is included even if it is over.
    """
    own, apart = _scheduled(known.own), _scheduled(known.apart)
    if request.item is None:
        return _gone(request, own, apart, known.rooms)
    if request.item.is_orphan:
        own = None
    if request.kind is Kind.CANCELLATION or request.item.cancelled:
        return _cancelled(request.item, own, apart, known.rooms, calendar)
    outdated = request.outdated or request.update is Update.OUTDATED
    if request.update is Update.PRINCIPAL_COPY or (outdated and not _tells_more(known, apart or own)):
        return Ignore("superseded by a newer message, or a copy for a delegate")
    chosen = _choose(request.item, known, apart or own, now, copies_get_new_alias)
    if isinstance(chosen, Reject):
        # A newer message follows. It will be declined if this one would have been.
        return Ignore("superseded by a newer message") if outdated else replace(chosen, certain=_is_certain(request))
    decision = _placed(request, request.item, chosen, replace(known, own=own, apart=apart), calendar, now)
    if isinstance(decision, Accept) and answered_before(request, now) and _has_that_room(decision, apart or own):
        return replace(decision, answer=False)
    return decision


def _tells_more(known: Known, own: Booking | None) -> bool:
    """Whether an outdated message contains information that no newer message has. This can only be a tag, because the
    calendar item supersedes everything else. An update without a tag keeps the room from the previous message. The
    order in which the two are read does not matter, because the newest tag counts.
    """
    if own is None:
        return True
    return known.untagged and any(
        booking.state is State.RESERVED and booking.tag not in known.others and booking.created > own.created
        for booking in known.tagged
    )


def _placed(
    request: MeetingRequest,
    item: CalendarItem,
    chosen: Booking | Provide,
    known: Known,
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """Decide, given the booking that the meeting should have. Bookings in `known` belong to the meeting only if their
    rooms are open.
    """
    own, apart = known.own, known.apart
    has_own_room = bool(item.day) and (own is None or not isinstance(chosen, Booking) or chosen.tag != own.tag)
    if not (Calendar((item.occurrence,)) if has_own_room else calendar).has_future(now):
        return Reject(Rejected.SINGLE_PAST if has_own_room or item.shape is Shape.SINGLE else Rejected.SERIES_PAST)
    if isinstance(chosen, Provide):
        return chosen
    if has_own_room:
        return _schedule_apart(item, chosen, own, apart, calendar, now)
    if item.shape is Shape.OCCURRENCE and own:
        return _schedule_with_series(item, own, apart, calendar, now)
    return _schedule(request.update, item, chosen, own, known.rooms, calendar, now)


def answered_before(request: MeetingRequest, now: datetime) -> bool:
    """Whether an old message was answered although it has no record, because storage has been restored from a backup
    made before that. In that case, Exchange has an answer that is later than the message (its times are whole seconds).
    For a message that has just arrived, such an answer proves nothing: the mailbox may have sent it automatically,
    without our text.
    """
    item = request.item
    if item is None or item.answer is Answer.NONE or item.answered_at is None:
        return False
    return item.answered_at >= request.received.replace(microsecond=0) and now - request.received >= NEW_MESSAGE_AGE


def _has_that_room(decision: Accept, own: Booking | None) -> bool:
    """Whether an earlier answer may already have been about the decision's room. It may if no other room is
    recorded.
    """
    return own is None or own.tag == decision.booking.tag


def _scheduled(booking: Booking | None) -> Booking | None:
    return booking if booking and booking.state is State.SCHEDULED else None


def _is_certain(request: MeetingRequest) -> bool:
    return request.update not in (Update.FULL, Update.INFORMATIONAL, Update.SILENT)


def _gone(request: MeetingRequest, own: Booking | None, apart: Booking | None, rooms: tuple[Booking, ...]) -> Decision:
    if request.kind is Kind.CANCELLATION and own:
        return Close(own, series.closed(rooms))
    return Close(apart) if request.kind is Kind.CANCELLATION and apart else Ignore("no calendar item")


def _cancelled(
    item: CalendarItem, own: Booking | None, apart: Booking | None, rooms: tuple[Booking, ...], calendar: Calendar
) -> Decision:
    if item.shape is not Shape.OCCURRENCE and not item.is_orphan:
        return Close(own, series.closed(rooms)) if own else Ignore("cancelled, and never scheduled")
    if own is None:
        return Close(apart) if apart else Ignore("cancelled, and never scheduled")
    kept = series.without_cancelled(own.apart, item.day, calendar)
    left = calendar.without(each.occurrence for each in kept)
    others = (apart,) if apart and apart not in rooms else ()
    return Refresh(own, left, series.closed((*rooms, *others), kept), apart=kept)


def _choose(
    item: CalendarItem, known: Known, own: Booking | None, now: datetime, copies_get_new_alias: bool
) -> Booking | Provide | Reject:
    """The booking that the meeting should have. It is the booking for the newest tag that is unused or already the
    meeting's own. If there is no such tag, it is the meeting's current booking. A room that an admin has closed stays
    closed, and its meeting gets the answer for a deleted alias.
    """
    usable = [booking for booking in known.tagged if booking.is_usable(now)]
    mine = [booking for booking in usable if booking.tag not in known.others and _may_have(item, booking)]
    if mine:
        return Reject(Rejected.ALIAS_DELETED) if mine[-1].held else mine[-1]
    its = known.apart if item.day and known.apart else known.own
    if its and its.held:
        return Reject(Rejected.ALIAS_DELETED)
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


def _may_have(item: CalendarItem, booking: Booking) -> bool:
    """Whether a meeting may have a booking. The booking must be unused or already the meeting's own (A4).

    A series may take over the booking of one of its occurrences, but an occurrence may not take over another
    occurrence's booking.
    """
    if booking.meeting in ("", meeting_key(item.uid)):
        return not item.day or booking.day in ("", item.day) or booking.state is State.CLOSED
    return False


def _schedule(
    update: Update,
    item: CalendarItem,
    chosen: Booking,
    own: Booking | None,
    rooms: tuple[Booking, ...],
    calendar: Calendar,
    now: datetime,
) -> Decision:
    """Accept, answer again, or only update the room. A meeting is new if it had no open room before."""
    apart = own.apart if own else series.apart_of(rooms)
    kept = series.still_apart(apart, chosen.tag, item, calendar, has_new_times=update is Update.FULL)
    left = calendar.without(each.occurrence for each in kept)
    beside = series.closed([room for room in rooms if room.tag != chosen.tag], kept)
    conference = own.conference if own else None
    if own is None or conference is None:
        reason = Accepted.NEW_SINGLE if item.shape is Shape.SINGLE else Accepted.NEW_SERIES
        return Accept(reason, chosen, left, item.response_requested, beside, apart=kept)
    if own.tag == chosen.tag and conference.calendar.is_same_from(now, left):
        return Refresh(chosen, left, beside, apart=kept)
    reason = Accepted.EDITED_SINGLE if item.shape is Shape.SINGLE else Accepted.EDITED_SERIES
    if own.tag != chosen.tag:
        beside = (own.closed(), *beside)
    return Accept(reason, chosen, left, item.response_requested, beside, apart=kept)


def _schedule_with_series(
    item: CalendarItem, own: Booking, apart: Booking | None, calendar: Calendar, now: datetime
) -> Decision:
    """Decide on an occurrence that uses its series' room. If it had its own room before, that room is closed."""
    kept = tuple(each for each in own.apart if each.day != item.day)
    left = calendar.without(each.occurrence for each in kept)
    if apart is None and own.conference and own.conference.calendar.is_same_from(now, left):
        return Refresh(own, left, apart=kept)
    beside = (apart.closed(),) if apart else ()
    return Accept(Accepted.EDITED_OCCURRENCE, own, left, item.response_requested, beside, apart=kept)


def _schedule_apart(
    item: CalendarItem, chosen: Booking, own: Booking | None, apart: Booking | None, calendar: Calendar, now: datetime
) -> Decision:
    """Decide on an occurrence that has its own room. The series' room is then closed for that occurrence."""
    at = Calendar((item.occurrence,))
    beside: tuple[Booking, ...] = ()
    if own:
        others = tuple(each for each in own.apart if each.day != item.day)
        if len(others) >= series.MOST_APART:
            return Reject(Rejected.ALIAS_CONFLICT, chosen.alias)
        mine = Apart(item.day, chosen.tag, item.occurrence)
        followed = own.counting(calendar, now).following(calendar, (*others, mine))
        beside = (followed,) if followed != own else ()
    if apart and apart.tag == chosen.tag and apart.conference and apart.conference.calendar.is_same_from(now, at):
        return Refresh(chosen, at, beside, item.day)
    if apart and apart.tag != chosen.tag:
        beside = (apart.closed(), *beside)
    reason = Accepted.EDITED_OCCURRENCE if own or apart else Accepted.NEW_SINGLE
    return Accept(reason, chosen, at, item.response_requested, beside, day=item.day)
