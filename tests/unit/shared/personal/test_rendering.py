"""Aliases are classified as the original's documentation specifies, and default templates render VMRs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.personal.rendering import joinable, listed, variables
from tests.support.personal_vmrs import integration, vmr

TWELVE = {
    "aliases", "domain_aliases", "numeric_aliases", "other_aliases", "addin_server_domain", "name", "description",
    "service_type", "pin", "allow_guests", "guest_pin", "owners_email",
}  # fmt: skip


@pytest.mark.parametrize(
    ("alias", "kind"),
    [
        ("alice@example.com", "domain"),
        ("5550123@example.com", "domain"),
        ("sip:alice@example.com", "domain"),
        ("alice@", "other"),
        ("5550123", "numeric"),
        ("0", "numeric"),
        ("+5550123", "other"),
        ("555 0123", "other"),
        ("٣٤٥", "other"),  # digits, but not a telephone number
        ("²", "other"),
        ("alice", "other"),
        ("alice.example.com", "other"),
    ],
)
def test_each_alias_has_exactly_one_kind(alias: str, kind: str) -> None:
    made = variables(integration(), vmr(aliases=(alias,)))
    lists = {name: made[f"{name}_aliases"] for name in ("domain", "numeric", "other")}
    assert lists == {"domain": [], "numeric": [], "other": []} | {kind: [alias]}


@given(st.lists(st.text(min_size=1), unique=True))
def test_no_alias_is_lost_and_each_list_keeps_the_order(aliases: list[str]) -> None:
    made = variables(integration(), vmr(aliases=tuple(aliases)))
    split = [made[f"{name}_aliases"] for name in ("domain", "numeric", "other")]
    assert sorted(alias for part in split if isinstance(part, list) for alias in part) == sorted(aliases)
    for part in split:
        assert isinstance(part, list)
        assert part == [alias for alias in aliases if alias in part]


def test_all_twelve_variables_are_available() -> None:
    assert variables(integration(), vmr()).keys() == TWELVE
    every = "|".join(
        f"{name}={{{{{name}}}}}" for name in sorted(TWELVE - {"aliases"} - {n for n in TWELVE if "aliases" in n})
    )
    shown = listed(integration(personal_vmr_name_template=every), vmr(pin="1234", guest_pin="5678", allow_guests=True))
    assert shown["name"] == (
        "addin_server_domain=addin.example.com|allow_guests=True|description=Where Alice meets|guest_pin=5678"
        "|name=Alice's room|owners_email=alice@example.com|pin=1234|service_type=conference"
    )


@pytest.mark.parametrize(
    ("aliases", "chosen"),
    [
        (("5550123", "alice", "alice@example.com"), "alice@example.com"),
        (("5550123", "alice"), "alice"),
        (("5550123",), "5550123"),
    ],
)
def test_the_default_templates_choose_the_best_alias(aliases: tuple[str, ...], chosen: str) -> None:
    shown = listed(integration(), vmr(aliases=aliases))
    assert shown["location"] == f"https://addin.example.com/webapp/#/?conference={chosen}"
    assert f"pexip://{chosen}<br>" in shown["instructions"]
    assert f"pexip://{chosen}" in shown["instructions_text"]


@pytest.mark.parametrize(
    ("pin", "guest_pin", "allow_guests", "told"),
    [
        ("", "", False, ""),
        ("1234", "", False, "1234"),
        ("1234", "5678", True, "5678"),
        ("1234", "", True, ""),  # guests need no PIN, and hosts already know theirs
        ("1234#", "5678#", True, "5678#"),
    ],
)
def test_the_default_template_shows_the_pin_that_invited_people_need(
    pin: str, guest_pin: str, allow_guests: bool, told: str
) -> None:
    shown = listed(integration(), vmr(pin=pin, guest_pin=guest_pin, allow_guests=allow_guests))
    assert ("using the PIN" in shown["instructions"]) == bool(told)
    assert f"<b>{told}</b>" in shown["instructions"] or not told
    assert pin == told or not pin or pin not in shown["instructions"]


@pytest.mark.parametrize("numeric", [True, False])
def test_the_default_template_shows_a_telephone_number_if_there_is_one(numeric: bool) -> None:
    aliases = ("alice@example.com", *(["5550123"] if numeric else []))
    assert ("From a telephone" in listed(integration(), vmr(aliases=aliases))["instructions"]) == numeric


def test_values_are_escaped_in_html_and_names_are_single_lines() -> None:
    evil = '<img src=x onerror="alert(1)">'
    shown = listed(integration(), vmr(name=f"A\n{evil}", description="a\r\nb", aliases=(f'"><script>{evil}',)))
    assert "<script" not in shown["instructions"]
    assert "<img" not in shown["instructions"]
    assert (shown["name"], shown["description"]) == (f"A {evil}", "a b")
    assert len(shown["location"].splitlines()) == 1


def test_rooms_without_an_alias_are_omitted_and_the_others_are_sorted() -> None:
    rooms = [vmr(name="b"), vmr(name="A"), vmr(name="c", aliases=())]
    assert [room.name for room in joinable(rooms)] == ["A", "b"]
