"""The meetings that an organizer's Outlook shows, even after it has been closed and reopened."""

from typing import Any

import pytest

from tests.support.exchange_world import ALICE, BOB, CAROL, VMR, WEEKLY, ExchangeWorld


async def meetings(world: ExchangeWorld, user: str = ALICE) -> list[dict[str, Any]]:
    answer = await world.http.get("/dev/meetings", params={"user": user})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["meetings"]
    return found


async def test_a_sent_meeting_is_shown_with_the_add_ins_notes(world: ExchangeWorld) -> None:
    uid = await world.meet(location="Room 1", properties='{"placed": "x"}')
    [meeting] = await meetings(world)
    assert (meeting["uid"], meeting["subject"], meeting["organizer"], meeting["sender"]) == (
        uid,
        "Review",
        ALICE,
        ALICE,
    )
    assert (meeting["location"], meeting["properties"], meeting["format"]) == ("Room 1", '{"placed": "x"}', "html")
    assert set(meeting["attendees"]) >= {VMR, BOB}
    assert meeting["repeats"] is None
    assert [(one["day"], one["change"]) for one in meeting["occurrences"]] == [(None, "")]
    assert await meetings(world, BOB) == []


async def test_only_answers_to_the_current_version_of_a_meeting_are_shown(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.respond((await world.event())["id"])
    assert (await meetings(world))[0]["responses"] == {VMR: "accepted"}
    await world.edit(uid, subject="Other")
    assert (await meetings(world))[0]["responses"] == {VMR: "accepted"}, "the attendees are not asked again"
    await world.edit(uid, start="2030-03-04T11:00:00")
    assert (await meetings(world))[0]["responses"] == {}


async def test_a_delegate_sees_meetings_sent_on_behalf_of_others(world: ExchangeWorld) -> None:
    uid = await world.meet(sender=CAROL)
    assert [(one["uid"], one["sender"]) for one in await meetings(world, CAROL)] == [(uid, CAROL)]
    assert [one["uid"] for one in await meetings(world)] == [uid]


async def test_plain_text_is_sent_as_plain_text(world: ExchangeWorld) -> None:
    await world.meet(body_html=None, body_text="1 < 2\nBye")
    [meeting] = await meetings(world)
    assert (meeting["format"], meeting["body"]) == ("text", "1 < 2\nBye")
    message = await world.newest()
    assert "1 &lt; 2" in message["body"]["content"]


async def test_a_series_shows_which_dates_were_moved_and_cancelled(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T10:00:00", end="2030-03-12T11:00:00")
    await world.cancel(uid, "2030-03-18")
    [meeting] = await meetings(world)
    assert meeting["repeats"] == {"pattern": "weekly", "count": None}
    dates = [(one["day"], one["change"]) for one in meeting["occurrences"]]
    assert dates[:4] == [("2030-03-04", ""), ("2030-03-11", "moved"), ("2030-03-18", "cancelled"), ("2030-03-25", "")]
    assert len(dates) == 12, "a series without an end shows its next dates"
    assert meeting["occurrences"][1]["start"].startswith("2030-03-12T")


async def test_a_cancelled_meeting_is_no_longer_shown(world: ExchangeWorld) -> None:
    await world.cancel(await world.meet())
    assert await meetings(world) == []


@pytest.mark.parametrize("query", [{}, {"user": "nobody"}])
async def test_without_an_organizers_address_no_meetings_are_shown(world: ExchangeWorld, query: dict[str, str]) -> None:
    assert (await world.http.get("/dev/meetings", params=query)).status_code == 400
