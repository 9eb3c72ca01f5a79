"""The rules M1 to M7 as pure functions, with a test for each one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.booking import Apart, Booking, State
from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Shape, Update
from shared.meetings.acceptance import decide
from shared.meetings.decision import Accept, Accepted, Close, Decision, Ignore, Known, Refresh, Reject, Rejected
from shared.meetings.series import MOST_APART
from tests.support.meetings import NOW, OTHER_TAG, at, booking, item, request, scheduled

IN_THREE_HOURS = Calendar((at(3),))
YESTERDAY = Calendar((at(-24),))
WEEKLY = Calendar((at(3), at(3 + 168), at(3 + 336)), NOW + timedelta(days=90))


def on(message: MeetingRequest, calendar: Calendar, *tagged: Booking, own: Booking | None = None) -> Decision:
    return decide(message, calendar, Known(tagged, own), NOW)


def series(**changes: Any) -> CalendarItem:
    return item(shape=Shape.SERIES, series_id="event-of-uid-1", **changes)


class TestNewMeetings:
    def test_a_reserved_tag_is_accepted_as_a_new_single_meeting(self) -> None:
        assert on(request(item()), IN_THREE_HOURS, booking()) == Accept(
            Accepted.NEW_SINGLE, booking(), IN_THREE_HOURS, answer=True
        )

    def test_a_series_is_accepted_as_a_new_series(self) -> None:
        decision = on(request(series()), WEEKLY, booking())
        assert isinstance(decision, Accept)
        assert decision.reason is Accepted.NEW_SERIES

    def test_no_answer_is_sent_if_none_was_requested(self) -> None:
        decision = on(request(item(response_requested=False)), IN_THREE_HOURS, booking())
        assert isinstance(decision, Accept)
        assert not decision.answer

    @pytest.mark.parametrize(
        ("age", "answered", "own", "answer"),
        [
            (5, 1, None, False),  # the records are older than the answer
            (5, 1, scheduled(Calendar((at(9),))), False),
            (0, 0, None, True),  # Exchange answers on its own, without a room
            (5, -1, None, True),  # the answer is to an earlier version
            (
                5,
                1,
                scheduled(Calendar((at(9),)), tag=OTHER_TAG),
                True,
            ),  # the answer may have contained a different room
        ],
    )
    def test_an_organizer_answered_before_storage_was_restored_is_not_answered_again(
        self, age: int, answered: int, own: Booking | None, answer: bool
    ) -> None:
        came = NOW - timedelta(minutes=age)
        the_item = item(answer=Answer.ACCEPTED, answered_at=came + timedelta(minutes=answered))
        tagged = own if own and own.tag != OTHER_TAG else booking()
        decision = on(request(the_item, received=came, update=Update.FULL), IN_THREE_HOURS, tagged, own=own)
        assert isinstance(decision, Accept)
        assert decision.answer is answer

    def test_a_meeting_in_progress_is_not_past(self) -> None:
        running = Calendar((at(-0.5),))
        assert isinstance(on(request(item()), running, booking()), Accept)

    def test_the_newer_of_two_tags_counts(self) -> None:
        newer = booking(OTHER_TAG, created=NOW + timedelta(minutes=1))
        decision = on(request(item()), IN_THREE_HOURS, booking(), newer)
        assert isinstance(decision, Accept)
        assert decision.booking == newer

    def test_a_free_tag_is_preferred_to_a_newer_one_that_belongs_to_another_meeting(self) -> None:
        foreign = scheduled(IN_THREE_HOURS, uid="other", tag=OTHER_TAG, created=NOW + timedelta(minutes=1))
        decision = on(request(item()), IN_THREE_HOURS, booking(), foreign)
        assert isinstance(decision, Accept)
        assert decision.booking == booking()


class TestRejections:
    @pytest.mark.parametrize(
        ("calendar", "tagged", "reason"),
        [
            (IN_THREE_HOURS, (), Rejected.INVALID_ALIAS),
            (IN_THREE_HOURS, (booking(expires=NOW),), Rejected.INVALID_ALIAS),
            (IN_THREE_HOURS, (scheduled(IN_THREE_HOURS, uid="other"),), Rejected.ALIAS_CONFLICT),
            (IN_THREE_HOURS, (scheduled(IN_THREE_HOURS, "other", state=State.CLOSED),), Rejected.ALIAS_DELETED),
            (YESTERDAY, (booking(),), Rejected.SINGLE_PAST),
        ],
    )
    def test_a_single_meeting_is_declined(
        self, calendar: Calendar, tagged: tuple[Booking, ...], reason: Rejected
    ) -> None:
        decision = on(request(item()), calendar, *tagged)
        assert isinstance(decision, Reject)
        assert decision.reason is reason

    def test_a_conflict_names_the_alias(self) -> None:
        taken = scheduled(IN_THREE_HOURS, uid="other")
        assert on(request(item()), IN_THREE_HOURS, taken) == Reject(Rejected.ALIAS_CONFLICT, taken.alias)

    def test_a_series_whose_last_occurrence_is_over_is_past(self) -> None:
        over = Calendar((at(-168), at(-24)))
        assert on(request(series()), over, booking()) == Reject(Rejected.SERIES_PAST)

    def test_a_series_that_continues_beyond_the_horizon_is_not_past(self) -> None:
        yearly = Calendar((), NOW + timedelta(days=90))
        assert isinstance(on(request(series()), yearly, booking()), Accept)

    def test_moving_a_meeting_into_the_past_is_declined_and_changes_nothing(self) -> None:
        """M6: the earlier booking is kept."""
        own = scheduled(IN_THREE_HOURS)
        assert on(request(item()), YESTERDAY, own, own=own) == Reject(Rejected.SINGLE_PAST)


class TestEdits:
    @pytest.mark.parametrize(
        ("shape", "reason"),
        [
            (Shape.SINGLE, Accepted.EDITED_SINGLE),
            (Shape.SERIES, Accepted.EDITED_SERIES),
            (Shape.OCCURRENCE, Accepted.EDITED_OCCURRENCE),
        ],
    )
    def test_a_new_time_is_answered(self, shape: Shape, reason: Accepted) -> None:
        own = scheduled(IN_THREE_HOURS)
        decision = on(request(item(shape=shape)), Calendar((at(5),)), own, own=own)
        assert isinstance(decision, Accept)
        assert decision.reason is reason
        assert decision.beside == ()

    def test_unchanged_times_are_not_answered(self) -> None:
        own = scheduled(IN_THREE_HOURS)
        assert on(request(item(subject="New")), IN_THREE_HOURS, own, own=own) == Refresh(own, IN_THREE_HOURS)

    def test_a_later_horizon_does_not_count_as_a_change(self) -> None:
        own = scheduled(WEEKLY)
        later = Calendar((*WEEKLY.occurrences, at(3 + 24 * 90)), NOW + timedelta(days=91))
        assert isinstance(on(request(series()), later, own, own=own), Refresh)

    def test_a_known_meeting_keeps_its_booking_when_its_body_has_no_tag(self) -> None:
        own = scheduled(IN_THREE_HOURS)
        decision = on(request(item(), body="no tag"), Calendar((at(5),)), own=own)
        assert isinstance(decision, Accept)
        assert decision.booking == own

    def test_a_different_tag_changes_the_room(self) -> None:
        own = scheduled(IN_THREE_HOURS)
        decision = on(request(item()), IN_THREE_HOURS, booking(OTHER_TAG), own=own)
        assert isinstance(decision, Accept)
        assert (decision.booking.tag, decision.reason) == (OTHER_TAG, Accepted.EDITED_SINGLE)
        assert decision.beside == (own.closed(),)

    def test_another_meetings_tag_does_not_take_away_the_room(self) -> None:
        own = scheduled(IN_THREE_HOURS)
        foreign = scheduled(IN_THREE_HOURS, uid="other", tag=OTHER_TAG)
        decision = on(request(item()), Calendar((at(5),)), foreign, own=own)
        assert isinstance(decision, Accept)
        assert decision.booking == own

    def test_a_restored_meeting_gets_its_room_back(self) -> None:
        closed = scheduled(IN_THREE_HOURS, state=State.CLOSED)
        decision = on(request(item()), IN_THREE_HOURS, closed, own=closed)
        assert isinstance(decision, Accept)
        assert decision.reason is Accepted.NEW_SINGLE


class TestCancellations:
    def test_a_cancelled_meeting_closes_its_room(self) -> None:
        own = scheduled(IN_THREE_HOURS)
        message = request(item(cancelled=True), kind=Kind.CANCELLATION)
        assert on(message, IN_THREE_HOURS, own, own=own) == Close(own)

    def test_a_request_read_after_its_cancellation_also_closes_the_room(self) -> None:
        own = scheduled(IN_THREE_HOURS)
        assert on(request(item(cancelled=True)), IN_THREE_HOURS, own, own=own) == Close(own)

    def test_cancelling_an_occurrence_closes_the_room_only_for_that_occurrence(self) -> None:
        """M4: cancelling one occurrence never cancels the series."""
        own = scheduled(WEEKLY)
        rest = replace(WEEKLY, occurrences=WEEKLY.occurrences[1:])
        message = request(item(shape=Shape.OCCURRENCE, cancelled=True), kind=Kind.CANCELLATION)
        assert on(message, rest, own, own=own) == Refresh(own, rest)

    def test_a_cancellation_of_an_unscheduled_meeting_is_ignored(self) -> None:
        message = request(item(cancelled=True), kind=Kind.CANCELLATION)
        assert isinstance(on(message, IN_THREE_HOURS, booking()), Ignore)


def occurrence(**changes: Any) -> CalendarItem:
    """An item for the second occurrence in WEEKLY."""
    base: dict[str, Any] = {"id": "second", "occurrence": WEEKLY.occurrences[1]}
    return item(shape=Shape.OCCURRENCE, series_id="event-of-uid-1", **base | changes)


SECOND = occurrence().day


class TestRoomsOfOccurrences:
    def test_a_different_tag_in_an_occurrence_applies_to_that_occurrence_alone(self) -> None:
        own, other = scheduled(WEEKLY), booking(OTHER_TAG)
        decision = decide(request(occurrence()), WEEKLY, Known((other,), own), NOW)
        assert isinstance(decision, Accept)
        assert (decision.reason, decision.booking, decision.day) == (Accepted.EDITED_OCCURRENCE, other, SECOND)
        assert decision.calendar.occurrences == (WEEKLY.occurrences[1],)
        [series_] = decision.beside
        assert series_.conference
        assert series_.conference.calendar.occurrences == (WEEKLY.occurrences[0], WEEKLY.occurrences[2])
        assert series_.apart == (Apart(SECOND, OTHER_TAG, WEEKLY.occurrences[1]),)

    def test_only_a_limited_number_of_occurrences_may_have_separate_rooms(self) -> None:
        apart = tuple(Apart(f"2026{n:04}", OTHER_TAG, at(n)) for n in range(MOST_APART))
        own = scheduled(WEEKLY, apart=apart)
        decision = decide(request(occurrence()), WEEKLY, Known((booking(OTHER_TAG),), own), NOW)
        assert decision == Reject(Rejected.ALIAS_CONFLICT, booking(OTHER_TAG).alias)

    @pytest.mark.parametrize(
        ("shown", "update", "stays"),
        [
            (at(3 + 168), Update.INFORMATIONAL, True),
            (replace(at(3 + 168), is_plain=True), Update.INFORMATIONAL, False),
            (replace(at(5 + 168), is_plain=True), Update.FULL, False),
            (None, Update.FULL, False),
            (None, Update.INFORMATIONAL, True),
        ],
        ids=[
            "an exception",
            "plain again",
            "unchanged except for its time",
            "removed by a new pattern",
            "only left out",
        ],
    )
    def test_an_update_to_the_series_ends_separate_rooms_only_if_its_pattern_is_new(
        self, shown: Occurrence | None, update: Update, stays: bool
    ) -> None:
        room = scheduled(Calendar((at(3 + 168),)), tag=OTHER_TAG, day=SECOND)
        own = scheduled(
            WEEKLY.without([WEEKLY.occurrences[1]]), apart=(Apart(SECOND, OTHER_TAG, WEEKLY.occurrences[1]),)
        )
        now_shown = Calendar(
            tuple(sorted({*WEEKLY.occurrences} - {WEEKLY.occurrences[1]} | ({shown} if shown else set()))),
            WEEKLY.known_until,
        )
        decision = decide(request(series(), update=update), now_shown, Known((own,), own, rooms=(room,)), NOW)
        assert isinstance(decision, Accept | Refresh)
        assert (decision.apart == own.apart, decision.beside == ()) == (stays, stays)

    def test_an_occurrence_is_identified_by_the_date_in_the_pattern(self) -> None:
        assert occurrence(original_start=at(3).start).day == f"{at(3).start:%Y%m%d}"
        assert occurrence(original_day="20260131", original_start=at(3).start).day == "20260131"
        assert (item().day, series().day) == ("", "")

    def test_an_occurrences_date_is_in_the_organizers_zone(self) -> None:
        late = Occurrence(NOW.replace(hour=23, minute=30), NOW + timedelta(hours=24))
        assert occurrence(occurrence=late, zone="Europe/Berlin").day == f"{NOW + timedelta(days=1):%Y%m%d}"


class TestLeftAlone:
    def test_a_delegates_copy_is_ignored(self) -> None:
        assert isinstance(on(request(item(), update=Update.PRINCIPAL_COPY), IN_THREE_HOURS, booking()), Ignore)

    @pytest.mark.parametrize("changes", [{"outdated": True}, {"update": Update.OUTDATED}])
    def test_outdated_messages_about_a_scheduled_meeting_are_ignored(self, changes: dict[str, Any]) -> None:
        own = scheduled(IN_THREE_HOURS)
        assert isinstance(on(request(item(), **changes), Calendar((at(5),)), own, own=own), Ignore)

    def test_an_outdated_message_is_never_declined(self) -> None:
        assert isinstance(on(request(item(), outdated=True), IN_THREE_HOURS), Ignore)


class TestLateMessages:
    def test_the_tag_in_an_outdated_invitation_counts_if_nothing_newer_was_accepted(self) -> None:
        """The result is the same whether the invitation is read before or after the update (rule 2)."""
        assert isinstance(on(request(item(), outdated=True), IN_THREE_HOURS, booking()), Accept)

    @pytest.mark.parametrize(
        ("untagged", "made", "others", "moves"),
        [
            (True, timedelta(minutes=1), False, True),
            (True, timedelta(minutes=-1), False, False),
            (True, timedelta(minutes=1), True, False),
            (False, timedelta(minutes=1), False, False),
        ],
        ids=["newer", "older", "somebody else's", "the calendar item has its own tag"],
    )
    def test_the_tag_in_an_outdated_update_counts_if_the_newer_update_has_none(
        self, untagged: bool, made: timedelta, others: bool, moves: bool
    ) -> None:
        """An update without a tag keeps the previous update's room, in whichever order they are read (rule 2)."""
        own = scheduled(IN_THREE_HOURS)
        new = booking(tag=OTHER_TAG, created=own.created + made)
        known = Known((own, new), own, others=frozenset({OTHER_TAG} if others else ()), untagged=untagged)
        decision = decide(request(item(), outdated=True, update=Update.INFORMATIONAL), IN_THREE_HOURS, known, NOW)
        assert isinstance(decision, Accept if moves else Ignore)
        if isinstance(decision, Accept):
            assert (decision.booking.tag, [each.tag for each in decision.beside]) == (OTHER_TAG, [own.tag])

    def test_declining_an_update_to_an_unknown_meeting_is_not_certain(self) -> None:
        decision = on(request(item(), update=Update.FULL), IN_THREE_HOURS)
        assert decision == Reject(Rejected.INVALID_ALIAS, certain=False)
