"""Outages, refusals and newer versions: no invitation or answer is lost or duplicated, and nothing stops the sweep.

The simulated Exchange refuses requests in the ways that have been reported for real ones (for accept and decline, see
microsoft-graph-docs-contrib #8124).
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, By
from dev.harness.outages import Away
from dev.harness.times import hour_from, tomorrow
from shared.alarm_kinds import AlarmKind
from shared.bookings.operation import Operation
from shared.mailboxes.graph.client import RetryReads
from shared.secrets import SecretMissing

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = 10 * DAY
"""The time until a meeting starts, which exceeds every outage in these tests."""


@pytest.fixture(params=list(By))
def by(request: pytest.FixtureRequest) -> By:
    return By(request.param)


@pytest.fixture
async def world(by: By, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
    monkeypatch.setattr(RetryReads, "get_delay_time", lambda *_: 0.0)
    async with deployed(by) as deployment:
        yield deployment


@pytest.fixture
async def graph(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
    monkeypatch.setattr(RetryReads, "get_delay_time", lambda *_: 0.0)
    async with deployed(By.GRAPH) as deployment:
        yield deployment


async def alarms(world: Deployment) -> dict[AlarmKind, str]:
    """The causes of the raised alarms, keyed by kind."""
    return {alarm.kind: alarm.cause async for alarm in world.services.foundation.alarms.of(INTEGRATION)}


async def operations(world: Deployment) -> list[Operation]:
    """The recorded decisions, oldest first."""
    rows = world.memory.table("meetings").rows(INTEGRATION, "operation:")
    return sorted([Operation.from_row(row) async for row in rows], key=lambda each: each.created)


class TestOutages:
    @pytest.mark.parametrize("span", [timedelta(minutes=1), HOUR, DAY, 3 * DAY], ids=str)
    @pytest.mark.parametrize("what", list(Away))
    async def test_an_invitation_survives_an_outage(self, world: Deployment, what: Away, span: timedelta) -> None:
        rooms = [await world.click() for _ in range(3)]
        start = tomorrow(world) + LONG_AGO
        await world.begin_outage(what, {"status": 503})
        uids = [await world.invite(start, room["instructions"]) for room in rooms]
        await world.pass_time(span)
        assert await operations(world) == []
        world.end_outages()
        await world.pass_time(2 * HOUR)
        for uid in uids:
            assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
        await world.move_to(start)
        assert [await world.is_open(room["alias"]) for room in rooms] == [True] * 3
        assert (await alarms(world), await world.left(), world.host.poisoned) == ({}, [], [])

    @pytest.mark.parametrize("status", [401, 403, 408, 500, 503])
    async def test_messages_that_cannot_be_read_for_an_hour_are_read_afterwards(
        self, graph: Deployment, status: int
    ) -> None:
        await graph.faults({"on": "GET /messages/", "status": status, "times": None})
        uid = await graph.invite(tomorrow(graph), (await graph.click())["instructions"])
        await graph.pass_time(HOUR)
        assert await graph.answers(uid) == []
        await graph.clear_faults()
        await graph.pass_time(HOUR)
        assert [answer["kind"] for answer in await graph.answers(uid)] == ["accepted"]

    async def test_the_alarm_shows_how_many_messages_wait_and_is_cleared(self, graph: Deployment) -> None:
        await graph.faults({"on": "GET /messages/", "status": 503, "times": None})
        for _ in range(3):
            await graph.invite(tomorrow(graph), (await graph.click())["instructions"])
        await graph.pass_time(HOUR)
        cause = (await alarms(graph))[AlarmKind.WAITING]
        assert "Waiting messages: 3" in cause
        assert "503" in cause
        await graph.clear_faults()
        await graph.pass_time(HOUR)
        assert await alarms(graph) == {}

    async def test_waiting_messages_cause_few_requests_during_an_outage_and_are_processed_right_after(
        self, graph: Deployment
    ) -> None:
        await graph.faults({"on": "GET /messages/", "status": 503, "times": None})
        uids = [await graph.invite(tomorrow(graph), (await graph.click())["instructions"]) for _ in range(12)]
        await graph.pass_time(HOUR, times=12)
        graph.exchange.exchange.traffic.reset()
        await graph.services.scheduling.timers.sweep()
        reads = sum(n for call, n in graph.exchange.exchange.traffic.requests.items() if call.endswith("{message}"))
        assert reads <= 4 * 3, "a few messages are tried, and each read is retried twice"
        await graph.clear_faults()
        await graph.pass_time(HOUR)
        assert all([len(await graph.answers(uid)) == 1 for uid in uids])

    async def test_a_secret_that_is_missing_for_a_day_loses_no_message(
        self, graph: Deployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An earlier version mistook a missing secret for a deleted integration."""

        async def missing(_: Any) -> str:
            raise SecretMissing("There is no value under this reference.")

        with monkeypatch.context() as patch:
            patch.setattr("shared.mailboxes.graph.credentials.LocalTokens.token", missing)
            uid = await graph.invite(tomorrow(graph) + LONG_AGO, (await graph.click())["instructions"])
            await graph.pass_time(DAY)
            assert AlarmKind.CONNECTION in await alarms(graph)
        await graph.pass_time(HOUR)
        assert [answer["kind"] for answer in await graph.answers(uid)] == ["accepted"]

    async def test_an_update_is_not_declined_while_its_invitation_waits(self, graph: Deployment) -> None:
        """The update has no tag, and may be read before the invitation, which has one."""
        room, start = await graph.click(), tomorrow(graph)
        uid = await graph.invite(start, room["instructions"])
        await graph.notified()
        await graph.faults({"on": "GET /messages/", "status": 503, "times": 12})
        await graph.host.deliver(await graph.take())
        await graph.change(uid, body_html="<p>tag removed</p>")
        await graph.settle()
        assert [answer["kind"] for answer in await graph.answers(uid)][-1:] == ["accepted"]
        assert "declined" not in [answer["kind"] for answer in await graph.answers(uid)]

    async def test_a_message_that_failed_because_of_a_bug_is_retried_by_the_next_version(
        self, graph: Deployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(_: Any) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr("shared.mailboxes.graph.mailbox.parse_message", fails)
            uid = await graph.invite(tomorrow(graph) + LONG_AGO, (await graph.click())["instructions"])
            await graph.pass_time(HOUR)
            assert AlarmKind.POISON in await alarms(graph)
            assert await operations(graph) == []
        await graph.pass_time(2 * DAY)
        assert [answer["kind"] for answer in await graph.answers(uid)] == ["accepted"]
        assert await alarms(graph) == {}


class TestNewerVersions:
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("gap", [0, 1, 5, 15])
    async def test_the_newest_answer_is_sent_after_an_older_one_has_failed_three_times(
        self, graph: Deployment, status: int, gap: int
    ) -> None:
        settings = {"accept_edited_single_meeting_template": "{{start_time}}"}
        await graph.services.foundation.integrations.update(INTEGRATION, settings)
        room, start = await graph.click(), tomorrow(graph) + LONG_AGO
        await graph.faults({"on": "POST /accept", "status": status, "times": 3})
        uid = await graph.invite(start, room["instructions"])
        await graph.notified()
        await graph.host.deliver(await graph.take())
        await graph.move_to(graph.now + timedelta(seconds=gap, milliseconds=20))
        later = start + 5 * HOUR
        await graph.change(uid, **hour_from(later))
        await graph.settle()
        assert f"{later:%H:%M}" in (await graph.answers(uid))[-1]["body_text"]

    async def test_two_versions_in_one_second_and_a_crash_after_the_second_answer_are_handled(
        self, graph: Deployment
    ) -> None:
        """The organizer replaces the room in the same second as the first version is answered."""
        old, new = await graph.click(), await graph.click()
        uid = await graph.invite(tomorrow(graph), old["instructions"])
        await graph.drain()
        await graph.change(uid, body_html=new["instructions"])
        await graph.faults({"on": "POST /accept", "action": "crash", "after_effect": True})
        await graph.settle()
        answers = [answer["body_text"] for answer in await graph.answers(uid)]
        assert [old["alias"] in answers[0], new["alias"] in answers[-1], len(answers)] == [True, True, 2]

    async def test_a_late_decline_does_not_affect_a_newer_version_with_a_tag(self, graph: Deployment) -> None:
        """The decline would remove the meeting from the calendar, so the newer message could not be answered."""
        await graph.faults({"on": "POST /decline", "status": 503, "times": 2})
        uid = await graph.invite(tomorrow(graph), "<p>no tag</p>")
        await graph.notified()
        await graph.host.deliver(await graph.take())
        await graph.faults({"on": "notification", "action": "lose", "times": 9})
        await graph.change(uid, body_html=(await graph.click())["instructions"])
        await graph.settle()
        assert [answer["kind"] for answer in await graph.answers(uid)] == ["accepted"]

    async def test_a_meeting_has_at_most_one_unfinished_operation(self, graph: Deployment) -> None:
        room, start = await graph.click(), tomorrow(graph) + LONG_AGO
        await graph.faults({"on": "POST /accept", "status": 503, "times": None})
        uid = await graph.invite(start, room["instructions"])
        await graph.drain()
        for hours in (1, 2, 3):
            await graph.change(uid, **hour_from(start + hours * HOUR))
            await graph.drain()
        assert len(await graph.left()) == 1
        errors = [each.error for each in await operations(graph)]
        assert errors == ["superseded", "superseded", "superseded", ""]


REFUSALS = [400, 403, 404, 409, 412, 500]


class TestRefusals:
    @pytest.mark.parametrize("status", REFUSALS)
    async def test_an_answer_that_is_always_refused_does_not_stop_the_sweep(
        self, graph: Deployment, status: int
    ) -> None:
        await graph.faults({"on": "POST /accept", "status": status, "times": None})
        await graph.invite(tomorrow(graph) + LONG_AGO, (await graph.click())["instructions"])
        await graph.pass_time(HOUR)
        await graph.clear_faults()
        await graph.faults(
            {"on": "POST /accept", "status": status, "times": 1}, {"on": "notification", "action": "lose", "times": 9}
        )
        missed = await graph.invite(tomorrow(graph) + LONG_AGO, "<p>no tag</p>", subject="missed")
        await graph.services.scheduling.timers.sweep()
        await graph.drain()
        assert [answer["kind"] for answer in await graph.answers(missed)] == ["declined"]

    @pytest.mark.parametrize("status", REFUSALS)
    async def test_a_permanently_refused_answer_ends_with_a_recorded_cause_an_alarm_and_an_e_mail(
        self, graph: Deployment, status: int
    ) -> None:
        room, start = await graph.click(), tomorrow(graph) + LONG_AGO
        await graph.faults({"on": "POST /accept", "status": status, "times": None})
        uid = await graph.invite(start, room["instructions"])
        await graph.pass_time(2 * DAY, times=24)
        [operation] = await operations(graph)
        assert (operation.error, bool(operation.done)) == ("answer_refused", True)
        assert AlarmKind.ANSWER in await alarms(graph)
        told = [*await graph.answers(uid), *await graph.mails()]
        assert [room["alias"] in each["body_text"] + each["body_html"] for each in told] == [True]
        await graph.move_to(start)
        assert await graph.is_open(room["alias"])
        await graph.clear_faults()
        await graph.pass_time(DAY)
        assert len([*await graph.answers(uid), *await graph.mails()]) == 1

    @pytest.mark.parametrize("status", REFUSALS)
    async def test_an_answer_that_is_refused_temporarily_is_sent_later(self, graph: Deployment, status: int) -> None:
        await graph.faults({"on": "POST /accept", "status": status, "times": 6})
        uid = await graph.invite(tomorrow(graph), (await graph.click())["instructions"])
        await graph.settle()
        assert [answer["kind"] for answer in await graph.answers(uid)] == ["accepted"]
        assert await graph.mails() == []

    async def test_an_outdated_answer_is_dropped_once_the_newer_version_is_answered(self, graph: Deployment) -> None:
        start = tomorrow(graph) + LONG_AGO
        refused = {"on": "POST /accept", "status": 400, "code": "ErrorCalendarMeetingRequestIsOutOfDate", "times": 3}
        await graph.faults(refused, {"on": "notification", "action": "duplicate", "times": 2})
        uid = await graph.invite(start, (await graph.click())["instructions"])
        await graph.drain()
        await graph.change(uid, **hour_from(start + HOUR))
        await graph.settle()
        assert await graph.mails() == []
        assert await alarms(graph) == {}
        assert [answer["kind"] for answer in await graph.answers(uid)][-1:] == ["accepted"]
