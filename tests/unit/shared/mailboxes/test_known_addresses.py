"""X3: a mailbox's known addresses, as read from server responses and compared with attendees' addresses."""

from typing import Any

import pytest
from exchangelib.util import to_xml
from hypothesis import given
from hypothesis import strategies as st

from shared.mailboxes.ews.address_book import addresses
from shared.mailboxes.ews.node import TYPES, Node
from shared.mailboxes.graph.other_payloads import CalendarOwner, DirectoryUser
from shared.mailboxes.graph.payload import parse
from shared.mailboxes.known_addresses import ADDRESS_MAX, ADDRESSES_MAX, known_addresses

VMR = "vmr@example.com"
DN = "/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=0123456789abcdef-vmr"


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("SMTP:Video.Rooms@corp.example.com", "video.rooms@corp.example.com"),
        ("smtp:vmr2@example.com", "vmr2@example.com"),
        ("plain@example.com", "plain@example.com"),
        (f"X500:{DN}", DN.lower()),
        (f"EX:{DN}", DN.lower()),
        (DN, DN.lower()),
        ("SIP:vmr@example.com", None),
        ("SPO:SPO_0b1c2d3e@SPO_4f504617", None),
        ("X400:C=US;A= ;P=Org;O=Exchange;S=vmr;", None),
        ("smtp:vmr@bücher.example", None),
        ("smtp:two words@example.com", None),
        ("smtp:line\nbreak@example.com", None),
        ("smtp:", None),
        ("", None),
        ("smtp:" + "x" * ADDRESS_MAX + "@example.com", None),
    ],
)
def test_only_addresses_that_attendees_may_have_are_kept(told: str, known: str | None) -> None:
    assert known_addresses("VMR@example.com", [told]) == (VMR, *([known] if known else []))


def test_the_configured_address_comes_first_and_each_address_appears_once() -> None:
    assert known_addresses(VMR, ["SMTP:a@example.com", "smtp:VMR@example.com", "A@example.com"]) == (
        VMR,
        "a@example.com",
    )


@given(st.lists(st.text() | st.text().map("smtp:{}@x".format)))
def test_known_addresses_stay_few_and_plain_whatever_the_server_sends(told: list[str]) -> None:
    known = known_addresses(VMR, told)
    assert known[0] == VMR
    assert len(known) <= ADDRESSES_MAX
    assert all(len(each) <= ADDRESS_MAX and each.isascii() and each == each.lower() for each in known)


def test_the_number_of_known_addresses_is_bounded() -> None:
    assert len(known_addresses(VMR, [f"smtp:a{n}@example.com" for n in range(100)])) == ADDRESSES_MAX


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"mail": "a@x", "proxyAddresses": ["SMTP:a@x", "smtp:b@x"]}, ("a@x", "SMTP:a@x", "smtp:b@x")),
        ({"mail": None, "proxyAddresses": []}, ()),
        ({"id": "1"}, ()),
        ({"proxyAddresses": 7}, ()),
    ],
)
def test_a_directory_user_is_known_by_its_addresses(payload: Any, told: tuple[str, ...]) -> None:
    assert parse(DirectoryUser, payload).addresses == told


@pytest.mark.parametrize(
    ("payload", "told"),
    [({"owner": {"name": "VMR", "address": "a@x"}}, ("a@x",)), ({"owner": None}, ()), ({"owner": {}}, ()), ({}, ())],
)
def test_a_calendars_owner_is_a_known_address(payload: Any, told: tuple[str, ...]) -> None:
    assert parse(CalendarOwner, payload).addresses == told


def resolution(address: str, *entries: str) -> Node:
    contact = "".join(f'<Entry Key="EmailAddress{at}">{entry}</Entry>' for at, entry in enumerate(entries, 1))
    text = (
        f'<Resolution xmlns="{TYPES}"><Mailbox><Name>VMR</Name><EmailAddress>{address}</EmailAddress></Mailbox>'
        f"<Contact><EmailAddresses>{contact}</EmailAddresses></Contact></Resolution>"
    )
    return Node(to_xml(text.encode()).getroot())


def test_the_address_book_contributes_addresses_and_the_distinguished_name() -> None:
    found = addresses([resolution(DN, "SMTP:primary@example.com", "smtp:VMR@example.com")], VMR)
    assert found == (DN, "SMTP:primary@example.com", "smtp:VMR@example.com")


def test_a_mailbox_whose_address_only_has_the_same_prefix_is_not_the_equipment_mailbox() -> None:
    """EWS matches prefixes, so a search for vmr@example.com also finds vmr@example.com.au."""
    own, other = resolution(VMR, f"SMTP:{VMR}"), resolution("vmr@example.com.au", "SMTP:vmr@example.com.au")
    assert addresses([other, own], VMR) == (VMR, f"SMTP:{VMR}")
    assert addresses([other, other], VMR) == ()
    assert addresses([], VMR) == ()


def test_a_single_match_is_accepted_even_if_ews_does_not_list_the_configured_address() -> None:
    assert addresses([resolution("primary@example.com", "SMTP:primary@example.com")], VMR)[0] == "primary@example.com"
