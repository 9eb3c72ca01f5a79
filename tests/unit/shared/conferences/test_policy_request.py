"""C2: requests from conferencing nodes, in every documented form (docs/facts/pexip.md)."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.conferences.platform import PolicyPlatform
from shared.conferences.policy_request import Direction, ServiceRequest, dialled_alias
from shared.storage import Put
from tests.support.conferences import INTEGRATION, START, TAG, scheduled
from tests.unit.shared.conferences.policy_world import SERVICE_TAG, PolicyWorld

ALL = {
    "bandwidth": "0", "breakout_uuid": "", "call_direction": "dial_in", "call_tag": "", "display_count": "1",
    "encryption": "On", "has_authenticated_display_name": "False", "idp_uuid": "", "location": "London",
    "ms-subnet": "", "node_ip": "10.144.101.21", "p_Asserted-Identity": "", "previous_service_name": "",
    "protocol": "sip", "pseudo_version_id": "77683.0.0", "registered": "False", "remote_address": "10.44.151.5",
    "remote_alias": "sip:alice@example.com", "remote_display_name": "Alice", "remote_port": "58435",
    "service_name": "", "service_tag": "", "supports_direct_media": "False", "teams_tenant_id": "",
    "telehealth_request_id": "", "third_party_passcode": "", "trigger": "invite", "unique_service_name": "",
    "vendor": "Cisco/CE", "version_id": "35", "local_alias": "sip:meet123456@example.com",
}  # fmt: skip
"""Every parameter in the documented request."""

BEFORE = START - timedelta(minutes=31)


@pytest.fixture
async def world() -> PolicyWorld:
    world = PolicyWorld()
    await world.show()
    booking = scheduled().named("Budget of Alice")
    await world.storage.table("meetings").commit(INTEGRATION, Put(booking.key, booking.values()))
    return world


async def ask(world: PolicyWorld, **parameters: str) -> Any:
    return await world.policy.answer(ServiceRequest.from_parameters(ALL | parameters))


FORMS = [
    "meet123456@example.com.",
    "sip:meet123456@example.com.",
    "sip:MEET123456@Example.Com.:5061;transport=tls",
    "meet123456#",
    "meet123456#@example.com",
    "sip:meet123456%23@example.com",
    '"Budget" <sip:meet123456@example.com>',
    '"Planning, of \\"Alice\\" <bob@example.com>" <sip:meet123456@example.com;transport=tls>;tag=1',
    "Budget, of Alice <sip:meet123456@example.com>",
    "<meet123456>",
    quote("sip:meet123456@example.com", safe=""),
    quote(quote("sip:meet123456@example.com", safe=""), safe=""),
    quote('"Budget" <sip:meet123456@example.com>'),
    "meet123456@example.com,meet123456@example.com",
    "meet123456@example.com,",
]


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_of_an_alias_is_found_by_one_point_read(world: PolicyWorld, form: str) -> None:
    before = world.storage.round_trips
    action, result = await ask(world, local_alias=form)
    assert (action, result["service_tag"]) == ("continue", SERVICE_TAG)
    assert world.storage.round_trips == before + 1


@pytest.mark.parametrize(
    "hostile",
    [
        "meet123456@example.com,meet654321@example.com",
        "<meet123456@example.com><meet654321@example.com>",
        '"meet123456@example.com"',
        "<>",
        "<meet123456@example.com",
        "meet123456@example.com..",
        "meet123456##",
        "%2525252525256deet123456",
        "%",
        "%00meet123456",
        "meet123456\x00@example.com",
        '"' * 1024,
        "<" * 1024,
        "\\" * 1024,
        "meet123456@example.com," * 1000,
    ],
)
async def test_text_with_no_alias_or_with_two_is_left_to_the_node(world: PolicyWorld, hostile: str) -> None:
    before = world.storage.round_trips
    assert await ask(world, local_alias=hostile) is None
    assert world.storage.round_trips <= before + hostile.isprintable()  # a VMR's alias may be any text


@pytest.mark.parametrize("left_out", sorted(ALL.keys() - {"local_alias"}))
async def test_any_parameter_may_be_missing_empty_repeated_or_hostile(world: PolicyWorld, left_out: str) -> None:
    expected = await ask(world)
    assert expected[0] == "continue"
    without = {name: value for name, value in ALL.items() if name != left_out}
    assert await world.policy.answer(ServiceRequest.from_parameters(without)) == expected
    value = ALL[left_out]
    for other in ("", f"{value},{value}" if value else "", "x" * 100_000, "'; --", "\x00"):
        if left_out in ("service_tag", "trigger", "call_direction") and other == "":
            continue
        assert await ask(world, **{left_out: other}) == expected


async def test_parameter_names_are_case_insensitive(world: PolicyWorld) -> None:
    given = ServiceRequest.from_parameters({"Local_Alias": "meet123456", "CALL_DIRECTION": "Dial_In"})
    assert (await world.policy.answer(given))[0] == "continue"  # type: ignore[index]


async def test_a_call_through_a_virtual_reception_is_handled_like_any_other_call(world: PolicyWorld) -> None:
    """With two-stage dialling, the caller enters the number followed by #."""
    by = {"trigger": "two_stage_dialing", "previous_service_name": "Reception", "local_alias": "meet123456#"}
    assert (await ask(world, **by))[0] == "continue"
    world.clock.set(BEFORE)
    assert await ask(world, **by) == ("reject", {})


