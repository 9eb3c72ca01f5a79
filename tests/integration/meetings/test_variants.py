"""Reported variants of Graph's behaviour, all of which the product supports (docs/facts/graph.md)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX, By
from dev.harness.times import hour_from, tomorrow
from shared.alarm_kinds import AlarmKind
from shared.mailboxes.graph import client as graph_client
from tests.integration.meetings.series import WEEK, Series, swept

SPARSE = {"uid": False, "original_start": "never", "instances_with_exceptions": False}


@pytest.fixture
async def world() -> AsyncIterator[Deployment]:
    async with deployed(By.GRAPH) as deployment:
        yield deployment


async def vary(world: Deployment, **variants: Any) -> None:
    await world.control("PATCH", "/dev/variants", variants)


async def tracked(world: Deployment, occurrence: str = "") -> str:
    """The equipment mailbox's answer to the series or one occurrence, according to Alice's calendar."""
    events = await world.control_graph("GET", "/users/alice@example.com/events")
    event = events["value"][0]
    if occurrence:
        path = f"/users/alice@example.com/events/{event['id']}/instances"
        query = f"?startDateTime={occurrence}T00:00:00Z&endDateTime={occurrence}T23:59:59Z"
        event = (await world.control_graph("GET", path + query))["value"][0]
    answers = {a["emailAddress"]["address"]: a["status"]["response"] for a in event["attendees"]}
    return str(answers[MAILBOX])


class TestAnItemThatIsGone:
    """`"event": {}` (microsoft-graph-docs-contrib #7924)."""

    @pytest.mark.parametrize("is_null", [False, True])
    async def test_the_room_of_a_running_meeting_is_closed_when_it_is_cancelled(
        self, world: Deployment, is_null: bool
    ) -> None:
        await vary(world, gone_event_is_null=is_null)
        await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"remove_canceled_meetings": True})
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await swept(world)
        await world.move_to(start)
        assert await world.is_open(room["alias"])
        await world.cancel(uid)
        await swept(world)
        assert await world.is_open(room["alias"]) is False
        assert world.host.poisoned == []

    async def test_a_response_that_arrives_in_the_mailbox_is_ignored(self, world: Deployment) -> None:
        uid = await world.invite(tomorrow(world), "<p>x</p>", organizer=MAILBOX, attendees=["bob@example.com"])
        [event] = (await world.control_graph("GET", "/users/bob@example.com/events"))["value"]
        url = f"{world.exchange.graph_url}/users/bob@example.com/events/{event['id']}/accept"
        response = await world.http.post(url, json={}, headers={"Authorization": "Bearer bob"})
        assert response.status_code == 202
        await world.cancel(uid)
        await swept(world)
        assert world.host.poisoned == []


@pytest.mark.parametrize(
    "variants",
    [
        {},
        {"uid": False},
        {"uid": False, "original_start": "never"},
        {"instances_with_exceptions": False},
        {"original_start": "always"},
        SPARSE,
    ],
    ids=str,
)
class TestOccurrences:
    @pytest.fixture(autouse=True)
    async def _varied(self, world: Deployment, variants: dict[str, Any]) -> None:
        await vary(world, **variants)

    async def test_the_room_follows_a_moved_occurrence_which_is_not_declined(self, world: Deployment) -> None:
        series = await Series(world).invite()
        await series.change(1, **hour_from(series.first + WEEK + timedelta(hours=6)))
        await series.change(2, **hour_from(series.first + 2 * WEEK + timedelta(hours=6)))
        await world.change(series.uid, subject="Daily")
        await swept(world)
        assert {answer["kind"] for answer in await world.answers(series.uid)} == {"accepted"}
        assert await series.doors(series.room, at=timedelta(hours=6)) == [[False], [True], [True], [False]]

    async def test_the_room_closes_for_a_cancelled_occurrence(self, world: Deployment) -> None:
        series = await Series(world).invite()
        await series.change(1, **hour_from(series.first + WEEK + timedelta(hours=1)))
        await series.cancel(2)
        assert await series.doors(series.room, at=timedelta(minutes=30)) == [[True], [True], [False], [True]]

    async def test_a_moved_occurrence_keeps_its_separate_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1, **hour_from(series.first + WEEK + timedelta(minutes=90)))
        await series.change(2, **hour_from(series.first + 2 * WEEK + timedelta(minutes=90)))
        await world.change(series.uid, subject="Daily")
        await swept(world)
        assert await series.doors(series.room, other, at=timedelta(hours=2)) == [
            [False, False],
            [False, True],
            [True, False],
            [False, False],
        ]

    @pytest.mark.parametrize("zone", ["UTC", "W. Europe Standard Time"])
    async def test_a_reply_to_one_occurrence_is_tracked_for_that_occurrence(
        self, variants: dict[str, Any], zone: str
    ) -> None:
        async with deployed(By.GRAPH, response_format="html") as world:
            await vary(world, **variants)
            series = await Series(world).invite(time_zone=zone)
            moved = series.first + WEEK + timedelta(hours=6)
            await series.change(1, **hour_from(moved))
            await series.change(1, **hour_from(moved + timedelta(hours=1)))
            last = (await world.answers(series.uid))[-1]
            assert (last["kind"], last["occurrence"]) == ("accepted", series.day(1))
            await vary(world, instances_with_exceptions=True)  # as Alice sees it
            assert await tracked(world) == "accepted"
            assert await tracked(world, series.day(1)) == "accepted"


