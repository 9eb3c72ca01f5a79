"""Addresses identify people, so an address that merely resembles or case-folds to another is never accepted in its
place.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail_addresses import folded_address, same_address
from tests.support import ROOT

LOOKALIKES = ["boß@example.com", "boſs@example.com", "BOẞ@example.com", "boss@example.com\u200b", "boss@example.ｃom"]
KELVIN = "\u212aim@example.com"


def test_case_and_surrounding_blanks_make_no_difference() -> None:
    assert folded_address(" Boss@Example.COM\n") == "boss@example.com"
    assert same_address("Boss@Example.com", "bOSS@example.COM")


@pytest.mark.parametrize("odd", LOOKALIKES)
def test_an_address_that_only_case_folds_to_another_is_a_different_address(odd: str) -> None:
    assert not same_address(odd, "boss@example.com")
    assert not same_address(odd, odd)
    with pytest.raises(ValueError, match="ASCII"):
        folded_address(odd)


def test_the_kelvin_sign_is_not_a_k_although_lower_converts_it_to_one() -> None:
    assert KELVIN.lower() == "kim@example.com"
    assert not same_address(KELVIN, "kim@example.com")


def test_two_empty_addresses_are_not_the_same_person() -> None:
    assert not same_address("", " ")


@given(st.text(max_size=30), st.text(max_size=30))
def test_only_equal_letters_make_equal_addresses(one: str, other: str) -> None:
    if same_address(one, other):
        pairs = zip(one.strip(), other.strip(), strict=True)
        assert all(a.isascii() and (a == b or a.swapcase() == b) for a, b in pairs)


FOLDED = re.compile(r"(?i:email|address|username|upn|owner|mailbox)\w*(?:\(\))?\)?\.(?:lower|casefold|upper)\(")
ELSEWHERE = {
    "shared/meetings/texts.py": "removes duplicate recipients, and identifies no user",
    "shared/integrations/integration.py": "used for settings, where addresses are ASCII",
}


def test_no_address_is_case_folded_anywhere_else() -> None:
    found = {
        str(file.relative_to(ROOT))
        for folder in ("shared", "functions")
        for file in (ROOT / folder).rglob("*.py")
        for line in file.read_text().splitlines()
        if FOLDED.search(line) and "mail_addresses" not in file.name
    }
    assert found <= ELSEWHERE.keys(), "use shared/mail_addresses.py to compare addresses"
