"""status/v1/meeting/: how a support desk searches for meetings, and the two actions on meetings."""

from datetime import timedelta

import pytest

from shared.errors import NotAllowed
from tests.support.management_api import READER
from tests.support.meetings import OTHER_TAG, TAG
from tests.unit.shared.management.samples import MEETINGS, deployment, listed


async def test_a_meeting_contains_the_information_needed_by_a_support_desk() -> None:
    (review,) = await listed(await deployment(), "text=REVIEW")
    assert (review["organizer"], review["tag"], review["state"]) == ("alice@example.com", TAG, "scheduled")
    assert review["door"] == {"open": True, "next_change": "2026-11-23T10:54:00"}
    [times] = review["occurrences"]
    assert times["opens"] < times["start"] < times["end"] < times["closes"] == review["door"]["next_change"]
    assert review["operations"] == ["7e1f4c5e-9f1c-5b3a-8f0e-2f3a4b5c6d7e"]


async def test_meetings_are_found_by_tag_organizer_text_and_time() -> None:
    api = await deployment()
    for query in ("text=alice@example", f"text={TAG}", "organizer=alice@example.com"):
        assert [each["tag"] for each in await listed(api, query)][:1] == [TAG], query
    assert [each["tag"] for each in await listed(api, "order_by=-start")] == [OTHER_TAG, TAG]
    assert [each["tag"] for each in await listed(api, "start__gte=2026-11-23T10:00:00")] == [OTHER_TAG]
    assert await listed(api, "text=nobody") == []


async def test_a_series_is_listed_with_its_next_occurrence() -> None:
    (series,) = await listed(await deployment(), f"tag={OTHER_TAG}")
    assert series["start"] == "2026-11-24T09:00:00"
    assert len(series["occurrences"]) == 3
    assert series["door"] == {"open": False, "next_change": "2026-11-24T08:30:00"}


async def test_only_an_admin_can_close_and_reopen_a_room() -> None:
    api = await deployment()
    (review,) = await listed(api, "text=review")
    path = f"{MEETINGS}{review['id']}/"
    with pytest.raises(NotAllowed):
        await api.call("POST", f"{path}close/", {}, READER)
    closed = await api.call("POST", f"{path}close/", {})
    assert (closed.status, closed.body["state"], closed.body["door"]) == (
        202,
        "held",
        {"open": False, "next_change": None},
    )
    opened = await api.call("POST", f"{path}reopen/", {})
    assert (opened.body["state"], opened.body["door"]["open"]) == ("scheduled", True)
    api.clock.move(timedelta(days=300))
    assert (await api.call("GET", path)).body["door"] == {"open": False, "next_change": None}