async def test_a_reply_to_an_edited_meeting_is_tracked() -> None:
    """A reply without SEQUENCE would count as outdated (MS-OXOCAL 3.1.5.2)."""
    async with deployed(By.GRAPH, response_format="html") as world:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await swept(world)
        await world.change(uid, **hour_from(start + timedelta(hours=3)))
        await swept(world)
        assert [a["kind"] for a in await world.answers(uid)] == ["accepted", "accepted"]
        assert await tracked(world) == "accepted"


@pytest.mark.parametrize("told", ["ValidationError", "InvalidRequest", "ExtensionError403", "ExtensionError503"])
async def test_a_refused_handshake_raises_an_alarm_until_it_succeeds(
    world: Deployment, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def times_out(_url: str) -> str:
        return "The operation has timed out."

    await vary(world, handshake_error=told)
    with monkeypatch.context() as patched:
        patched.setattr(world.exchange.exchange.notifier, "shake_hands", times_out)
        await world.control("POST", "/dev/lifecycle", {"event": "subscriptionRemoved"})
        await world.services.scheduling.timers.renew()
        assert [alarm.kind async for alarm in world.services.foundation.alarms.of(INTEGRATION)] == [
            AlarmKind.SUBSCRIPTION
        ]
    await world.services.scheduling.timers.renew()
    assert [alarm async for alarm in world.services.foundation.alarms.of(INTEGRATION)] == []


class TestABodyThatIsTooLargeToBeRead:
    """A body that is too large even as text is ignored, and the decision is based on the records."""

    LARGE = "<p>" + "x" * 400_000 + "</p>"

    @pytest.fixture
    async def world(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Deployment]:
        monkeypatch.setattr(graph_client, "GRAPH_BOUNDS", replace(graph_client.GRAPH_BOUNDS, bytes=200_000))
        async with deployed(By.GRAPH) as deployment:
            yield deployment

    async def test_the_room_follows_a_recorded_meeting_with_a_huge_body(self, world: Deployment) -> None:
        room, later = await world.click(), tomorrow(world, hour=15)
        uid = await world.invite(tomorrow(world), room["instructions"])
        await swept(world)
        await world.change(uid, body_html=self.LARGE, **hour_from(later))
        await swept(world)
        assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted", "accepted"]
        await world.move_to(later)
        assert await world.is_open(room["alias"])
        assert world.host.poisoned == []

    async def test_an_unknown_meeting_with_a_huge_body_is_declined_like_one_without_a_tag(
        self, world: Deployment
    ) -> None:
        room = await world.click()
        uid = await world.invite(tomorrow(world), room["instructions"] + self.LARGE)
        await swept(world)
        assert [answer["kind"] for answer in await world.answers(uid)] == ["declined"]
        assert world.host.poisoned == []

    async def test_one_occurrence_of_a_known_series_with_a_huge_body_is_moved(self, world: Deployment) -> None:
        series = await Series(world).invite()
        moved = series.first + WEEK + timedelta(hours=3)
        await series.change(1, body_html=self.LARGE, **hour_from(moved))
        await world.move_to(moved)
        assert await world.is_open(series.room["alias"])
        assert world.host.poisoned == []
