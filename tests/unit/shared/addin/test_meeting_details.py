"""A2, X5: a click gets an alias only with a proven identity; everything that is wrong leaves no trace."""

from typing import Any

import pytest

from shared.addin.meeting_details import MAX_IDEMPOTENCY_KEY, MeetingDetails
from shared.aliases.allocation import Allocator
from shared.aliases.tags import find_tags
from shared.bookings.booking import Booking
from shared.errors import InvalidRequest, NotAllowed, NotAuthenticated, NotFound, SchedulingError
from shared.identity.addin_users import AddInUsers
from shared.identity.entra import EntraTokens
from shared.identity.entra_keys import EntraKeys
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.exchange_token import ExchangeTokens
from shared.identity.proxy_routes import ProxyRoutes
from shared.identity.sign_in.sessions import Sessions
from shared.integrations import Integration, IntegrationStore
from shared.web.addresses import Addresses
from tests.fakes.clock import FakeClock
from tests.fakes.end_users import MemoryEndUsers
from tests.fakes.secrets import MemorySecrets
from tests.fakes.storage import MemoryStorage
from tests.unit.shared.identity.exchange import Exchange, Signer
from tests.unit.shared.integrations.samples import graph_fields

ADDRESSES = Addresses("https://vmr.example.com")


class World:
    """Everything behind a click, with one integration."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.storage = MemoryStorage()
        self.exchange = Exchange(self.clock)
        self.store = IntegrationStore(self.storage, MemorySecrets(), self.clock)
        exchange_tokens = ExchangeTokens(ExchangeMetadata(self.exchange.fetch, self.clock), self.clock)
        entra_tokens = EntraTokens(EntraKeys(self.exchange.fetch, self.clock), self.clock)
        sessions = Sessions(b"k" * 32, MemoryEndUsers(), self.clock)
        users = AddInUsers(
            ProxyRoutes(exchange_tokens, exchange_tokens), ProxyRoutes(entra_tokens, entra_tokens), sessions, ADDRESSES
        )  # fmt: skip
        self.details = MeetingDetails(self.store, users, Allocator(self.storage, self.clock, b"k" * 32))
        self.integration: Integration

    async def create(self, **fields: Any) -> Integration:
        method, domains = "EXCHANGE_USER_ID_TOKEN", [{"domain": "mail.example.com"}]
        self.integration = await self.store.create(
            graph_fields(addin_authentication_method=method, domains=domains, **fields)
        )
        return self.integration

    def token(self, **changes: Any) -> str:
        """Alice's token for the integration's pane."""
        return self.exchange.token(**{"aud": ADDRESSES.pane(self.integration), **changes})

    async def allocated(self) -> list[Booking]:
        rows = self.storage.table("meetings").rows(self.integration.uuid, "tag:")
        return [Booking.from_row(row) async for row in rows]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.create()
    return world


async def test_a_click_gets_everything_that_a_meeting_needs(world: World) -> None:
    """The contract of the add-in."""
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


async def test_the_reservation_lasts_as_the_setting_says(world: World) -> None:
    """A3."""
    await world.details.allocate(world.integration.uuid, world.token())
    [booking] = await world.allocated()
    assert (booking.expires - world.clock.now()).days == world.integration.reservation_days


async def test_the_owner_is_an_opaque_key(world: World) -> None:
    """Rule 6: who clicked is stored without name and address."""
    await world.details.allocate(world.integration.uuid, world.token())
    [booking] = await world.allocated()
    assert booking.owner.startswith("exchange:")
    assert "@" not in booking.owner


async def test_a_repeated_click_gets_the_same(world: World) -> None:
    results = [await world.details.allocate(world.integration.uuid, world.token(), "click") for _ in range(3)]
    assert results[0] == results[1] == results[2]
    assert len(await world.allocated()) == 1


async def test_the_integration_is_found_by_its_uuid_in_any_case(world: World) -> None:
    await world.details.allocate(world.integration.uuid.upper(), world.token())
    assert len(await world.allocated()) == 1


REFUSED: dict[str, tuple[type[SchedulingError], dict[str, Any]]] = {
    "no token": (NotAuthenticated, {"token": ""}),
    "garbage": (NotAuthenticated, {"token": "token"}),
    "expired": (NotAuthenticated, {"nbf": 0, "exp": 1}),
    "for another pane": (NotAuthenticated, {"aud": "https://addin.example.com/other"}),
    "another organisation's": (NotAuthenticated, {"appctx": {"version": "ExIdTok.V1", "msexchuid": "a", "amurl": "x"}}),
    "unknown integration": (NotFound, {"uuid": "22222222-2222-4222-8222-222222222222"}),
    "no integration": (NotFound, {"uuid": "../x"}),
    "endless key": (InvalidRequest, {"key": "k" * (MAX_IDEMPOTENCY_KEY + 1)}),
}


@pytest.mark.parametrize(("error", "wrong"), REFUSED.values(), ids=REFUSED)
async def test_what_is_wrong_leaves_no_trace(world: World, error: type[SchedulingError], wrong: dict[str, Any]) -> None:
    """Rule 4. What is wrong with the token is never told, but whether it is the token."""
    wrong = dict(wrong)
    uuid, key = wrong.pop("uuid", world.integration.uuid), wrong.pop("key", "")
    token = wrong.pop("token") if "token" in wrong else world.token(**wrong)
    with pytest.raises(error):
        await world.details.allocate(uuid, token, key)
    assert await world.allocated() == []
    assert [row async for row in world.storage.table("aliases").everything()] == []


async def test_a_forged_token_leaves_no_trace(world: World) -> None:
    forged = world.exchange.token(Signer("stranger"), aud=ADDRESSES.pane(world.integration))
    with pytest.raises(NotAuthenticated):
        await world.details.allocate(world.integration.uuid, forged)
    assert await world.allocated() == []


async def test_another_integrations_pane_is_another_audience(world: World) -> None:
    """I1: integrations of one deployment do not share their users' proofs."""
    token = world.token()
    other = await world.create(name="Other", room_mailbox_email_address="other@example.com")
    with pytest.raises(NotAuthenticated):
        await world.details.allocate(other.uuid, token)
    assert await world.allocated() == []


async def test_where_single_use_rooms_are_off_there_are_none(world: World) -> None:
    await world.store.update(world.integration.uuid, {"enable_dynamic_vmrs": False})
    with pytest.raises(NotAllowed):
        await world.details.allocate(world.integration.uuid, world.token())
    assert await world.allocated() == []
