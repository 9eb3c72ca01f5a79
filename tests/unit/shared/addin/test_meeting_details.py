"""A2, X5: only authenticated users get an alias when they click, and a refused click leaves no trace."""

from typing import Any

import pytest

from shared.addin.meeting_details import MAX_IDEMPOTENCY_KEY
from shared.aliases.body_search import find_tags
from shared.errors import InvalidRequest, NotAllowed, NotAuthenticated, NotFound, SchedulingError
from tests.support.exchange_tokens import Signer
from tests.unit.shared.addin.single_use_world import ADDRESSES, SingleUseWorld


@pytest.fixture
async def world() -> SingleUseWorld:
    world = SingleUseWorld()
    await world.create()
    return world


async def test_a_click_returns_everything_a_meeting_needs(world: SingleUseWorld) -> None:
    """The add-in depends on these fields."""
    result = await world.details.allocate(world.integration.uuid, world.token())
    [booking] = await world.allocated()
    assert {name: result[name] for name in ("alias", "numeric_alias", "room_name", "room_email", "location")} == {
        "alias": booking.alias,
        "numeric_alias": booking.numeric_alias,
        "room_name": "VMR",
        "room_email": "vmr@example.com",
        "location": "VMR",
    }
    assert result["alias_id"] == f"PXPS:-{booking.tag}#"
    assert find_tags(result["instructions"]) == find_tags(result["instructions_text"]) == [booking.tag]
    assert booking.alias in result["instructions_text"]
    assert "<" in result["instructions"]
    assert "<" not in result["instructions_text"]


async def test_a_reservation_lasts_as_long_as_the_settings_specify(world: SingleUseWorld) -> None:
    """A3: a setting determines the lifetime of an unused alias."""
    await world.details.allocate(world.integration.uuid, world.token())
    [booking] = await world.allocated()
    assert (booking.expires - world.clock.now()).days == world.integration.reservation_days


async def test_the_user_who_clicked_is_stored_as_an_opaque_key(world: SingleUseWorld) -> None:
    """Rule 6: the user who clicked is stored without a name or address."""
    await world.details.allocate(world.integration.uuid, world.token())
    [booking] = await world.allocated()
    assert booking.owner.startswith("exchange:")
    assert "@" not in booking.owner


async def test_a_repeated_click_gets_the_same_alias(world: SingleUseWorld) -> None:
    results = [await world.details.allocate(world.integration.uuid, world.token(), "click") for _ in range(3)]
    assert results[0] == results[1] == results[2]
    assert len(await world.allocated()) == 1


async def test_an_integration_is_found_by_its_uuid_in_any_letter_case(world: SingleUseWorld) -> None:
    await world.details.allocate(world.integration.uuid.upper(), world.token())
    assert len(await world.allocated()) == 1


REFUSED: dict[str, tuple[type[SchedulingError], dict[str, Any]]] = {
    "no token": (NotAuthenticated, {"token": ""}),
    "garbage": (NotAuthenticated, {"token": "token"}),
    "expired": (NotAuthenticated, {"nbf": 0, "exp": 1}),
    "for another pane": (NotAuthenticated, {"aud": "https://addin.example.com/other"}),
    "another organization's": (NotAuthenticated, {"appctx": {"version": "ExIdTok.V1", "msexchuid": "a", "amurl": "x"}}),
    "unknown integration": (NotFound, {"uuid": "22222222-2222-4222-8222-222222222222"}),
    "no integration": (NotFound, {"uuid": "../x"}),
    "endless key": (InvalidRequest, {"key": "k" * (MAX_IDEMPOTENCY_KEY + 1)}),
}


@pytest.mark.parametrize(("error", "wrong"), REFUSED.values(), ids=REFUSED)
async def test_a_refused_request_leaves_no_trace(
    world: SingleUseWorld, error: type[SchedulingError], wrong: dict[str, Any]
) -> None:
    """Rule 4: the response shows that the token is invalid, but not why."""
    wrong = dict(wrong)
    uuid, key = wrong.pop("uuid", world.integration.uuid), wrong.pop("key", "")
    token = wrong.pop("token") if "token" in wrong else world.token(**wrong)
    with pytest.raises(error):
        await world.details.allocate(uuid, token, key)
    assert await world.allocated() == []
    assert [row async for row in world.storage.table("aliases").everything()] == []


async def test_a_forged_token_leaves_no_trace(world: SingleUseWorld) -> None:
    forged = world.exchange.token(Signer("stranger"), aud=ADDRESSES.pane(world.integration))
    with pytest.raises(NotAuthenticated):
        await world.details.allocate(world.integration.uuid, forged)
    assert await world.allocated() == []


async def test_a_token_for_another_integrations_pane_is_refused(world: SingleUseWorld) -> None:
    """I1: an identity token is valid for just one of the deployment's integrations."""
    token = world.token()
    other = await world.create(name="Other", room_mailbox_email_address="other@example.com")
    with pytest.raises(NotAuthenticated):
        await world.details.allocate(other.uuid, token)
    assert await world.allocated() == []


async def test_no_alias_is_allocated_if_single_use_vmrs_are_disabled(world: SingleUseWorld) -> None:
    await world.store.update(world.integration.uuid, {"enable_dynamic_vmrs": False})
    with pytest.raises(NotAllowed):
        await world.details.allocate(world.integration.uuid, world.token())
    assert await world.allocated() == []
