"""C2: the responses to conferencing nodes (docs/facts/pexip.md §6)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.conference import Calendar
from shared.conferences.platform import PolicyPlatform
from shared.conferences.policy_request import dialled_alias, split_alias
from shared.storage import Put
from tests.support.conferences import START, booking, occurrence, scheduled
from tests.unit.shared.conferences.policy_world import SERVICE_TAG, PolicyWorld

SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> PolicyWorld:
    return PolicyWorld()


async def test_the_response_for_an_open_conference_contains_its_settings(world: PolicyWorld) -> None:
    await world.show()
    assert await world.ask() == (
        "continue",
        {
            "service_type": "conference",
            "name": "Budget of Alice",
            "service_tag": SERVICE_TAG,
            "description": "Planning",
        },
    )


async def test_the_response_contains_theme_and_identity_provider(world: PolicyWorld) -> None:
    await world.show(theme="Blue", identity_provider_group="Staff", non_idp_participants="allow_if_trusted")
    _, result = await world.ask()
    assert result["ivr_theme_name"] == "Blue"
    assert result["host_identity_provider_group"] == "Staff"
    assert result["non_idp_participants"] == "allow_if_trusted"


async def test_an_identity_provider_setting_alone_is_not_sent(world: PolicyWorld) -> None:
    await world.show(identity_provider_group="", non_idp_participants="allow_if_trusted")
    _, result = await world.ask()
    assert "non_idp_participants" not in result


async def test_no_string_exceeds_the_length_accepted_by_nodes(world: PolicyWorld) -> None:
    """A single string of 251 characters makes a node reject the whole response."""
    await world.show(name="n" * 300, description="d" * 5000, service_tag="t" * 300)
    _, result = await world.ask()
    assert {name: len(value) for name, value in result.items() if len(value) > 20} == {
        "name": 250,
        "description": 250,
        "service_tag": 250,
    }


SPELLINGS = [
    "meet123456",
    "MEET123456",
    "meet123456@example.com",
    "Meet123456@EXAMPLE.com",
    "sip:meet123456@example.com",
    "sips:meet123456@example.com",
    "SIP:meet123456",
    "h323:meet123456@example.com",
    "H323:meet123456",
    "tel:meet123456",
    "sip:meet123456@example.com:5061",
    "sip:meet123456@example.com;transport=tls",
    "sip:meet123456@example.com:5061;transport=tls?subject=x",
    "meet123456@10.0.0.1",
    "h323:meet123456@10.0.0.1:1720",
    "sip:meet123456@[2001:db8::1]",
    "sip:meet123456@[2001:db8::1]:5061",
    "meet123456@2001:db8::1",
    " meet123456@example.com ",
    "meet123456@",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_every_spelling_of_an_alias_finds_the_conference(world: PolicyWorld, spelling: str) -> None:
    await world.show()
    action, result = await world.ask(spelling)
    assert (action, result["service_tag"]) == ("continue", SERVICE_TAG)


@pytest.mark.parametrize(
    "foreign",
    [
        "meet123457@example.com",
        "meet123456@example.org",
        "meet123456@sub.example.com",
        "meet123456@example.com.evil.example",
        "meet123456@example.com@example.org",
        "meet123456@10.0.0",
        "http://meet123456@example.com",
        "sip:sip:meet123456@example.com",
        "name:" + "0" * 40,
        "alias",
        "",
        "@example.com",
        "sip:",
        "..",
        "meet 123456",
        "meet123456/alias",
        "meet123456'",
        "meet12345６",
        "x" * 65,
        "x" * 1_000_000,
    ],
)
async def test_other_products_aliases_are_left_to_the_node(world: PolicyWorld, foreign: str) -> None:
    await world.show()
    assert await world.ask(foreign) is None


async def test_the_window_is_exact_to_the_second(world: PolicyWorld) -> None:
    """C1: the room is open from 30 minutes before the start to 60 minutes after the end."""
    await world.show()
    for moment, action in [
        (START - timedelta(minutes=30) - SECOND, "reject"),
        (START - timedelta(minutes=30), "continue"),
        (START + timedelta(minutes=120) - SECOND, "continue"),
        (START + timedelta(minutes=120), "reject"),
    ]:
        world.clock.set(moment)
        assert (await world.ask())[0] == action


async def test_a_refusal_reveals_nothing_about_the_room(world: PolicyWorld) -> None:
    await world.show()
    world.clock.move(timedelta(days=1))
    assert await world.ask() == ("reject", {})


@pytest.mark.parametrize("state", ["reserved", "closed"])
async def test_an_alias_without_an_open_conference_is_rejected(world: PolicyWorld, state: str) -> None:
    shown = booking() if state == "reserved" else scheduled().closed()
    await PolicyPlatform(world.storage).show(shown)
    assert await world.ask() == ("reject", {})


async def test_a_policy_request_takes_one_round_trip_for_any_number_of_conferences(world: PolicyWorld) -> None:
    """For the budget, see bench/README.md."""
    for number in range(1000):
        await world.storage.table("aliases").commit(f"meet{number:06}", Put("alias", {"domain": "example.com"}))
    await world.show()
    before = world.storage.round_trips
    assert (await world.ask())[0] == "continue"
    assert world.storage.round_trips == before + 1


async def test_text_that_cannot_be_an_alias_takes_no_round_trip(world: PolicyWorld) -> None:
    for text in ("", "a, b", "x" * 251):
        assert await world.ask(text) is None
    assert world.storage.round_trips == 0
    assert await world.ask("no alias of ours/") is None
    assert world.storage.round_trips == 1


async def test_a_series_is_open_around_each_occurrence(world: PolicyWorld) -> None:
    await world.show(calendar=Calendar((occurrence(0), occurrence(24))))
    answers = []
    for _ in range(4):
        answers.append((await world.ask())[0])
        world.clock.move(timedelta(hours=12))
    assert answers == ["continue", "reject", "continue", "reject"]


@given(st.text(max_size=80) | st.from_regex(r"(sips?:|h323:)?[a-z0-9'/\\#?%._:@\[\]-]{0,30}"))
async def test_any_alias_gets_an_answer(local_alias: str) -> None:
    world = PolicyWorld()
    await world.show()
    if await world.ask(local_alias) is not None:
        assert dialled_alias(local_alias)[0] == "meet123456"


@given(st.text(max_size=80))
def test_an_alias_is_split_into_lower_case_parts(local_alias: str) -> None:
    name, domain = split_alias(local_alias)
    assert "@" not in name
    assert (name, domain) == (name.lower(), domain.lower())
