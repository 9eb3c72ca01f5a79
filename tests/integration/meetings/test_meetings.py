"""Meetings in a simulated Exchange: organizers' actions in Outlook, and their visible results (M1 to M8).

Graph and EWS behave the same: neither the processor nor an outside observer can tell which one is used (E2).
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dev.harness.deployment import ALICE, Deployment, deployed
from dev.harness.integration import MAILBOX, By
from dev.harness.times import hour_from, tomorrow, weekly


@pytest.fixture(params=list(By))
def by(request: pytest.FixtureRequest) -> By:
    return By(request.param)


@pytest.fixture
async def world(by: By) -> AsyncIterator[Deployment]:
    async with deployed(by) as deployment:
        yield deployment


class TestSingle:
    async def test_the_room_of_an_accepted_meeting_is_open_in_its_window_only(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        [answer] = await world.answers(uid)
        assert answer["kind"] == "accepted"
        assert room["alias"] in answer["body_text"]
        for moment, expected in [
            (start - timedelta(minutes=31), False),
            (start - timedelta(minutes=29), True),
            (start + timedelta(minutes=119), True),
            (start + timedelta(minutes=121), False),
        ]:
            await world.move_to(moment)
            assert await world.is_open(room["alias"]) is expected

    async def test_one_request_takes_two_calls(self, world: Deployment) -> None:
        """The budget in bench/README.md is three calls, not counting the call that finds the message over EWS."""
        room = await world.click()
        await world.control("DELETE", "/dev/requests")
        await world.invite(tomorrow(world), room["instructions"])
        await world.drain()
        assert world.calls() == 2

    async def test_a_moved_meeting_is_answered_again_and_its_room_moves_too(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        later = start + timedelta(hours=5)
        await world.change(uid, **hour_from(later))
        await world.drain()
        answers = await world.answers(uid)
        assert [a["kind"] for a in answers] == ["accepted", "accepted"]
        assert "rescheduled" in answers[1]["body_text"]
        await world.move_to(start)
        assert await world.is_open(room["alias"]) is False
        await world.move_to(later)
        assert await world.is_open(room["alias"])

    async def test_an_update_of_the_body_that_exchange_files_away_is_detected(self, world: Deployment) -> None:
        """docs/facts/exchange.md §7: VisibleMeetingUpdateProperties."""
        old, new, start = await world.click(), await world.click(), tomorrow(world)
        uid = await world.invite(start, old["instructions"])
        await world.drain()
        await world.change(uid, body_html=new["instructions"])
        await world.drain()
        await world.services.scheduling.timers.sweep()
        await world.drain()
        await world.move_to(start)
        assert await world.is_open(old["alias"]) is False
        assert await world.is_open(new["alias"])

    async def test_a_cancelled_meeting_closes_its_room(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        await world.cancel(uid)
        await world.drain()
        await world.move_to(start)
        assert await world.is_open(room["alias"]) is False
        assert len(await world.answers(uid)) == 1

    async def test_a_cancelled_meetings_room_closes_even_if_exchange_removes_the_item(self, world: Deployment) -> None:
        """With RemoveCanceledMeetings, the cancellation has only a CleanGlobalObjectId and no event."""
        await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"remove_canceled_meetings": True})
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        await world.cancel(uid)
        await world.drain()
        await world.move_to(start)
        assert await world.is_open(room["alias"]) is False

    async def test_a_past_meeting_can_still_be_cancelled(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        await world.move_to(start + timedelta(days=3))
        await world.services.scheduling.timers.agenda()
        await world.cancel(uid)
        await world.drain()
        assert world.host.poisoned == []
        assert await world.is_open(room["alias"]) is False

    async def test_removing_the_mailbox_from_a_meeting_closes_its_room(self, world: Deployment) -> None:
        """M4."""
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        await world.change(uid, attendees=["bob@example.com"])
        await world.drain()
        await world.move_to(start)
        assert await world.is_open(room["alias"]) is False

    async def test_the_room_of_a_deleted_meeting_is_closed_on_the_day_of_the_meeting(self, world: Deployment) -> None:
        """No message reports a deletion in the equipment mailbox (M4)."""
        room, start = await world.click(), tomorrow(world)
        await world.invite(start, room["instructions"])
        await world.drain()
        [event] = (await world.control_graph("GET", f"/users/{MAILBOX}/events"))["value"]
        await world.control_graph("DELETE", f"/users/{MAILBOX}/events/{event['id']}")
        await world.move_to(start - timedelta(hours=2))
        await world.services.scheduling.timers.agenda()
        await world.move_to(start)
        assert await world.is_open(room["alias"]) is False

    async def test_a_delegate_books_for_the_organizer(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"], sender="bob@example.com")
        await world.drain()
        [answer] = await world.answers(uid)
        assert answer["kind"] == "accepted"

    async def test_no_answer_is_sent_if_none_was_requested(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        await world.invite(start, room["instructions"], response_requested=False)
        await world.drain()
        assert await world.answers() == []
        await world.move_to(start)
        assert await world.is_open(room["alias"])

    async def test_an_all_day_meeting_lasts_a_day_in_the_organizers_zone(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world, hour=0)
        await world.invite(
            start, room["instructions"], length=timedelta(days=1), is_all_day=True, time_zone="Pacific Standard Time"
        )
        await world.drain()
        await world.move_to(start + timedelta(hours=7))  # still the previous evening in Los Angeles
        assert await world.is_open(room["alias"]) is False
        await world.move_to(start + timedelta(hours=8 + 23))
        assert await world.is_open(room["alias"])

    async def test_answers_contain_times_in_the_organizers_zone(self, world: Deployment) -> None:
        """T3."""
        integration = await world.integration()
        template = "{{start_time}} to {{end_time}}"
        await world.services.foundation.integrations.update(
            integration.uuid, {"accept_new_single_meeting_template": template}
        )
        room, start = await world.click(), tomorrow(world)
        await world.invite(start, room["instructions"], time_zone="Tokyo Standard Time")
        await world.drain()
        [answer] = await world.answers()
        assert answer["body_text"].strip() == f"10:00 on {start:%d/%m/%Y} to 11:00 on {start:%d/%m/%Y}"


class TestRejected:
    async def test_missing_and_copied_tags_and_past_meetings_are_declined(self, world: Deployment) -> None:
        room, other, start = await world.click(), await world.click(), tomorrow(world)
        await world.invite(start, "<p>no tag</p>")
        await world.invite(start, room["instructions"])
        await world.drain()
        await world.invite(start, room["instructions"], subject="copy")
        await world.invite(world.now - timedelta(days=2), other["instructions"])
        await world.drain()
        answers = await world.answers()
        assert sorted(a["kind"] for a in answers) == ["accepted", "declined", "declined", "declined"]
        texts = " ".join(a["body_text"] for a in answers if a["kind"] == "declined")
        for part in ("currently valid scheduling data", "occurs in the past", room["alias"]):
            assert part in texts

    async def test_a_meeting_with_a_copied_tag_gets_a_new_alias_if_the_settings_require_it(self, by: By) -> None:
        async with deployed(by, copied_tag_action="new_alias") as world:
            room, start = await world.click(), tomorrow(world)
            await world.invite(start, room["instructions"])
            await world.drain()
            uid = await world.invite(start, room["instructions"], subject="copy")
            await world.drain()
            [answer] = await world.answers(uid)
            assert answer["kind"] == "accepted"
            assert room["alias"] not in answer["body_text"]
            [mail] = await world.mails("bob@example.com")
            assert "PXPS:-" in mail["body_html"]

    async def test_an_answer_may_be_html(self, by: By) -> None:
        async with deployed(by, response_format="html") as world:
            room = await world.click()
            uid = await world.invite(tomorrow(world), room["instructions"])
            await world.drain()
            [answer] = await world.answers(uid)
            assert answer["kind"] == "accepted"
            assert "<div" in answer["body_html"]


class TestLeftAlone:
    @pytest.mark.parametrize("headers", [{}, {"Auto-Submitted": "auto-replied"}])
    async def test_ordinary_mail_and_automatic_replies_are_not_answered(
        self, world: Deployment, headers: dict[str, str]
    ) -> None:
        """Ordinary mail and automatic replies are never answered, so no loop can start (M7)."""
        mail = {"from": ALICE, "to": MAILBOX, "subject": "Hello", "body_html": "PXPS?", "headers": headers}
        await world.control("POST", "/dev/mail", mail)
        await world.drain()
        await world.settle()
        assert await world.answers() == []
        assert await world.mails() == []


class TestSeries:
    async def test_an_endless_weekly_series_keeps_its_local_time_across_clock_changes(self, world: Deployment) -> None:
        """A meeting at ten in Berlin is always at ten in Berlin, in winter and in summer (M3)."""
        room, first = await world.click(), tomorrow(world)
        uid = await world.invite(
            first, room["instructions"], time_zone="W. Europe Standard Time", recurrence=weekly(first)
        )
        await world.drain()
        [answer] = await world.answers(uid)
        assert "series" in answer["body_text"]
        berlin = ZoneInfo("Europe/Berlin")
        for week in range(0, 40, 3):
            start = (first + timedelta(weeks=week)).replace(tzinfo=berlin)
            while world.now < start - timedelta(days=20):
                await world.move_to(world.now + timedelta(days=19))
                await world.services.scheduling.timers.agenda()
            await world.move_to(start - timedelta(minutes=31))
            assert await world.is_open(room["alias"]) is False
            await world.move_to(start - timedelta(minutes=29))
            assert await world.is_open(room["alias"]), f"week {week}"
            await world.services.scheduling.timers.agenda()

    async def test_the_room_follows_moved_and_cancelled_occurrences(self, world: Deployment) -> None:
        room, first = await world.click(), tomorrow(world)
        uid = await world.invite(first, room["instructions"], recurrence=weekly(first))
        await world.drain()
        second, third = first + timedelta(weeks=1), first + timedelta(weeks=2)
        moved = second + timedelta(hours=4)
        await world.change(uid, occurrence=f"{second:%Y-%m-%d}", **hour_from(moved))
        await world.drain()
        await world.cancel(uid, occurrence=f"{first:%Y-%m-%d}")
        await world.drain()
        answers = await world.answers(uid)
        assert [a["kind"] for a in answers] == ["accepted", "accepted"]
        assert "occurrence" in answers[1]["body_text"]
        for moment, expected in [(first, False), (second, False), (moved, True), (third, True)]:
            await world.move_to(moment)
            assert await world.is_open(room["alias"]) is expected, moment

    async def test_a_series_in_the_past_is_rejected(self, world: Deployment) -> None:
        room, first = await world.click(), tomorrow(world) - timedelta(weeks=8)
        last = first + timedelta(weeks=3)
        await world.invite(
            first, room["instructions"], recurrence=weekly(first, type="endDate", endDate=f"{last:%Y-%m-%d}")
        )
        await world.drain()
        [answer] = await world.answers()
        assert answer["kind"] == "declined"
        assert "occurrences happen in the past" in answer["body_text"]

    async def test_a_running_series_to_which_the_mailbox_is_added_late_is_accepted(self, world: Deployment) -> None:
        """ "In the past" refers to the last occurrence (docs/facts/exchange.md §1)."""
        room, first = await world.click(), tomorrow(world) - timedelta(weeks=8)
        await world.invite(first, room["instructions"], recurrence=weekly(first))
        await world.drain()
        [answer] = await world.answers()
        assert answer["kind"] == "accepted"
        await world.move_to(first + timedelta(weeks=8))
        assert await world.is_open(room["alias"])

    async def test_a_yearly_series_whose_next_occurrence_is_beyond_the_horizon_is_accepted(
        self, world: Deployment
    ) -> None:
        room, first = await world.click(), tomorrow(world) - timedelta(days=100)
        recurrence = {
            "pattern": {"type": "absoluteYearly", "interval": 1, "month": first.month, "dayOfMonth": first.day},
            "range": {"type": "noEnd", "startDate": f"{first:%Y-%m-%d}"},
        }
        await world.invite(first, room["instructions"], recurrence=recurrence)
        await world.drain()
        [answer] = await world.answers()
        assert answer["kind"] == "accepted"

    async def test_the_room_closes_for_a_cancelled_occurrence_that_exchange_removes(self, world: Deployment) -> None:
        await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"remove_canceled_meetings": True})
        room, first = await world.click(), tomorrow(world)
        uid = await world.invite(first, room["instructions"], recurrence=weekly(first))
        await world.drain()
        await world.cancel(uid, occurrence=f"{first:%Y-%m-%d}")
        await world.drain()
        await world.move_to(first)
        assert await world.is_open(room["alias"]) is False
        await world.move_to(first + timedelta(weeks=1))
        assert await world.is_open(room["alias"])

    async def test_cancelling_a_series_closes_its_room_for_every_occurrence(self, world: Deployment) -> None:
        room, first = await world.click(), tomorrow(world)
        uid = await world.invite(first, room["instructions"], recurrence=weekly(first))
        await world.drain()
        await world.cancel(uid)
        await world.drain()
        await world.move_to(first + timedelta(weeks=1))
        assert await world.is_open(room["alias"]) is False
