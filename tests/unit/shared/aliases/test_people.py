"""A6: an unused tag is valid only for meetings of the people it was created for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aliases.people import MARK_BYTES, MAX_PEOPLE, People, addresses_in

UUID, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
PEOPLE = People(b"k" * 32)
ALICE, BOSS, BOB = "alice@example.com", "boss@example.com", "bob@example.com"
DN = "/o=Example/ou=Exchange Administrative Group/cn=Recipients/cn=alice"


@pytest.mark.parametrize(
    ("named", "meeting", "is_good"),
    [
        ([ALICE], [ALICE], True),
        ([ALICE], ["Alice@EXAMPLE.com"], True),
        ([ALICE], [BOB], False),
        ([ALICE], [BOSS, ALICE], True),  # a delegate sends on behalf of the boss
        ([ALICE, BOSS], [BOSS], True),  # a shared mailbox, for which Exchange does not report the author
        ([ALICE, BOSS], [BOB, BOB], False),
        ([], [BOB], True),  # a client other than the product's pane, which specifies no people
        ([ALICE], [DN], True),  # Exchange has no address for the organizer
        ([ALICE], ["", DN, BOB], False),
    ],
)
def test_a_tag_is_valid_for_the_meetings_of_the_people_it_names(
    named: list[str], meeting: list[str], *, is_good: bool
) -> None:
    assert PEOPLE.fit(UUID, PEOPLE.marks(UUID, named), meeting) is is_good


def test_marks_hide_the_address_and_differ_between_integrations_and_deployments() -> None:
    [mark] = PEOPLE.marks(UUID, [ALICE])
    assert len(mark) == MARK_BYTES
    assert mark not in (*PEOPLE.marks(OTHER, [ALICE]), *People(b"x" * 32).marks(UUID, [ALICE]))


@pytest.mark.parametrize(
    ("header", "addresses"),
    [
        ("", ()),
        (" Alice@Example.com ,boss@example.com", (ALICE, BOSS)),
        (f"{ALICE},{ALICE.upper()}", (ALICE,)),
        (f"{DN}, {ALICE}, boß@example.com, x", (ALICE,)),
        (",".join(f"u{n}@example.com" for n in range(9)), ("u0@example.com", "u1@example.com", "u2@example.com")),
    ],
)
def test_addresses_are_read_from_a_header(header: str, addresses: tuple[str, ...]) -> None:
    assert addresses_in(header) == addresses


@given(st.text(max_size=3000))
def test_any_header_can_be_read(header: str) -> None:
    assert len(PEOPLE.marks(UUID, addresses_in(header))) <= MAX_PEOPLE
