"""Changes to one occurrence never affect its series (M3, M4), over Graph or over EWS."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX, OTHER_HABITS, By
from dev.harness.times import hour_from
from tests.integration.meetings.series import WEEK, Series, swept


@pytest.fixture(params=[*By, "EWS behaving like grommunio"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    """A deployment over Graph, over EWS, and over EWS with the behaviour observed in grommunio."""
    way = request.param
    async with deployed(way if isinstance(way, By) else By.EWS) as deployment:
        if not isinstance(way, By):
            await deployment.control("PATCH", "/dev/ews", OTHER_HABITS)
        yield deployment


async def service(world: Deployment, room: Any, at: datetime) -> dict[str, Any]:
    """The service configuration that a conferencing node receives for a room."""
    await world.move_to(at)
    answer = await world.services.conferences.policy.service_configuration(room["alias"])
    assert answer is not None
    return answer[1]


async def alarms(world: Deployment) -> list[Any]:
    return [alarm async for alarm in world.services.foundation.alarms.of(INTEGRATION)]


class TestTexts:
    async def test_cancelling_one_occurrence_does_not_rename_the_series(self, world: Deployment) -> None:
        series = await Series(world).invite()
        await series.cancel(1)
        shown = await service(world, series.room, series.first + 2 * WEEK)
        assert (shown["name"], shown["description"]) == (
            "Standup (Alice Adams)",
            "Scheduled Conference booked by alice@example.com",
        )

    async def test_renaming_one_occurrence_does_not_rename_the_series(self, world: Deployment) -> None:
        series = await Series(world).invite()
        await series.change(1, subject="Retrospective", **hour_from(series.first + WEEK + timedelta(hours=1)))
        shown = await service(world, series.room, series.first + 2 * WEEK)
        assert (shown["name"], shown["description"]) == (
            "Standup (Alice Adams)",
            "Scheduled Conference booked by alice@example.com",
        )

    async def test_renaming_the_series_renames_its_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        await world.change(series.uid, subject="Daily")
        await swept(world)
        assert (await service(world, series.room, series.first))["name"] == "Daily (Alice Adams)"


class TestAnotherRoom:
    async def test_one_occurrence_gets_a_separate_room_and_the_others_keep_theirs(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1, subject="With guests")
        answer = (await world.answers(series.uid))[-1]
        assert (answer["kind"], other["alias"] in answer["body_text"]) == ("accepted", True)
        assert await series.doors(series.room, other) == [[True, False], [False, True], [True, False], [True, False]]
        assert await alarms(world) == []

    async def test_a_separate_room_is_named_after_its_occurrence(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1, subject="With guests")
        assert (await service(world, other, series.first + WEEK))["name"] == "With guests (Alice Adams)"
        assert (await service(world, series.room, series.first + 2 * WEEK))["name"] == "Standup (Alice Adams)"

    async def test_a_moved_occurrence_takes_its_separate_room_along(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await series.change(1, **hour_from(series.first + WEEK + timedelta(hours=6)))
        assert (await series.doors(series.room, other, at=timedelta(hours=6)))[1] == [False, True]

    async def test_cancelling_an_occurrence_closes_only_its_separate_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await series.cancel(1)
        assert await series.doors(series.room, other) == [[True, False], [False, False], [True, False], [True, False]]

    async def test_a_separate_room_closes_even_if_exchange_removes_the_occurrence(self, world: Deployment) -> None:
        await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"remove_canceled_meetings": True})
        series = await Series(world).invite()
        other = await series.swap(1)
        await series.cancel(1)
        assert await series.doors(series.room, other) == [[True, False], [False, False], [True, False], [True, False]]

    async def test_cancelling_the_series_closes_the_separate_rooms_of_occurrences(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await world.cancel(series.uid)
        await swept(world)
        assert await series.doors(series.room, other) == [[False, False]] * 4

    async def test_an_occurrence_with_the_series_tag_again_returns_to_the_series_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await series.change(1, body_html=series.room["instructions"])
        assert await series.doors(series.room, other) == [[True, False]] * 4

    async def test_a_third_room_for_an_occurrence_replaces_the_second(self, world: Deployment) -> None:
        series = await Series(world).invite()
        second = await series.swap(1)
        third = await series.swap(1)
        assert await series.doors(series.room, second, third, weeks=2) == [[True, False, False], [False, False, True]]

    async def test_an_occurrence_can_return_to_its_second_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        second = await series.swap(1)
        third = await series.swap(1)
        await series.change(1, body_html=second["instructions"])
        await series.cancel(1)
        assert await series.doors(series.room, second, third, weeks=2) == [[True, False, False], [False, False, False]]

    async def test_two_occurrences_can_have_two_separate_rooms(self, world: Deployment) -> None:
        series = await Series(world).invite()
        one, two = await series.swap(1), await series.swap(2)
        assert await series.doors(series.room, one, two) == [
            [True, False, False],
            [False, True, False],
            [False, False, True],
            [True, False, False],
        ]

    async def test_an_occurrence_keeps_its_separate_room_when_the_series_is_renamed(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await world.change(series.uid, subject="Daily")
        await swept(world)
        assert await series.doors(series.room, other) == [[True, False], [False, True], [True, False], [True, False]]

    async def test_an_occurrence_keeps_its_room_when_the_series_gets_a_new_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other, new = await series.swap(1), await world.click()
        await world.change(series.uid, body_html=new["instructions"])
        await swept(world)
        assert await series.doors(series.room, new, other, weeks=3) == [
            [False, True, False],
            [False, False, True],
            [False, True, False],
        ]

    async def test_a_new_pattern_ends_the_separate_room_of_an_occurrence(self, world: Deployment) -> None:
        """Outlook resets all occurrences in this case, and asks the organizer first."""
        series = await Series(world).invite()
        other = await series.swap(1)
        await world.change(series.uid, **hour_from(series.first + timedelta(hours=5)))
        await swept(world)
        assert await series.doors(series.room, other, at=timedelta(hours=5)) == [[True, False]] * 4

    async def test_the_series_may_take_over_the_room_of_an_occurrence(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await world.change(series.uid, body_html=other["instructions"])
        await swept(world)
        assert await series.doors(series.room, other) == [[False, True]] * 4

    async def test_an_occurrence_keeps_its_separate_room_when_the_agenda_reads_more_of_the_series(
        self, world: Deployment
    ) -> None:
        series = await Series(world).invite()
        other = await series.swap(6)
        for week in range(8):
            await world.move_to(series.first + week * WEEK)
            await world.services.scheduling.timers.agenda()
            assert [await world.is_open(room["alias"]) for room in (series.room, other)] == [week != 6, week == 6], week

    async def test_a_series_without_a_room_may_have_one_occurrence_with_a_room(self, world: Deployment) -> None:
        series = await Series(world).invite("<p>no tag</p>")
        other = await series.swap(1)
        assert await series.doors(other) == [[False], [True], [False], [False]]

    async def test_an_occurrence_without_a_tag_keeps_its_present_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await series.change(1, body_html="<p>no tag</p>")
        await series.change(2, body_html="<p>no tag</p>")
        assert await series.doors(series.room, other) == [[True, False], [False, True], [True, False], [True, False]]

    async def test_a_tag_from_another_meeting_does_not_take_over_its_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        taken = await world.click()
        await world.invite(series.first + WEEK + timedelta(days=1), taken["instructions"])
        await swept(world)
        await series.change(1, body_html=taken["instructions"])
        assert await series.doors(series.room, taken) == [[True, False]] * 4

    async def test_a_tag_from_another_occurrence_does_not_take_over_its_room(self, world: Deployment) -> None:
        series = await Series(world).invite()
        other = await series.swap(1)
        await series.change(2, body_html=other["instructions"])
        assert await series.doors(series.room, other) == [[True, False], [False, True], [True, False], [True, False]]


class TestOccurrencesOfADeclinedSeries:
    """A declined series. In the calendar, its occurrences are single meetings with their dates in their ids."""

    async def test_an_occurrence_keeps_its_separate_room_when_the_series_gets_a_room_later(
        self, world: Deployment
    ) -> None:
        series = await Series(world).invite("<p>no tag</p>")
        one, two = await series.swap(1), await series.swap(2)
        await world.change(series.uid, body_html=series.room["instructions"])
        await swept(world)
        await series.cancel(2)
        assert await series.doors(series.room, one, two) == [
            [True, False, False],
            [False, True, False],
            [False, False, False],
            [True, False, False],
        ]

    async def test_occurrences_of_a_declined_series_are_independent(self, world: Deployment) -> None:
        """The calendar no longer contains the series, only its occurrences as separate meetings."""
        series = await Series(world).invite("<p>no tag</p>")
        one, two = await series.swap(1), await series.swap(2)
        await series.change(1, **hour_from(series.first + WEEK + timedelta(minutes=30)))
        await series.cancel(2)
        assert [answer["kind"] for answer in await world.answers(series.uid)] == ["declined", *["accepted"] * 3]
        assert await series.doors(one, two, at=timedelta(hours=1)) == [
            [False, False],
            [True, False],
            [False, False],
            [False, False],
        ]

    async def test_the_room_of_an_occurrence_of_a_declined_series_closes_even_if_exchange_removes_it(
        self, world: Deployment
    ) -> None:
        await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"remove_canceled_meetings": True})
        series = await Series(world).invite("<p>no tag</p>")
        one, two = await series.swap(1), await series.swap(2)
        await series.cancel(2)
        assert await series.doors(one, two) == [[False, False], [True, False], [False, False], [False, False]]
