"""X3, A4: the pane checks whether a tag can be used for the meeting that contains it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.addin.tag_state import MAX_TAG, TagStates
from shared.aliases.promises import Promises
from shared.aliases.tags import format_tag
from shared.bookings.booking import Booking
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.errors import InvalidRequest, NotAuthenticated, NotFound
from shared.identity.caller import Caller
from shared.storage import Put
from tests.unit.shared.addin.single_use_world import SingleUseWorld

NOBODYS = "0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f"


class Asked(SingleUseWorld):
    """A pane that queries the states of tags."""

    def __init__(self) -> None:
        super().__init__()
        self.promises = Promises(b"k" * 32, self.clock)
        self.states = TagStates(self.store, self.details.users, self.promises, self.storage, self.clock)

    @property
    def starts(self) -> datetime:
        return self.clock.now().replace(microsecond=0) + timedelta(days=1)

    async def tag(self, mailboxes: str = "") -> str:
        """Allocate a new tag for Alice."""
        given = await self.details.allocate(self.integration.uuid, self.token(), mailboxes=mailboxes)
        return str(given["alias_id"])

    async def change(self, how: Any) -> None:
        """Change the booking's stored row."""
        [booking] = await self.allocated()
        changed: Booking = how(booking)
        await self.storage.table("meetings").commit(changed.integration, Put(changed.key, changed.values()))

    def scheduled(self, booking: Booking) -> Booking:
        calendar = Calendar((Occurrence(self.starts, self.starts + timedelta(hours=1)),))
        conference = Conference("n", "d", "secret", booking.alias, "1", "", "", "", "", 0, 0, calendar)
        return booking.scheduled("meeting", "item", conference)

    async def ask(self, tag: str, start: str = "", mailboxes: str = "") -> dict[str, Any]:
        return await self.states.of(self.integration.uuid, self.token(), tag, start, mailboxes)


@pytest.fixture
async def asked() -> Asked:
    asked = Asked()
    await asked.create()
    return asked


async def test_a_tag_that_has_not_been_sent_yet_is_free(asked: Asked) -> None:
    tag = await asked.tag()
    assert (await asked.ask(tag))["state"] == "reserved"
    assert (await asked.ask(tag.lower().removesuffix("#")))["state"] == "reserved"


async def test_a_scheduled_tag_reveals_only_its_alias_and_whether_the_given_start_is_right(asked: Asked) -> None:
    tag = await asked.tag()
    await asked.change(asked.scheduled)
    [booking] = await asked.allocated()
    here = {"state": "scheduled", "starts_here": True, "alias": booking.alias, "one_date": False}
    assert await asked.ask(tag, asked.starts.isoformat()) == here
    assert await asked.ask(tag, asked.starts.isoformat().replace("+00:00", "")) == here
    for other in ("", "tomorrow", (asked.starts + timedelta(hours=1)).isoformat()):
        assert await asked.ask(tag, other) == here | {"starts_here": False}


async def test_a_tag_for_one_date_in_a_series_is_reported_as_such(asked: Asked) -> None:
    tag = await asked.tag()
    await asked.change(lambda booking: replace(asked.scheduled(booking), day="20261201"))
    assert (await asked.ask(tag))["one_date"] is True


async def test_a_closed_tag_is_reported_as_closed(asked: Asked) -> None:
    tag = await asked.tag()
    await asked.change(lambda booking: asked.scheduled(booking).closed())
    assert (await asked.ask(tag))["state"] == "closed"


@pytest.mark.parametrize("tag", [format_tag(NOBODYS), "", "hello", "PXPS:-#"])
async def test_a_string_that_is_not_a_valid_tag_is_unknown(asked: Asked, tag: str) -> None:
    assert await asked.ask(tag) == {"state": "unknown", "starts_here": False, "alias": "", "one_date": False}


async def test_the_tag_of_an_expired_reservation_is_unknown(asked: Asked) -> None:
    tag = await asked.tag()
    asked.clock.move(timedelta(days=asked.integration.reservation_days + 1))
    assert (await asked.ask(tag))["state"] == "unknown"


async def test_a_tag_from_another_integration_is_unknown(asked: Asked) -> None:
    tag = await asked.tag()
    await asked.create(name="Other", room_mailbox_email_address="other@example.com")
    assert (await asked.ask(tag))["state"] == "unknown"


async def test_a_promise_is_valid_until_it_expires(asked: Asked) -> None:
    promise = asked.promises.make(asked.integration.uuid, Caller("alice", "exchange"))
    assert (await asked.ask(promise))["state"] == "reserved"
    forged = promise.replace("A", "B").replace("C", "D")
    assert (await asked.ask(forged))["state"] == "unknown"
    asked.clock.move(timedelta(days=8))
    assert (await asked.ask(promise))["state"] == "unknown"


async def test_only_authenticated_users_get_a_tags_state_at_the_cost_of_one_read(asked: Asked) -> None:
    tag = await asked.tag()
    meetings = asked.storage.table("meetings")
    with pytest.raises(NotAuthenticated):
        await asked.states.of(asked.integration.uuid, "x.y.z", tag, "")
    with pytest.raises(NotFound):
        await asked.states.of(NOBODYS, asked.token(), tag, "")
    with pytest.raises(InvalidRequest):
        await asked.ask("x" * (MAX_TAG + 1))
    before = meetings.round_trips
    await asked.ask(tag + format_tag(NOBODYS))
    assert meetings.round_trips - before == 1


async def test_an_unused_tag_created_for_other_people_is_unknown(asked: Asked) -> None:
    """A meeting with a copied tag would be declined, so the pane offers to replace the copied text with a new VMR."""
    tag = await asked.tag("alice@example.com, boss@example.com")
    for mailbox, state in (("Boss@example.com", "reserved"), ("", "reserved"), ("bob@example.com", "unknown")):
        assert (await asked.ask(tag, mailboxes=mailbox))["state"] == state


async def test_a_promise_created_for_other_people_is_unknown(asked: Asked) -> None:
    caller = Caller("alice", "test", mailboxes=("alice@example.com",))
    promise = asked.promises.make(asked.integration.uuid, caller)
    assert (await asked.ask(promise, mailboxes="alice@example.com"))["state"] == "reserved"
    assert (await asked.ask(promise, mailboxes="bob@example.com"))["state"] == "unknown"