@pytest.mark.parametrize(
    "probe",
    [
        {"trigger": "options"}, {"trigger": "subscribe"}, {"trigger": "web_avatar_fetch"},
        {"trigger": "OPTIONS,options"}, {"call_direction": "non_dial"},
    ],
)  # fmt: skip
async def test_a_probe_is_never_refused(world: PolicyWorld, probe: dict[str, str]) -> None:
    """A node may cache a refusal for several minutes, and a call may follow right after the probe."""
    assert (await ask(world, **probe))[0] == "continue"
    world.clock.set(BEFORE)
    assert await ask(world, **probe) is None
    assert await ask(world) == ("reject", {})


@pytest.mark.parametrize(
    "trigger", ["web", "invite", "setup", "arq", "lrq", "teams", "unspecified", "two_stage_dialing"]
)
async def test_a_call_outside_the_window_is_refused_up_to_the_last_second(world: PolicyWorld, trigger: str) -> None:
    """This applies even just before the window opens, although nodes may cache a refusal for three minutes."""
    opens = START - timedelta(minutes=30)
    for early in (timedelta(minutes=10), timedelta(minutes=2), timedelta(seconds=1)):
        world.clock.set(opens - early)
        assert await ask(world, trigger=trigger) == ("reject", {})
    world.clock.set(opens)
    assert (await ask(world, trigger=trigger))[0] == "continue"


class TestDialOut:
    """When a node dials out from a running service, it requests that service's configuration."""

    async def test_the_running_service_is_found_by_its_tag_with_any_alias(self, world: PolicyWorld) -> None:
        for alias in ("", "bob@example.org", "meet123456@example.com", "meet654321"):
            before = world.storage.round_trips
            _, result = await ask(world, call_direction="dial_out", service_tag=SERVICE_TAG, local_alias=alias)
            assert result["service_tag"] == SERVICE_TAG
            assert world.storage.round_trips == before + 1

    async def test_a_renamed_service_keeps_the_name_it_is_running_under(self, world: PolicyWorld) -> None:
        renamed = scheduled().named("Budget of Alice").named("Budget of Bob")
        await world.storage.table("meetings").commit(INTEGRATION, Put(renamed.key, renamed.values()))
        await PolicyPlatform(world.storage).show(renamed)
        by = {"call_direction": "dial_out", "service_tag": SERVICE_TAG}
        assert (await ask(world, **by, service_name="Budget of Alice"))[1]["name"] == "Budget of Alice"
        for other in ("", "Budget of Bob", "Boardroom"):
            assert (await ask(world, **by, service_name=other))[1]["name"] == "Budget of Bob"

    @pytest.mark.parametrize("tag", ["nextcloud", f"{INTEGRATION}:cccccccc-cccc-4ccc-8ccc-cccccccccccc"])
    async def test_another_products_service_is_left_to_the_node(self, world: PolicyWorld, tag: str) -> None:
        assert await ask(world, call_direction="dial_out", service_tag=tag) is None

    async def test_the_room_for_a_dial_out_request_without_a_tag_is_found_by_alias(self, world: PolicyWorld) -> None:
        assert (await ask(world, call_direction="dial_out"))[0] == "continue"

    async def test_dial_out_is_refused_outside_the_window(self, world: PolicyWorld) -> None:
        world.clock.move(timedelta(days=1))
        assert await ask(world, call_direction="dial_out", service_tag=SERVICE_TAG) == ("reject", {})

    async def test_dial_out_from_a_closed_room_is_refused(self, world: PolicyWorld) -> None:
        closed = scheduled().closed()
        await world.storage.table("meetings").commit(INTEGRATION, Put(closed.key, closed.values()))
        assert await ask(world, call_direction="dial_out", service_tag=SERVICE_TAG) == ("reject", {})

    async def test_the_tag_is_used_only_in_dial_out_requests(self, world: PolicyWorld) -> None:
        assert (await ask(world, service_tag="nextcloud"))[0] == "continue"
        foreign = {"service_tag": SERVICE_TAG, "local_alias": "meet654321"}
        assert await ask(world, **foreign) is None
        assert TAG in SERVICE_TAG


@given(st.dictionaries(st.sampled_from([*ALL, "Local_Alias", "x"]), st.text(max_size=60)))
async def test_any_query_gets_an_answer(parameters: dict[str, str]) -> None:
    world = PolicyWorld()
    await world.show()
    before = world.storage.round_trips
    request = ServiceRequest.from_parameters(parameters)
    assert request.direction in Direction
    await world.policy.answer(request)
    assert world.storage.round_trips <= before + 1


@given(st.text(max_size=80))
def test_a_dialled_alias_is_reported_in_lower_case_or_not_at_all(text: str) -> None:
    name, domain = dialled_alias(text)
    assert (name, domain) == (name.lower(), domain.lower())
