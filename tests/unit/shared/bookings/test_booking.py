"""A booking's stored states, and what they mean to the processor and to conferencing nodes."""

from datetime import timedelta

import pytest

from shared.bookings.booking import Booking, State
from shared.storage import Put, Row, check_transaction
from tests.support.conferences import booking, conference, scheduled

BOOKINGS = {
    "reserved": booking(),
    "scheduled": scheduled(),
    "closed": scheduled().closed(),
    "closed before it was used": booking().closed(),
}


@pytest.mark.parametrize("stored", BOOKINGS.values(), ids=BOOKINGS)
def test_a_bookings_row_preserves_everything(stored: Booking) -> None:
    row = Row(stored.integration, stored.key, stored.values(), 'W/"7"')
    assert Booking.from_row(row) == Booking(**{**vars(stored), "etag": 'W/"7"'})
    check_transaction(stored.integration, [Put(stored.key, stored.values())])
    check_transaction(stored.numeric_alias, [Put("alias", stored.claim())])


@pytest.mark.parametrize(
    ("stored", "after_expiry"),
    [(booking(), False), (scheduled(), True), (scheduled().closed(), True)],
    ids=["reserved", "scheduled", "closed"],
)
def test_only_a_reservation_expires(stored: Booking, after_expiry: bool) -> None:
    """A3: a used alias is still known, so "alias deleted" can be distinguished from "invalid alias"."""
    assert stored.is_usable(stored.expires - timedelta(seconds=1))
    assert stored.is_usable(stored.expires) is after_expiry


@pytest.mark.parametrize("stored", BOOKINGS.values(), ids=BOOKINGS)
def test_nodes_find_a_conference_only_while_it_is_scheduled(stored: Booking) -> None:
    claim = stored.claim()
    assert ("conference" in claim) is (stored.state is State.SCHEDULED)
    assert (claim["state"], claim["tag"], claim["domain"]) == (stored.state.value, stored.tag, "example.com")


def test_the_row_for_nodes_does_not_contain_the_bookings_owner() -> None:
    """Rule 6: the row with the response for conferencing nodes does not contain the user's key."""
    owned = Booking(**{**vars(scheduled()), "owner": "exchange:alice"})
    assert not any("exchange:alice" in str(value) for value in owned.claim().values())


def test_an_edit_replaces_the_conference() -> None:
    edited = scheduled().scheduled("meeting", "item", conference(name="Another"))
    assert edited.conference is not None
    assert (edited.conference.name, edited.state) == ("Another", State.SCHEDULED)
    assert scheduled().closed().scheduled("meeting", "item", conference()).state is State.SCHEDULED
